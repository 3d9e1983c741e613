// The journal's lines: what a folder says of the blocks in it. Encoding and parsing only. A line is accepted when it is,
// byte for byte, the line that would be written for what it says.
//
//   {"journal":2,"feedFile":…,"durable":"00000000000000000060","self":…}      its first line, of a fixed length
//   {"start":60,"at":…,"self":…}                        blocks begin here; everything before was durable
//   {"from":60,"to":65,"cut":"size","bytes":812,"file":…,"pos":…,"crc32":…,"at":…,"durable":60,"firstTime":…,"lastTime":…,
//    "span":…,"firstReceived":…,"lastReceived":…,"took":…,"delivery":"block","self":…}
//   {"gap":[65,70],"at":…,"durable":65,"self":…}
//
// `durable` is the offset up to which everything had been synced when the line was made. Data and journal are synced side
// by side, several blocks at once. By `durable` a tail that a crash may have torn is known from damage. In the first line it
// is written over after syncs: it is the one number that a journal which has lost its last lines still has.
import { type Cut, cuts } from '../protocol/cut.ts';
import { isOffset } from '../protocol/message.ts';
import type { Delivery } from '../protocol/messages.ts';
import { took } from './format.ts';
import { dataFileOffset, offsetDigits } from './names.ts';
import { checked, encodeChecked, parseChecked } from './selfcheck.ts';
import type { BlockFacts } from './sink.ts';

/** What a journal's first line says. */
export interface JournalHead {
  /** crc32 of the feed.json beside the journal. */
  readonly feedFile: number;
  /** Everything before this offset was durable. */
  readonly durable: number;
}

interface StartEntry {
  readonly kind: 'start';
  readonly start: number;
  /** When the line was made, by this machine's clock, in microseconds. */
  readonly at: number;
}

export interface BlockEntry extends BlockFacts {
  readonly kind: 'block';
  /** Name of the data file beside the journal. */
  readonly file: string;
  /** Byte position of the block's first line in it. */
  readonly pos: number;
  /** Of the block's lines, newlines included. */
  readonly crc32: number;
  readonly at: number;
  readonly durable: number;
}

interface GapEntry {
  readonly kind: 'gap';
  readonly from: number;
  readonly to: number;
  readonly at: number;
  readonly durable: number;
}

export type JournalEntry = StartEntry | BlockEntry | GapEntry;

/** A line that is no journal line. */
export interface JournalFault {
  readonly kind: 'fault';
  readonly message: string;
}

/** How long the first line is, newline included: always the same, since it is written over in its place. */
export const headBytes = 96;

/** Another number is a journal of another version. */
const formatVersion = 2;

/** The first line, with spaces before its newline. */
export function encodeHead({ feedFile, durable }: JournalHead): Buffer {
  const line = encodeChecked({ journal: formatVersion, feedFile, durable: offsetDigits(durable) });
  return Buffer.from(`${line.trimEnd().padEnd(headBytes - 1)}\n`);
}

/** What a first line says, or undefined where it is none. `line` is with its spaces and its newline. */
export function parseHead(line: Buffer): JournalHead | undefined {
  const fields = parseChecked(Buffer.from(line.toString('latin1').trimEnd(), 'latin1'));
  if (fields === undefined || !isOffset(fields.feedFile)) return undefined;
  const head = { feedFile: fields.feedFile, durable: Number(fields.durable) };
  return isOffset(head.durable) && encodeHead(head).equals(line) ? head : undefined;
}

/** The line of an entry, newline included. */
export function encodeEntry(entry: JournalEntry): string {
  switch (entry.kind) {
    case 'start':
      return encodeChecked({ start: entry.start, at: entry.at });
    case 'gap':
      return encodeChecked({ gap: [entry.from, entry.to], at: entry.at, durable: entry.durable });
    case 'block': {
      // By hand: one is made for every block, and JSON.stringify takes several times as long. No text in it needs escapes.
      const { from, to, cut, bytes, file, pos, crc32, at, durable, firstTime, lastTime, delivery } = entry;
      const stored = `"cut":"${cut}","bytes":${bytes},"file":"${file}","pos":${pos},"crc32":${crc32}`;
      const feedTimes = `"firstTime":${firstTime},"lastTime":${lastTime},"span":${lastTime - firstTime}`;
      const received = `"firstReceived":${entry.firstReceived},"lastReceived":${entry.lastReceived},"took":${took(entry)}`;
      return checked(
        `{"from":${from},"to":${to},${stored},"at":${at},"durable":${durable},${feedTimes},${received},"delivery":"${delivery}"`,
      );
    }
  }
}

/** What a line says; `line` is without its newline. */
export function parseEntry(line: Buffer): JournalEntry | JournalFault {
  const fields = parseChecked(line);
  if (fields === undefined) return { kind: 'fault', message: 'its checksum `self` does not match' };
  const entry = read(fields);
  // The checksum was right, so nobody's disk did this: the line was written by something else, or edited with care.
  if (entry === undefined || encodeEntry(entry) !== `${line.toString('utf8')}\n`)
    return { kind: 'fault', message: 'it is not a journal line of this format' };
  return entry;
}

function read(fields: Record<string, unknown>): JournalEntry | undefined {
  const { at, durable } = fields;
  if (!isTime(at)) return undefined;
  if (isOffset(fields.start)) return { kind: 'start', start: fields.start, at };
  if (!isOffset(durable)) return undefined;
  if (Array.isArray(fields.gap)) {
    const [from, to]: unknown[] = fields.gap;
    return isOffset(from) && isOffset(to) && from < to ? { kind: 'gap', from, to, at, durable } : undefined;
  }
  const { from, to, cut, bytes, file, pos, crc32, delivery } = fields;
  const { firstTime, lastTime, firstReceived, lastReceived } = fields;
  if (!isOffset(from) || !isOffset(to) || from >= to) return undefined;
  if (!isOffset(bytes) || bytes === 0 || !isOffset(pos) || !isOffset(crc32)) return undefined;
  if (!isTime(firstTime) || !isTime(lastTime) || firstTime > lastTime) return undefined;
  if (!isTime(firstReceived) || !isTime(lastReceived)) return undefined;
  if (!isCut(cut) || !isDelivery(delivery) || typeof file !== 'string' || dataFileOffset(file) === undefined)
    return undefined;
  const facts = { from, to, cut, bytes, firstTime, lastTime, firstReceived, lastReceived, delivery };
  return { kind: 'block', ...facts, file, pos, crc32, at, durable };
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

function isCut(value: unknown): value is Cut {
  return typeof value === 'string' && (cuts as readonly string[]).includes(value);
}

function isDelivery(value: unknown): value is Delivery {
  return value === 'block' || value === 'message';
}
