// The lines of a block that comes in pieces: a line may lie across two.
import { maxLineBytes } from '../protocol/message.ts';

export class LineJoiner {
  #carried: Buffer[] = [];
  #carriedBytes = 0;

  /** Bytes of the line that has begun and not ended. */
  get unfinished(): number {
    return this.#carriedBytes;
  }

  /** True when the line that has begun is longer than any line may be: then nothing more is to be pushed. */
  get isTooLong(): boolean {
    return this.#carriedBytes > maxLineBytes;
  }

  /** The lines that end in `piece`, each with its newline: views, true until the next piece comes. */
  *push(piece: Buffer): Generator<Buffer, void, undefined> {
    let start = 0;
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, start)) {
      const rest = piece.subarray(start, end + 1);
      start = end + 1;
      yield this.#carriedBytes === 0 ? rest : this.#join(rest);
    }
    if (start === piece.length) return;
    // A copy: the piece's memory is the reader's.
    this.#carried.push(Buffer.from(piece.subarray(start)));
    this.#carriedBytes += piece.length - start;
  }

  #join(rest: Buffer): Buffer {
    const line = Buffer.concat([...this.#carried, rest]);
    this.#carried = [];
    this.#carriedBytes = 0;
    return line;
  }
}
