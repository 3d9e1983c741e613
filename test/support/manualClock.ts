// A clock that a test sets: time passes when the test says so, and timers are called in the order in which they are due.
import type { Clock, Timer } from '../../src/base/clock.ts';

interface Waiting {
  readonly dueMicros: number;
  readonly act: () => void;
}

/** Where a clock begins that was told nothing: 2026-01-01T00:00:00Z. */
export const newYearMicros = 1_767_225_600_000_000;

export class ManualClock implements Clock {
  readonly #timers: Set<Waiting> = new Set();
  /** What timers go by: it never goes back, and setting the wall does not move it. */
  #elapsedMicros = 0;
  #nowMicros: number;

  constructor(nowMicros: number = newYearMicros) {
    this.#nowMicros = nowMicros;
  }

  nowMicros(): number {
    return this.#nowMicros;
  }

  monotonicMs(): number {
    return this.#elapsedMicros / 1_000;
  }

  after(delayMs: number, act: () => void): Timer {
    const timer: Waiting = { dueMicros: this.#elapsedMicros + Math.max(0, delayMs) * 1_000, act };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets time pass on both clocks; timers that are due on the way are called at their time, also those that are set meanwhile. */
  advance(ms: number): void {
    const endMicros = this.#elapsedMicros + Math.round(ms * 1_000);
    for (;;) {
      let next: Waiting | undefined;
      for (const timer of this.#timers)
        if (timer.dueMicros <= endMicros && (next === undefined || timer.dueMicros < next.dueMicros)) next = timer;
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#pass(Math.max(next.dueMicros, this.#elapsedMicros));
      next.act();
    }
    this.#pass(endMicros);
  }

  /** Sets the wall clock, forward or back, as an administrator does: timers and the monotonic clock are not moved by it. */
  set(nowMicros: number): void {
    this.#nowMicros = nowMicros;
  }

  /** Lets time pass while the program stands still: timers that were due meanwhile are called when it goes on. */
  standStill(ms: number): void {
    this.#pass(this.#elapsedMicros + Math.round(ms * 1_000));
  }

  #pass(toMicros: number): void {
    this.#nowMicros += toMicros - this.#elapsedMicros;
    this.#elapsedMicros = toMicros;
  }
}
