// Parses flags once, from what was typed to what it means. A wrong flag is a usage error: one line with the flag, what was
// given, and the range.
import { withoutCredentialsOfOne } from '../protocol/address.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import type { Range } from '../protocol/limit.ts';
import { type Place, parsePlace } from '../protocol/place.ts';
import { formatDurationMs, parseDurationMs, parseSizeBytes } from '../protocol/units.ts';

/** A command was called in a way that it does not understand. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

type Parse<Value> = (text: string) => Value;

/** A whole number: `5`. */
export function wholeNumber(flag: string, { min, max }: Range): Parse<number> {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    return within(flag, text, value, min, max, `a whole number from ${min} to ${max}`);
  };
}

/** A number: `0.5`. */
export function decimalNumber(flag: string, { min, max }: Range): Parse<number> {
  return (text) => {
    const value = /^\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
    return within(flag, text, value, min, max, `a number from ${min} to ${max}`);
  };
}

/** A duration in whole milliseconds: `2s`, `500ms`. */
export function duration(flag: string, { min, max }: Range): Parse<number> {
  return (text) => {
    const value = parseDurationMs(text) ?? Number.NaN;
    const range = `a duration from ${formatDurationMs(min)} to ${formatDurationMs(max)}, in whole milliseconds, like 2s or 500ms`;
    return within(flag, text, Number.isInteger(value) ? value : Number.NaN, min, max, range);
  };
}

/** A size in bytes: `64KiB`, `812`. */
export function byteSize(flag: string, { min, max }: Range): Parse<number> {
  return (text) => {
    const value = parseSizeBytes(text) ?? Number.NaN;
    const range = `a size from ${min} to ${max} bytes, like 65536, 64KiB or 1MiB`;
    return within(flag, text, Number.isInteger(value) ? value : Number.NaN, min, max, range);
  };
}

/** One of some words. */
export function oneOf<Word extends string>(flag: string, words: readonly Word[]): Parse<Word> {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    if (word === undefined) throw usage(flag, text, `one of ${words.join(', ')}`);
    return word;
  };
}

/** One or several values with commas between, each once: `1,10,100`. */
export function list<Value>(flag: string, parse: Parse<Value>): Parse<readonly Value[]> {
  return (text) => {
    const values = text.split(',').map(parse);
    if (new Set(values).size < values.length) throw usage(flag, text, 'each value once');
    return values;
  };
}

/** Where to begin. */
export function place(flag: string): Parse<Place> {
  return (text) => {
    const parsed = parsePlace(text);
    if (parsed === undefined)
      throw usage(
        flag,
        text,
        'latest, tail, earliest, committed, committed/earliest, committed/refuse, an offset, a negative count of messages, or a time like 2026-01-01T00:00:00Z',
      );
    return parsed;
  };
}

/** A server's address. A bare `host:port` is meant as `ws://host:port`. */
export function webSocketUrl(flag: string): Parse<string> {
  return (text) => {
    const url = /^[a-z]+:\/\//i.test(text) ? text : `ws://${text}`;
    // URL would drop line breaks. A text that begins with a dash was meant as a flag.
    const parsed = /^[^\s-]\S*$/.test(text) && URL.canParse(url) ? new URL(url) : undefined;
    const isOurs =
      parsed !== undefined && ['ws:', 'wss:'].includes(parsed.protocol) && parsed.hash === '' && parsed.hostname !== '';
    if (!isOurs) throw usage(flag, withoutCredentialsOfOne(text), 'the address of a server, like ws://127.0.0.1:8080');
    return url;
  };
}

/** Text that is not empty. */
export function nonEmptyText(flag: string, maxLength: number): Parse<string> {
  return (given) => {
    if (given.length === 0 || given.length > maxLength) throw usage(flag, given, `1 to ${maxLength} characters`);
    return given;
  };
}

/** Throws a usage error for a flag whose value the library refused. */
export function refusedFlag(flag: string, given: string, cause: unknown): never {
  if (!(cause instanceof BlockfeedError)) throw cause;
  throw new UsageError(
    `${flag} ${JSON.stringify(given.slice(0, 100))}: ${cause.message}. ${cause.hint.replace(/\.$/, '')}`,
  );
}

export function usage(flag: string, given: string, range: string): UsageError {
  return new UsageError(`${flag} is ${JSON.stringify(given.slice(0, 100))}: give ${range}`);
}

function within(flag: string, given: string, value: number, min: number, max: number, range: string): number {
  if (value >= min && value <= max) return value;
  throw usage(flag, given, range);
}
