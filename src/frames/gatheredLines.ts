// What the framers of a server hold of frames that are not whole yet. Where it is too much, those that hold most forget
// theirs: who holds little, as one with small blocks at the tail, is not hurt by many who hold much.

/** Who gathers lines. */
export interface Gatherer {
  /** How many bytes of memory it holds for them. */
  readonly heldBytes: number;
  /** Holds nothing from here on, and begins again when it is its turn. */
  forgetLines(): void;
}

export class GatheredLines {
  readonly #maxBytes: number;
  readonly #held: Map<Gatherer, number> = new Map();
  #bytes = 0;

  /** `maxBytes`: limit gatheredBytes. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Counts what this one holds now. */
  count(gatherer: Gatherer): void {
    const { heldBytes } = gatherer;
    const before = this.#held.get(gatherer) ?? 0;
    if (heldBytes === before) return;
    this.#bytes += heldBytes - before;
    if (heldBytes === 0) this.#held.delete(gatherer);
    else this.#held.set(gatherer, heldBytes);
    if (this.#bytes > this.#maxBytes) this.#forgetMost(gatherer);
  }

  /** An eighth more than need be, so that this is seldom. */
  #forgetMost(asking: Gatherer): void {
    for (const [gatherer] of [...this.#held].sort(([, one], [, other]) => other - one)) {
      if (this.#bytes <= this.#maxBytes * 0.875) return;
      if (gatherer === asking) continue;
      gatherer.forgetLines();
      this.count(gatherer);
    }
  }
}
