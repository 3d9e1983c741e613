// Compares stored bytes with the same messages, generated again from the feed's specification.

/**
 * Generates the lines [from, to) of a feed again, newlines included. Bytes where they are few, else in pieces of any length.
 * May throw or reject: that is a problem of the folder.
 */
export type Regenerate = (from: number, to: number) => Uint8Array | Promise<Uint8Array> | AsyncIterable<Uint8Array>;

/** Follows a block's stored bytes piece by piece beside the generated ones. */
export class Comparison {
  readonly #generated: AsyncIterator<Uint8Array, unknown, undefined>;
  #piece: Uint8Array = new Uint8Array(0);

  constructor(generated: Uint8Array | AsyncIterable<Uint8Array>) {
    this.#generated = pieces(generated);
  }

  /** How many of the bytes in `stored` are the same as the next generated ones: all of them, or where the first differs. */
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

  /** Whether nothing more was generated than was compared. */
  async isDone(): Promise<boolean> {
    return this.#piece.length === 0 && !(await this.#next());
  }

  /** Lets go of what generates the pieces. */
  async close(): Promise<void> {
    await this.#generated.return?.();
  }

  async #next(): Promise<boolean> {
    for (;;) {
      const { done, value } = await this.#generated.next();
      if (done === true) return false;
      this.#piece = value;
      if (value.length > 0) return true;
    }
  }
}

async function* pieces(generated: Uint8Array | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  if (generated instanceof Uint8Array) yield generated;
  else yield* generated;
}
