// Lines that are appended to in memory: what feeds that make or take their lines in this process hand out.
import { assert } from '../base/assert.ts';
import type { Lines } from './lines.ts';

const nothing = Buffer.alloc(0);
const noEnds = new Float64Array(0);

/** Only `append` changes it, and only at its end: views on `bytes` stay true until the chunk is spent. */
export class Chunk implements Lines {
  /** What a line takes beside its bytes: where it ends, and its time. */
  static readonly bytesBesideLine: number = 16;
  readonly from: number;
  /** How many lines there are; `to` is `from + count`. */
  count = 0;
  #bytes: Buffer = nothing;
  #length = 0;
  #ends: Float64Array = noEnds;
  /** Bytes behind `length` of the line that was begun. */
  #begun = 0;

  /** Begins empty. `spent`: a chunk that nobody uses any more, whose memory it takes; nothing is left of that one. */
  constructor(from: number, spent?: Chunk) {
    this.from = from;
    if (spent === undefined) return;
    this.#bytes = spent.#bytes;
    this.#ends = spent.#ends;
    spent.#bytes = nothing;
    spent.#ends = noEnds;
    spent.#length = 0;
    spent.#begun = 0;
    spent.count = 0;
  }

  get to(): number {
    return this.from + this.count;
  }

  /** Bytes of all lines. */
  get length(): number {
    return this.#length;
  }

  /** Bytes of the memory that it holds. */
  get capacity(): number {
    return this.#bytes.length + this.#ends.byteLength;
  }

  startOf(offset: number): number {
    return offset === this.from ? 0 : (this.#ends[(offset - this.from - 1) * 2] as number);
  }

  endOf(offset: number): number {
    return this.#ends[(offset - this.from) * 2] as number;
  }

  timeOf(offset: number): number {
    return this.#ends[(offset - this.from) * 2 + 1] as number;
  }

  /** The lines' memory; what lies before `length` never changes, but a later `append` may move to a new memory. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /**
   * Appends `count` lines given as one text: `ends[i]` is the place behind line i in it, in characters, and `times[i]` its time.
   * One call for many lines: writing each by itself costs several times as much.
   */
  append(text: string, count: number, ends: ArrayLike<number>, times: ArrayLike<number>): void {
    assert(this.#begun === 0, 'a line that was begun is ended first');
    const length = Buffer.byteLength(text, 'utf8');
    this.reserve(count, length);
    const begin = this.#length;
    // Plain ASCII, which is nearly always: characters are bytes. Else each line's bytes are counted.
    const ascii = length === text.length;
    this.#bytes.write(text, begin, ascii ? 'latin1' : 'utf8');
    let position = begin;
    let start = 0;
    for (let index = 0; index < count; index++) {
      const end = ends[index] as number;
      position = ascii ? begin + end : position + Buffer.byteLength(text.slice(start, end), 'utf8');
      start = end;
      const slot = (this.count + index) * 2;
      this.#ends[slot] = position;
      this.#ends[slot + 1] = times[index] as number;
    }
    this.count += count;
    this.#length = begin + length;
  }

  /** Writes a piece of the next line, which counts for nothing until `endLine`. No piece ends within a character. */
  write(piece: string): void {
    this.reserve(1, this.#begun + Buffer.byteLength(piece, 'utf8'));
    this.#begun += this.#bytes.write(piece, this.#length + this.#begun, 'utf8');
  }

  /** What was written since the last line is a line. */
  endLine(timeMicros: number): void {
    this.#length += this.#begun;
    this.#begun = 0;
    this.#ends[this.count * 2] = this.#length;
    this.#ends[this.count * 2 + 1] = timeMicros;
    this.count++;
  }

  /** How much memory it takes once there is room for so many more lines, of so many bytes together. */
  capacityWith(messages: number, bytes: number): number {
    return this.#bytesWith(bytes) + this.#endsWith(messages) * 8;
  }

  /** Makes room for so many more lines, of so many bytes together: exactly that where there was none. */
  reserve(messages: number, bytes: number): void {
    const bytesWith = this.#bytesWith(bytes);
    if (bytesWith > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(bytesWith);
      this.#bytes.copy(larger, 0, 0, this.#length + this.#begun);
      this.#bytes = larger;
    }
    const endsWith = this.#endsWith(messages);
    if (endsWith > this.#ends.length) {
      const larger = new Float64Array(endsWith);
      larger.set(this.#ends);
      this.#ends = larger;
    }
  }

  #bytesWith(more: number): number {
    const needed = this.#length + more;
    return needed <= this.#bytes.length ? this.#bytes.length : Math.max(this.#bytes.length * 2, needed);
  }

  #endsWith(more: number): number {
    const needed = (this.count + more) * 2;
    return needed <= this.#ends.length ? this.#ends.length : Math.max(this.#ends.length * 2, needed);
  }
}
