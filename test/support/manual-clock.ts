// A clock that stands still until the test moves it.
import type { Clock, Timer } from '../../src/base/clock.ts';

export class ManualClock implements Clock {
  #nowMicros: number;
  readonly #timers = new Set<{ readonly dueMicros: number; readonly act: () => void }>();

  constructor(nowMicros = 1_763_820_000_000_000) {
    this.#nowMicros = nowMicros;
  }

  /** How many timers run. */
  get timers(): number {
    return this.#timers.size;
  }

  nowMicros(): number {
    return this.#nowMicros;
  }

  after(delayMs: number, act: () => void): Timer {
    const timer = { dueMicros: this.#nowMicros + delayMs * 1_000, act };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Moves the time on, through every timer that is due on the way, in order. */
  advance(ms: number): void {
    const until = this.#nowMicros + ms * 1_000;
    for (;;) {
      const due = [...this.#timers]
        .filter((timer) => timer.dueMicros <= until)
        .sort((a, b) => a.dueMicros - b.dueMicros);
      const [next] = due;
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMicros = Math.max(this.#nowMicros, next.dueMicros);
      next.act();
    }
    this.#nowMicros = until;
  }
}
