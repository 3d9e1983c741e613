// Compares stored bytes with the same messages made again from the feed's specification.

/**
 * Makes the lines [from, to) of a feed again, newlines included. Bytes where they are few, else in pieces of any length.
 * May throw or reject; that is told as a problem of the folder.
 */
export type Remake = (from: number, to: number) => Uint8Array | Promise<Uint8Array> | AsyncIterable<Uint8Array>;

/** Follows a block's stored bytes piece by piece beside the ones made again. */
export class Comparison {
  readonly #made: AsyncIterator<Uint8Array, unknown, undefined>;
  #piece: Uint8Array = new Uint8Array(0);

  constructor(made: Uint8Array | AsyncIterable<Uint8Array>) {
    this.#made = pieces(made);
  }

  /** How many of the bytes in `stored` are the same as the next ones made: all of them, or where the first differs. */
  async same(stored: Buffer): Promise<number> {
    let done = 0;
    while (done < stored.length) {
      if (this.#piece.length === 0 && !(await this.#next())) return done;
      const count = Math.min(this.#piece.length, stored.length - done);
      if (stored.compare(this.#piece, 0, count, done, done + count) !== 0) {
        let same = 0;
        while (stored[done + same] === this.#piece[same]) same++;
        return done + same;
      }
      this.#piece = this.#piece.subarray(count);
      done += count;
    }
    return done;
  }

  /** Whether nothing more was made than was compared. */
  async isDone(): Promise<boolean> {
    return this.#piece.length === 0 && !(await this.#next());
  }

  /** Lets go of what makes the pieces. */
  async close(): Promise<void> {
    await this.#made.return?.();
  }

  async #next(): Promise<boolean> {
    for (;;) {
      const { done, value } = await this.#made.next();
      if (done === true) return false;
      this.#piece = value;
      if (value.length > 0) return true;
    }
  }
}

async function* pieces(made: Uint8Array | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  if (made instanceof Uint8Array) yield made;
  else yield* made;
}
