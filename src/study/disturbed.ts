// Which runs were disturbed: that is told from what else the processors did and how fast they were, not from what was found.
// They are made again; of one that is disturbed each time the least disturbed try counts.
import type { Measurement } from './result.ts';

/** So many cores taken by others make a run another one. */
const disturbingCpu = 0.15;
/** Processors at so much of their best speed are as they should be. */
const fastEnough = 0.8;

export function isDisturbed({ othersCpu = 0, speed = 1 }: Measurement): boolean {
  return othersCpu > disturbingCpu || speed < fastEnough;
}

export class Disturbed {
  readonly #mostRepeats: number;
  readonly #tries = new Map<number, Measurement[]>();

  constructor(mostRepeats: number) {
    this.#mostRepeats = mostRepeats;
  }

  /** What counts of the run that was just made; undefined: it is to be made again. */
  settle(measurement: Measurement): Measurement | undefined {
    if (!isDisturbed(measurement)) return measurement;
    const tries = [...(this.#tries.get(measurement.order) ?? []), measurement];
    this.#tries.set(measurement.order, tries);
    if (tries.length <= this.#mostRepeats) return undefined;
    const cost = (each: Measurement) => (each.othersCpu ?? 0) - (each.speed ?? 1);
    return tries.toSorted((left, right) => cost(left) - cost(right))[0];
  }
}
