// What each of many does about once a second: each in the phase in which it came, and no turn of the event loop spends
// more than a little time on it, however many came at once.
import type { Clock, Timer } from '../base/clock.ts';
import { feedLimits } from '../feed/limits.ts';

/** Something that looks after itself about once a second. */
export interface Ticking {
  /** With the time as Ticks has it. */
  tick(nowMs: number): void;
}

const everyMs = 1_000;
/** What is late by more was not done because the process stood still: the machine slept, or somebody stopped the process. */
const lateMs = 1_000;
/** Those that are due within so long of each other are looked after together: thousands need not have thousands of timers. */
const togetherMs = 20;

export class Ticks {
  readonly #clock: Clock;
  readonly #failed: (cause: unknown) => void;
  /** When each is due, the next first: all have the same time between two ticks. */
  readonly #due: Map<Ticking, number> = new Map();
  #timer: Timer | undefined;
  #timerDueMs = 0;
  #isGoingOn = false;
  #stoodStillMs = 0;

  /** `failed` is told what a tick threw: the others are looked after all the same. */
  constructor(clock: Clock, failed: (cause: unknown) => void) {
    this.#clock = clock;
    this.#failed = failed;
  }

  /**
   * Milliseconds of the monotonic clock in which the process did not stand still: what silences are measured by. Nobody is
   * silent while nobody listens.
   */
  nowMs(): number {
    return this.#clock.monotonicMs() - this.#stoodStillMs;
  }

  add(ticking: Ticking): void {
    this.#due.set(ticking, this.nowMs() + everyMs);
    if (this.#timer === undefined && !this.#isGoingOn) this.#arm(0);
  }

  delete(ticking: Ticking): void {
    this.#due.delete(ticking);
    if (this.#due.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(leastMs: number): void {
    const [next] = this.#due.values();
    if (next === undefined) return;
    const waitMs = Math.max(leastMs, next - this.nowMs());
    this.#timerDueMs = this.nowMs() + waitMs;
    this.#timer = this.#clock.after(waitMs, () => {
      const late = this.nowMs() - this.#timerDueMs;
      if (late > lateMs) this.#stoodStillMs += late;
      this.#run();
    });
  }

  readonly #run = (): void => {
    this.#timer = undefined;
    this.#isGoingOn = false;
    const nowMs = this.nowMs();
    const untilMs = nowMs + feedLimits.turnMs.default;
    for (const [ticking, dueMs] of this.#due) {
      if (dueMs > nowMs) break;
      this.#due.delete(ticking);
      this.#due.set(ticking, nowMs + everyMs);
      try {
        ticking.tick(nowMs);
      } catch (cause) {
        this.#failed(cause);
      }
      if (this.nowMs() <= untilMs) continue;
      this.#isGoingOn = true;
      setImmediate(this.#run);
      return;
    }
    this.#arm(togetherMs);
  };
}
