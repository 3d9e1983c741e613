// A message as a line: {"offset":60,"time":1763820000123456,"data":…} and a newline. The line is made once and is then
// the bytes of the log, of the wire and of the file.
import { BlockfeedError } from './errors.ts';

/** A message as its readers get it. */
export interface Message {
  /** Its 0-based place in the feed. */
  readonly offset: number;
  /** Its time by the feed's clock, integer microseconds since 1970. */
  readonly time: number;
  /** What it says: any JSON value. */
  readonly data: unknown;
}

/** The most bytes a line may have, its newline counted. More than one frame of a slow network is worth; fits any log. */
export const maxLineBytes = 1_000_000;

/** The line of a message, newline included. `data` is JSON text without line breaks. */
export function messageLine(offset: number, timeMicros: number, data: string): string {
  return `${lineHead(offset, timeMicros)}${data}${lineTail}`;
}

/** What stands before the data in a message's line, and what behind it: for who writes the data in pieces. */
export function lineHead(offset: number, timeMicros: number): string {
  return `{"offset":${offset},"time":${digitsOf(timeMicros)},"data":`;
}
export const lineTail = '}\n';

/**
 * The integer in decimal digits. An engine writes what fits 31 bits several times as fast as a larger number, so a time is
 * written in two halves: 0.1 µs less a message, of 0.6 in all (npm run bench, N=1).
 */
function digitsOf(integer: number): string {
  if (integer < 1e9 || integer > Number.MAX_SAFE_INTEGER) return `${integer}`;
  const high = Math.floor(integer / 1e9);
  const low = integer - high * 1e9;
  return `${high}${`${1e9 + low}`.slice(1)}`;
}

// A byte order mark is no part of JSON: it is refused, not swallowed.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Parses one line, with or without its newline. Throws BlockfeedError `bad-server` when it is not a message. */
export function parseMessage(line: Uint8Array): Message {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(line));
  } catch (cause) {
    throw badLine('it is not JSON in UTF-8', cause);
  }
  if (typeof value !== 'object' || value === null || !('offset' in value) || !('time' in value) || !('data' in value))
    throw badLine('offset, time or data is missing');
  const { offset, time, data } = value;
  if (!isOffset(offset)) throw badLine('offset is not an integer from 0 to 2^53-1');
  if (typeof time !== 'number' || !Number.isSafeInteger(time)) throw badLine('time is not an integer of microseconds');
  return { offset, time, data };
}

/** Whether `value` can be an offset: an integer from 0 to 2^53-1. */
export function isOffset(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

const newline = 10;

/** Parses lines that lie one after another, each with its newline. Throws like parseMessage. */
export function parseMessages(lines: Uint8Array): Message[] {
  const messages: Message[] = [];
  for (const line of splitLines(lines)) messages.push(parseMessage(line));
  return messages;
}

/** The lines in `lines`, each with its newline, as views on the same memory. */
export function* splitLines(lines: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let start = 0; start < lines.length; ) {
    const found = lines.indexOf(newline, start);
    const end = found < 0 ? lines.length : found + 1;
    yield lines.subarray(start, end);
    start = end;
  }
}

/** The last line in `lines`, with its newline: a view on the same memory, empty when `lines` is. */
export function lastLine(lines: Uint8Array): Uint8Array {
  return lines.subarray(lines.subarray(0, -1).lastIndexOf(newline) + 1);
}

const offsetKey: Uint8Array = new TextEncoder().encode('{"offset":');
const timeKey: Uint8Array = new TextEncoder().encode(',"time":');

/**
 * Reads offset and time off the front of the line at `start`, without parsing its data: what a collector needs to know
 * of every message. Throws BlockfeedError `bad-server` when the line does not begin as a message does.
 */
export function readLineHead(bytes: Uint8Array, start: number): { offset: number; time: number } {
  const offsetAt = skip(bytes, start, offsetKey);
  const offsetEnd = digitsEnd(bytes, offsetAt);
  const timeAt = skip(bytes, offsetEnd, timeKey);
  const timeEnd = digitsEnd(bytes, timeAt);
  if (bytes[timeEnd] !== 0x2c) throw badLine('"data" does not follow "time"');
  const offset = digits(bytes, offsetAt, offsetEnd);
  if (offset < 0) throw badLine('offset is below 0');
  return { offset, time: digits(bytes, timeAt, timeEnd) };
}

function skip(bytes: Uint8Array, at: number, key: Uint8Array): number {
  for (let index = 0; index < key.length; index++)
    if (bytes[at + index] !== key[index]) throw badLine('it does not begin with "offset" and "time"');
  return at + key.length;
}

function digitsEnd(bytes: Uint8Array, at: number): number {
  let end = at;
  if (bytes[end] === 0x2d) end++;
  while (isDigit(bytes[end])) end++;
  return end;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function digits(bytes: Uint8Array, from: number, to: number): number {
  const negative = bytes[from] === 0x2d;
  const first = negative ? from + 1 : from;
  let value = 0;
  for (let at = first; at < to; at++) value = value * 10 + ((bytes[at] as number) - 0x30);
  if (first === to || (bytes[first] === 0x30 && to - first > 1)) throw badLine('a number is missing or begins with 0');
  if (!Number.isSafeInteger(value)) throw badLine('a number is beyond 2^53-1');
  return negative ? -value : value;
}

function badLine(why: string, cause?: unknown): BlockfeedError {
  return new BlockfeedError('bad-server', `a line is not a message: ${why}`, {
    hint: 'Check that the peer is a blockfeed server of this protocol version.',
    cause,
  });
}
