// Wall time to the microsecond, the same in every process of a machine. Date.now() follows the wall but counts whole
// milliseconds; performance.now() has the microseconds but does not follow the wall. So the distance between the two is
// found by catching the moment at which Date.now() goes on by one, and every later look at both holds it to its bounds.

/** How exactly the distance is to be known before the look ends. */
const exactMs = 0.01;
/** How many milliseconds of the wall a look sees begin at most: a process that is held up in one catches another. */
const lookBegins = 5;
/** A look has no more steps, some milliseconds of work: a clock that stands still is not waited for. */
const lookSteps = 50_000;
/** After so long it is looked again: on some systems the two clocks do not run at the same speed. */
const lookAgainMs = 10_000;
/** No sooner is it looked again, whatever happens: a browser may round both clocks so that no distance fits. */
const lookAgainSoonestMs = 1_000;
/** What the wall goes back by more was set back. By less it is corrected, and the time that is told stands still meanwhile. */
const setMs = 1;

export interface WallClockSources {
  /** Milliseconds since any moment, with a fraction; never goes back. */
  monotonicMs(): number;
  /** Whole milliseconds since 1970, rounded down. */
  wallMs(): number;
}

export class WallClock {
  readonly #sources: WallClockSources;
  /** Wall minus monotonic. */
  #distanceMs = 0;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #shownMs = Number.NEGATIVE_INFINITY;
  #toldMicros = Number.NEGATIVE_INFINITY;

  constructor(sources: WallClockSources) {
    this.#sources = sources;
  }

  /** Integer microseconds since 1970. Goes back only where the wall was set back. */
  nowMicros(): number {
    const monotonicMs = this.#sources.monotonicMs();
    const shownMs = this.#sources.wallMs();
    if (shownMs < this.#shownMs - setMs) this.#toldMicros = Number.NEGATIVE_INFINITY;
    this.#shownMs = shownMs;
    const leastMs = shownMs - monotonicMs;
    // What the wall shows began less than a millisecond ago. This is the hot path: two clocks and some comparisons.
    if (this.#distanceMs < leastMs || this.#distanceMs >= leastMs + 1 || monotonicMs - this.#lookedMs > lookAgainMs)
      return this.#corrected();
    return this.#tell(monotonicMs);
  }

  #tell(monotonicMs: number): number {
    this.#toldMicros = Math.max(this.#toldMicros, Math.floor((monotonicMs + this.#distanceMs) * 1_000));
    return this.#toldMicros;
  }

  #corrected(): number {
    const { monotonicMs, wallMs } = this.#sources;
    const beforeMs = monotonicMs();
    const shownMs = wallMs();
    const afterMs = monotonicMs();
    const distanceMs = Math.min(Math.max(this.#distanceMs, shownMs - afterMs), shownMs + 1 - beforeMs);
    const movedMs = Math.abs(distanceMs - this.#distanceMs);
    const sinceMs = afterMs - this.#lookedMs;
    if (sinceMs > lookAgainMs || (movedMs > exactMs && sinceMs > lookAgainSoonestMs)) return this.#look();
    return this.#moveTo(distanceMs, afterMs);
  }

  /** Reads both clocks in turn until the wall goes on by a millisecond: each pair says what the distance may be. */
  #look(): number {
    const { monotonicMs, wallMs } = this.#sources;
    let least = Number.NEGATIVE_INFINITY;
    let most = Number.POSITIVE_INFINITY;
    let beforeMs = monotonicMs();
    let shownBeforeMs = wallMs();
    let begins = 0;
    for (let step = 0; step < lookSteps && begins < lookBegins && most - least > exactMs; step++) {
      const shownMs = wallMs();
      const afterMs = monotonicMs();
      if (shownMs !== shownBeforeMs) begins++;
      shownBeforeMs = shownMs;
      const isSet = shownMs + 1 - beforeMs < least || shownMs - afterMs > most;
      // Set in the middle of the look: what was seen before says nothing.
      least = isSet ? shownMs - afterMs : Math.max(least, shownMs - afterMs);
      most = isSet ? shownMs + 1 - beforeMs : Math.min(most, shownMs + 1 - beforeMs);
      beforeMs = afterMs;
    }
    // A process that was held up all the time, or whose clocks are coarse, looks again soon.
    this.#lookedMs = most - least > 10 * exactMs ? beforeMs - lookAgainMs + lookAgainSoonestMs : beforeMs;
    return this.#moveTo((least + most) / 2, beforeMs);
  }

  #moveTo(distanceMs: number, monotonicMs: number): number {
    this.#distanceMs = distanceMs;
    return this.#tell(monotonicMs);
  }
}
