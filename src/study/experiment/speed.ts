// How fast the processors are at the moment, all of those that a run uses at the same time. A virtual machine's processors
// are often two threads of one core, or not, as its host likes: then they slow each other to 0.6 for some seconds, which no
// load average shows. It is told from work that is always the same, so without a look at what is measured.

/** How long one look takes. Every process of a study does it at the same time. */
const lookMs = 8;
const stepsEach = 2_000;

/** How much of a fixed work this process does in a millisecond. Holds the event loop for 8 ms. */
export function speedNow(): number {
  const begin = performance.now();
  let steps = 0;
  let word = 1;
  let elapsedMs = 0;
  do {
    for (let step = 0; step < stepsEach; step++) word = (Math.imul(word, 1_664_525) + 1_013_904_223) | 0;
    steps += stepsEach;
    elapsedMs = performance.now() - begin;
  } while (elapsedMs < lookMs);
  // The word is used, so that no compiler leaves its making out.
  return (steps + (word & 1)) / elapsedMs;
}

/** The speed of the slowest of some processes, as a share of the best that was seen. */
export class Speed {
  readonly #look: () => Promise<readonly number[]>;
  #best = 0;

  /** `look` has all of them do the work at once. */
  constructor(look: () => Promise<readonly number[]>) {
    this.#look = look;
  }

  /** From 0 to 1. */
  async now(): Promise<number> {
    const slowest = Math.min(...(await this.#look()));
    this.#best = Math.max(this.#best, slowest);
    return slowest / this.#best;
  }
}
