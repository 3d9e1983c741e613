// The ranges of what a study can measure. They bound its flags, and the values of a saved result that is read again.
import type { Limit, Range } from '../protocol/limit.ts';
import { limits } from '../protocol/limits.ts';

interface Ranges {
  /** Messages a block. */
  readonly size: Limit;
  readonly clients: Range;
  /** Messages a second of a feed. */
  readonly rate: Range;
  /**
   * Bytes of a message's line. The least has room for an offset, a time and a pad; the most is about what a server
   * takes.
   */
  readonly messageBytes: Range;
  /** Blocks. */
  readonly window: Limit;
  readonly rounds: Range;
  readonly repeats: Range;
  readonly measureMs: Range;
  readonly warmUpMs: Range;
  /** Processes. */
  readonly workers: Range;
  readonly seed: Range;
  /** The limit of a latency goal. */
  readonly latencyMs: Range;
}

export const ranges: Ranges = {
  size: limits.size,
  clients: { min: 1, max: 10_000 },
  rate: { min: 0.001, max: 1_000_000 },
  messageBytes: { min: 64, max: 900_000 },
  // Over loopback more gains nothing, and what is under way when a run begins and ends makes its figures unsure.
  window: { ...limits.window, default: 64 },
  rounds: { min: 1, max: 1_000 },
  repeats: { min: 0, max: 100 },
  measureMs: { min: 50, max: 600_000 },
  warmUpMs: { min: 0, max: 600_000 },
  workers: { min: 1, max: 256 },
  seed: { min: 0, max: 2_147_483_647 },
  latencyMs: { min: 0, max: 3_600_000 },
};

/**
 * The most runs of a whole grid, rounds included: a day of the shortest runs. More is a mistake in a list, and would
 * fill the memory.
 */
export const mostRuns = 100_000;
