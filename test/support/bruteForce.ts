// The cut rule read off PROTOCOL.md as slowly and plainly as possible, over a whole feed at once: what blocks there are is
// asked here by every test that must not trust the code that cuts.

import type { Feed } from '../../src/feed/feed.ts';
import { type Lines, sliceOf } from '../../src/feed/lines.ts';
import type { Cut } from '../../src/protocol/cut.ts';
import type { Policy } from '../../src/protocol/policy.ts';

export interface Line {
  readonly time: number;
  /** The line, newline included. */
  readonly text: string;
}

export interface Block {
  readonly from: number;
  readonly to: number;
  readonly cut: Cut;
  readonly lines: string;
}

/** All lines of a feed that was never cut short. */
export async function linesOf(feed: Feed): Promise<Line[]> {
  const lines: Line[] = [];
  for (let offset = 0; offset < feed.tail(); offset++) {
    let read: Lines | undefined;
    while (read === undefined) read = await feed.read(offset, Number.POSITIVE_INFINITY);
    lines.push({ time: read.timeOf(offset), text: sliceOf(read, offset, offset + 1).toString() });
  }
  return lines;
}

/** Why a block ends before each offset from 1 to the tail, or undefined. */
export function cutsOf(
  lines: readonly Line[],
  policy: Policy,
  watermarkMicros: number,
  anchorEvery = 4_096,
): (Cut | undefined)[] {
  const { size, waitMs, bytes } = policy;
  const slot = (micros: number) => Math.floor(micros / ((waitMs ?? 1) * 1_000));
  const cuts: (Cut | undefined)[] = [undefined];
  let inBlock = 0;
  for (let place = 1; place <= lines.length; place++) {
    const before = lines[place - 1] as Line;
    const behind = lines[place];
    inBlock += Buffer.byteLength(before.text);
    const bySize = (size !== undefined && place % size === 0) || (bytes !== undefined && place % anchorEvery === 0);
    const byWait = waitMs !== undefined && slot(behind?.time ?? watermarkMicros) > slot(before.time);
    const byBytes = bytes !== undefined && behind !== undefined && inBlock + Buffer.byteLength(behind.text) > bytes;
    const cut = bySize ? 'size' : byWait ? 'wait' : byBytes ? 'bytes' : undefined;
    if (cut !== undefined) inBlock = 0;
    cuts.push(cut);
  }
  return cuts;
}

/** The blocks that a reader from `from` is due, and what is there behind them of the block that is filling. */
export function blocksOf(
  lines: readonly Line[],
  policy: Policy,
  watermarkMicros: number,
  from: number,
  anchorEvery = 4_096,
): { readonly blocks: Block[]; readonly rest: Block | undefined } {
  const cuts = cutsOf(lines, policy, watermarkMicros, anchorEvery);
  const blocks: Block[] = [];
  let begin = from;
  const make = (to: number, cut: Cut): Block => ({
    from: begin,
    to,
    cut,
    lines: lines
      .slice(begin, to)
      .map(({ text }) => text)
      .join(''),
  });
  for (let place = from + 1; place <= lines.length; place++) {
    const cut = cuts[place];
    if (cut === undefined) continue;
    blocks.push(make(place, cut));
    begin = place;
  }
  return { blocks, rest: begin < lines.length ? make(lines.length, 'end') : undefined };
}

/** Where the block begins that is filling at the tail; the tail where none is. */
export function latestOf(lines: readonly Line[], policy: Policy, watermarkMicros: number, anchorEvery = 4_096): number {
  return cutsOf(lines, policy, watermarkMicros, anchorEvery).findLastIndex(
    (cut, place) => cut !== undefined || place === 0,
  );
}
