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
    const { order } = measurement;
    const tries = [...(this.#tries.get(order) ?? []), measurement];
    if (isDisturbed(measurement) && tries.length <= this.#mostRepeats) {
      this.#tries.set(order, tries);
      return undefined;
    }
    this.#tries.delete(order);
    return isDisturbed(measurement) ? leastDisturbed(tries) : measurement;
  }

  /** What there is of the runs that are to be made again: of each its least disturbed try. */
  unsettled(): Measurement[] {
    return [...this.#tries.values()].map(leastDisturbed);
  }

  /** How many runs are to be made again. */
  get count(): number {
    return this.#tries.size;
  }
}

function leastDisturbed(tries: readonly Measurement[]): Measurement {
  const cost = ({ othersCpu = 0, speed = 1 }: Measurement) => othersCpu - speed;
  return tries.reduce((least, each) => (cost(each) < cost(least) ? each : least));
}
