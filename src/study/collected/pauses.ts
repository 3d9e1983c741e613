// Finds pauses: times in which nothing came. A pause is long for its journal, and how long that is becomes known only
// at the end. So the longest times are kept as candidates, and those that are not long after all are dropped then.
import type { Pause } from './result.ts';

/** A pause is at least this long. */
const leastMicros = 1_000_000;
/** A pause is at least this many times as long as the median distance between blocks. */
const leastTimes = 10;
const mostPauses = 100;

export class Pauses {
  #longest: Omit<Pause, 'kind'>[] = [];

  add(pause: Omit<Pause, 'kind'>): void {
    if (lengthOf(pause) < leastMicros) return;
    this.#longest.push(pause);
    if (this.#longest.length >= 2 * mostPauses) this.#drop();
  }

  /** The pauses, in order of time. `usualMicros` is the median distance between blocks. */
  list(usualMicros: number): Pause[] {
    this.#drop();
    return this.#longest
      .filter((pause) => lengthOf(pause) >= leastTimes * usualMicros)
      .map((pause): Pause => ({ ...pause, kind: pause.lateMicros >= lengthOf(pause) / 2 ? 'away' : 'quiet' }))
      .sort((one, other) => one.fromMicros - other.fromMicros);
  }

  #drop(): void {
    this.#longest = this.#longest.sort((one, other) => lengthOf(other) - lengthOf(one)).slice(0, mostPauses);
  }
}

export function lengthOf({ fromMicros, toMicros }: Pick<Pause, 'fromMicros' | 'toMicros'>): number {
  return toMicros - fromMicros;
}
