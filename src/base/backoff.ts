// How long to wait before the next try. The wait is random (full jitter), so that a thousand clients do not all come
// back to a restarted server at the same moment. Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture
// Blog, 2015.

export interface Backoff {
  /** Upper end of the first wait, in ms. */
  readonly firstMs: number;
  /** The longest wait, in ms. */
  readonly capMs: number;
}

/**
 * The wait before try number `attempt` (0 is the first repeat), in ms: uniform in [0, min(capMs, firstMs * 2^attempt)).
 * `random` gives a number in [0, 1), as Math.random does.
 */
export function fullJitterMs(attempt: number, backoff: Backoff, random: () => number): number {
  return random() * Math.min(backoff.capMs, backoff.firstMs * 2 ** Math.min(attempt, 50));
}
