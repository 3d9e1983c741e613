// Time as a value that is passed in, so that tests own it. Everything that waits or reads the time takes a Clock.
import { WallClock } from './wallClock.ts';

/**
 * A source of time and of timers. Wall time says when a message is due or came. Waits and silences are measured by
 * `monotonicMs`: the wall may be set, and a laptop may sleep.
 */
export interface Clock {
  /** Wall time: integer microseconds since 1970-01-01T00:00:00Z. May go back when the machine's clock is set. */
  nowMicros(): number;
  /** Milliseconds since some moment, with a fraction. Never goes back; where the machine sleeps it may stand still. */
  monotonicMs(): number;
  /** Calls `act` once after `delayMs` (0 to 2^31-1 ms, longer is shortened to that). Never before this call returns. */
  after(delayMs: number, act: () => void): Timer;
}

export interface Timer {
  /** The act is not called any more. Harmless when it was called already. */
  cancel(): void;
}

const wallClock = new WallClock({ monotonicMs: () => performance.now(), wallMs: () => Date.now() });

/** The machine's clock, to the microsecond. */
export const systemClock: Clock = {
  nowMicros: () => wallClock.nowMicros(),
  monotonicMs: () => performance.now(),
  after(delayMs, act) {
    const handle = setTimeout(act, Math.min(Math.max(0, delayMs), 2_147_483_647));
    return { cancel: () => clearTimeout(handle) };
  },
};
