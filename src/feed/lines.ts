// A run of a feed's lines as they lie one after another in memory, with where each begins and ends and its time beside
// them: nobody downstream looks for newlines or parses a time, and what is stored is never decoded to be sent.
import { assert } from '../base/assert.ts';

/** Lines [from, to) of a feed. */
export interface Lines {
  readonly from: number;
  readonly to: number;
  /** The memory that holds them, and perhaps more: the line at `offset` is [startOf(offset), endOf(offset)). */
  readonly bytes: Buffer;
  /** Where the line at `offset` begins in `bytes`. */
  startOf(offset: number): number;
  /** Where the line at `offset` ends in `bytes`, its newline included. */
  endOf(offset: number): number;
  /** The time of the message at `offset`, in microseconds. */
  timeOf(offset: number): number;
}

/** The lines [from, to) as a view on their memory; `from < to`, or nothing where they are equal. */
export function sliceOf(lines: Lines, from: number, to: number): Buffer {
  assert(from >= lines.from && to <= lines.to && from <= to, 'the slice lies in the lines');
  return from === to ? lines.bytes.subarray(0, 0) : lines.bytes.subarray(lines.startOf(from), lines.endOf(to - 1));
}
