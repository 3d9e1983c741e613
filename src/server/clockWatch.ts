// Notices that the machine's wall clock was set, or that the machine slept, and says so in the log: a feed's times never go
// back, so feeds stand still after a clock was set back, and whoever looks after the server should not have to guess why.
import type { Clock } from '../base/clock.ts';
import type { ServerLog } from './log.ts';
import type { Ticking } from './ticks.ts';

export class ClockWatch implements Ticking {
  readonly #clock: Clock;
  readonly #log: ServerLog;
  readonly #stepMs: number;
  /** Wall minus monotonic: it changes where one of them was set or stood still. */
  #distanceMs: number;
  #latestMs: number;
  #isBehind = false;

  /** `stepMs`: limit clockStepMs. */
  constructor(clock: Clock, log: ServerLog, stepMs: number) {
    this.#clock = clock;
    this.#log = log;
    this.#stepMs = stepMs;
    this.#latestMs = clock.nowMicros() / 1_000;
    this.#distanceMs = this.#latestMs - clock.monotonicMs();
  }

  tick(): void {
    const wallMs = this.#clock.nowMicros() / 1_000;
    const stepMs = Math.round(wallMs - this.#clock.monotonicMs() - this.#distanceMs);
    this.#distanceMs += stepMs;
    const behindMs = Math.round(Math.max(0, this.#latestMs - wallMs));
    this.#latestMs = Math.max(this.#latestMs, wallMs);
    if (stepMs >= this.#stepMs)
      this.#log.warn({ stepMs }, `the clock went forward by ${seconds(stepMs)}: it was set, or the machine slept`);
    if (stepMs <= -this.#stepMs)
      this.#log.warn(
        { stepMs, behindMs },
        `the clock was set back by ${seconds(-stepMs)}: feeds whose times follow it stand still for up to ${seconds(behindMs)}`,
      );
    if (this.#isBehind && behindMs === 0) this.#log.warn({}, 'the clock has caught up: feeds go on');
    this.#isBehind = behindMs > 0 && (this.#isBehind || stepMs <= -this.#stepMs);
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}
