// Tells framers that a slot of the clock is over: one timer per feed and wait, however many wait for it.
import type { Clock, Timer } from '../base/clock.ts';
import { feedLimits } from '../feed/limits.ts';

/** Calls those who listen at the end of each slot of one length, while somebody listens. */
export class Slots {
  readonly #clock: Clock;
  readonly #slotMicros: number;
  readonly #watermarkMicros: () => number;
  readonly #listeners: Set<() => void> = new Set();
  #timer: Timer | undefined;

  /** `watermarkMicros` is the feed's: a slot is over when that has reached its end. */
  constructor(clock: Clock, slotMicros: number, watermarkMicros: () => number) {
    this.#clock = clock;
    this.#slotMicros = slotMicros;
    this.#watermarkMicros = watermarkMicros;
  }

  /** Calls `over` once, at the end of the slot that is now. */
  once(over: () => void): void {
    this.#listeners.add(over);
    if (this.#timer === undefined)
      this.#arm((Math.floor((this.#watermark() ?? 0) / this.#slotMicros) + 1) * this.#slotMicros);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#listeners.clear();
  }

  #arm(endMicros: number): void {
    const waitMs = Math.max(1, Math.round((endMicros - (this.#watermark() ?? endMicros)) / 1_000));
    this.#timer = this.#clock.after(Math.min(waitMs, feedLimits.wallLookMs.default), () => {
      this.#timer = undefined;
      // The wait may have been longer than until the next look, and the machine's clock may have gone back.
      if ((this.#watermark() ?? endMicros) < endMicros) return this.#arm(endMicros);
      const due = [...this.#listeners];
      this.#listeners.clear();
      for (const over of due) over();
    });
  }

  /** Undefined: the feed cannot say. Then the slot counts as over: whoever waits asks the feed itself, and hears why. */
  #watermark(): number | undefined {
    try {
      return this.#watermarkMicros();
    } catch {
      return undefined;
    }
  }
}
