// Bounds of lines: what a generator promises about their length, and how it keeps the promise.
import { messageLine } from '../../protocol/message.ts';

const headBytes = messageLine(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, '').length;

/** The most bytes of a line whose data has at most `dataBytes`. */
export function lineBytesOf(dataBytes: number): number {
  return headBytes + dataBytes;
}

/** The bytes of `value` as JSON. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** The bytes of the longest of these texts as JSON, quotes included. */
export function longestJsonBytes(texts: readonly string[]): number {
  return texts.reduce((longest, text) => Math.max(longest, jsonBytes(text)), 0);
}

/**
 * Rounds to so many digits after the point (0 to 9), and to at most 12 digits in all. Engines differ in the last bit of
 * Math.log, exp and sin; what is rounded this far off that bit is the same everywhere.
 */
export function rounded(value: number, digits: number): number {
  const scale = scales[digits] as number;
  const scaled = value * scale;
  // Adding zero makes 0 of -0.
  if (Math.abs(scaled) < 1e12) return Math.round(scaled) / scale + 0;
  return Number(value.toPrecision(12));
}

// A table, since 10 ** digits is not required to be exact.
const scales: readonly number[] = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
