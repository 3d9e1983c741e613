// Where a subscription starts: turns the place a client asked for into an offset.
import { crc32 } from 'node:zlib';
import type { Feed } from '../feed/feed.ts';
import { sliceOf } from '../feed/lines.ts';
import { readLines } from '../frames/readLines.ts';
import type { Turns } from '../frames/turns.ts';
import { Cutter, frameStart } from '../protocol/cut.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import type { CommittedStart, Place } from '../protocol/place.ts';
import type { Policy } from '../protocol/policy.ts';

export interface StartRequest {
  readonly from: Place;
  /** What the reader knows of the feed from before. */
  readonly epoch?: string | undefined;
  /** crc32 of the line before `from`. */
  readonly check?: number | undefined;
  /** The consumer's commit, if it has one. */
  readonly committed?: number | undefined;
  /** What is read is read in these. */
  readonly turns: Turns;
  /** Aborted when whoever asks has left: nothing more is read for it. */
  readonly signal: AbortSignal;
}

export interface Start {
  readonly from: number;
  /** Whether the line before it was compared. */
  readonly checked: boolean;
  /** Where it was requested from `committed`: which place that is. */
  readonly at?: CommittedStart;
}

/** The offset to start from. Rejects with `reset`, `diverged`, `no-commit`, or the signal's reason. */
export async function startOf(feed: Feed, policy: Policy | undefined, request: StartRequest): Promise<Start> {
  // What is begun in one turn is kept for the next.
  const stopWatching = feed.watch(() => undefined);
  try {
    return await found(feed, policy, request);
  } finally {
    stopWatching();
  }
}

async function found(feed: Feed, policy: Policy | undefined, request: StartRequest): Promise<Start> {
  if (request.epoch !== undefined && request.epoch !== feed.epoch)
    throw new BlockfeedError('reset', `feed ${feed.name} has epoch ${feed.epoch}, not ${request.epoch}`, {
      hint: 'Its offsets mean other messages now. Begin anew, beside what was stored of the old one.',
      about: feed.name,
    });
  const { place, at } = resolveCommitted(feed, request);
  const from = await placeOf(feed, policy, place, request);
  if (at !== undefined) return { from, checked: false, at };
  if (request.epoch === undefined || typeof request.from !== 'number') return { from, checked: false };
  if (feed.specification === undefined && from > feed.tail())
    throw diverged(feed, `ends at ${feed.tail()}, before ${from}`);
  if (request.check === undefined || from === 0) return { from, checked: false };
  const checksum = await checksumAt(feed, from - 1, request);
  if (checksum === undefined) return { from, checked: false };
  if (checksum !== request.check) throw diverged(feed, `has another line at ${from - 1}`);
  return { from, checked: true };
}

type PlainPlace = Exclude<Place, { committed: unknown }>;

/** The commit of a consumer where it is asked for, or what is to be taken instead. Throws `no-commit`. */
function resolveCommitted(
  feed: Feed,
  { from, committed }: StartRequest,
): { readonly place: PlainPlace; readonly at: CommittedStart | undefined } {
  if (typeof from !== 'object' || !('committed' in from)) return { place: from, at: undefined };
  if (committed !== undefined) return { place: committed, at: 'committed' };
  const { else: otherwise } = from.committed;
  if (otherwise === 'refuse')
    throw new BlockfeedError('no-commit', `no commit of this consumer is known for feed ${feed.name}`, {
      hint: 'It never acked here, or the server has forgotten it. Begin from a place of your choice.',
      about: feed.name,
    });
  return { place: otherwise, at: otherwise };
}

/** The crc32 of the line at `offset`, newline included; undefined where nobody knows it. */
async function checksumAt(feed: Feed, offset: number, { turns, signal }: StartRequest): Promise<number | undefined> {
  if (offset >= feed.tail()) return undefined;
  const lines = await readLines(feed, offset, turns, signal);
  if (lines !== undefined) return crc32(sliceOf(lines, offset, offset + 1));
  return await feed.removedChecksum(offset);
}

async function placeOf(
  feed: Feed,
  policy: Policy | undefined,
  from: PlainPlace,
  { turns, signal }: StartRequest,
): Promise<number> {
  const tail = feed.paced ? feed.tail() : 0;
  if (typeof from === 'number') return from >= 0 ? from : Math.max(feed.earliest(), tail + from);
  if (typeof from === 'object') return Math.max(feed.earliest(), await feed.offsetAt(from.time));
  switch (from) {
    case 'earliest':
      return feed.earliest();
    case 'tail':
      return tail;
    case 'latest':
      return await fillingFrom(feed, policy, tail, turns, signal);
  }
}

/**
 * The start of the block that is filling at `tail`; `tail` itself where none is, and `earliest` where retention has taken its
 * beginning.
 */
export async function fillingFrom(
  feed: Feed,
  policy: Policy | undefined,
  tail: number,
  turns: Turns,
  signal: AbortSignal,
): Promise<number> {
  if (policy === undefined || tail <= feed.earliest()) return tail;
  // The watermark first, as everywhere: what is below a tail read later holds every message up to it.
  const watermarkMicros = feed.watermarkMicros();
  let start = 0;
  if (policy.size !== undefined) start = Math.max(start, tail - (tail % policy.size));
  if (policy.waitMs !== undefined) {
    const slotMicros = policy.waitMs * 1_000;
    const last = await readLines(feed, tail - 1, turns, signal);
    if (last === undefined) return feed.earliest();
    const slot = Math.floor(last.timeOf(tail - 1) / slotMicros) * slotMicros;
    if (watermarkMicros >= slot + slotMicros) return tail;
    start = Math.max(start, await feed.offsetAt(slot));
  }
  if (policy.bytes !== undefined) start = Math.max(start, await lastBytesCut(feed, policy, tail, turns, signal));
  // Retention may have gone on while it was being read.
  return Math.max(feed.earliest(), start);
}

/** Blocks by bytes have no short cut: they are counted from where one begins for certain. */
async function lastBytesCut(
  feed: Feed,
  policy: Policy,
  tail: number,
  turns: Turns,
  signal: AbortSignal,
): Promise<number> {
  let cutter = new Cutter(policy, feed.anchorEvery);
  let start = Math.max(feed.earliest(), frameStart(policy, tail, feed.anchorEvery));
  for (let offset = start; offset < tail; ) {
    const lines = await readLines(feed, offset, turns, signal);
    if (lines === undefined) {
      // Retention was faster. A block begins at `earliest`, too, for certain.
      cutter = new Cutter(policy, feed.anchorEvery);
      start = feed.earliest();
      offset = start;
      continue;
    }
    const to = Math.min(lines.to, tail);
    for (; offset < to; offset++) {
      const bytes = lines.endOf(offset) - lines.startOf(offset);
      const before = cutter.endBefore(lines.timeOf(offset), bytes);
      if (before !== undefined && before !== 'part') start = offset;
      if (cutter.take(offset, lines.timeOf(offset), bytes) !== undefined) start = offset + 1;
    }
  }
  return start;
}

function diverged(feed: Feed, what: string): BlockfeedError {
  return new BlockfeedError('diverged', `feed ${feed.name} ${what}: it is not the feed that was read before`, {
    hint: 'The server lost its tail or serves an old copy. Do not go on; compare the stored data with the server.',
    about: feed.name,
  });
}
