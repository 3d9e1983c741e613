// Time as a value that is passed in, so that tests own it. Everything that waits or reads the time takes a Clock.

/** A source of time and of timers. */
export interface Clock {
  /** Wall time: integer microseconds since 1970-01-01T00:00:00Z. May go back when the machine's clock is set. */
  nowMicros(): number;
  /** Calls `act` once after `delayMs` (0 to 2^31-1 ms, longer is shortened to that). Never before this call returns. */
  after(delayMs: number, act: () => void): Timer;
}

export interface Timer {
  /** The act is not called any more. Harmless when it was called already. */
  cancel(): void;
}

/** The machine's clock, to the microsecond. */
export const systemClock: Clock = {
  nowMicros,
  after(delayMs, act) {
    const handle = setTimeout(act, Math.min(Math.max(0, delayMs), 2_147_483_647));
    return { cancel: () => clearTimeout(handle) };
  },
};

// Date.now() follows the wall but counts whole milliseconds; performance.now() has the microseconds but stands still
// while a laptop sleeps and does not follow corrections. So the second is read, and brought back to the first whenever
// the two are further apart than a millisecond's rounding and a few more can explain.
const followMs = 5;
let wallMinusMonotonicMs = Date.now() - performance.now();

function nowMicros(): number {
  const monotonicMs = performance.now();
  const wallMs = Date.now();
  if (Math.abs(wallMs - (monotonicMs + wallMinusMonotonicMs)) > followMs) wallMinusMonotonicMs = wallMs - monotonicMs;
  return Math.floor((monotonicMs + wallMinusMonotonicMs) * 1_000);
}
