// What the framers of a server hold of frames that are not whole yet. Where it is too much, those that hold most forget
// theirs: who holds little, as one with small blocks at the tail, is not hurt by many who hold much.
//
// Law: whoever forgot its lines comes to its frame. It stands in a row, in the order in which they forgot, until it has made
// something or wants nothing; and those at the front of the row forget nothing while they hold at most half of the limit, the
// very first never. So the first goes on to the end of its frame, and then the next one is first. Say that 100 framers gather
// 1 MB each and 64 fit: 32 at the front make their frames, then the next 32; and nobody begins again and again for ever.

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
  /** Who forgot its lines and has made nothing since; whoever forgot first stands at the front. */
  readonly #row: Set<Gatherer> = new Set();
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

  /** It has made something, or wants nothing for now: others are before it from here on. */
  leaveRow(gatherer: Gatherer): void {
    this.#row.delete(gatherer);
  }

  /** An eighth more than need be, so that this is seldom. Of those who hold as much, who began last forgets first. */
  #forgetMost(asking: Gatherer): void {
    const kept = this.#front();
    for (const [gatherer] of [...this.#held].reverse().sort(([, one], [, other]) => other - one)) {
      if (this.#bytes <= this.#maxBytes * 0.875) return;
      if (gatherer === asking || kept.has(gatherer)) continue;
      gatherer.forgetLines();
      this.count(gatherer);
      this.#row.add(gatherer);
    }
  }

  /** Those at the front of the row who together hold at most half of the limit; one that holds any it always has. */
  #front(): Set<Gatherer> {
    const front = new Set<Gatherer>();
    let bytes = 0;
    for (const gatherer of this.#row) {
      const held = this.#held.get(gatherer) ?? 0;
      if (bytes > 0 && bytes + held > this.#maxBytes / 2) break;
      bytes += held;
      front.add(gatherer);
    }
    return front;
  }
}
