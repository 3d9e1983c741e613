// Finds disturbed runs, which are made again. A run is judged by what else the processors did and how fast they were,
// never by what it measured. Where every try of a run is disturbed, the least disturbed one counts.
import type { Measurement } from './result.ts';

/** A run is disturbed when other programs took more than this, in cores. */
const disturbingCpu = 0.15;
/** A run is disturbed when the processors were below this share of their best speed. */
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

  /** Takes a run that was just made. Returns the try that counts, or undefined when the run is to be made again. */
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

  /** The least disturbed try of each run that is to be made again. */
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
