// Consecutive WebSocket frames of one rendition, as they lie one after another on the wire, and beside them what each is:
// so that a client anywhere in it is sent any run of them with one write of one slice.
import { assert } from '../base/assert.ts';
import { type Cut, cuts } from '../protocol/cut.ts';

const nothing = Buffer.alloc(0);
const noUnits = new Float64Array(0);
const noCuts = new Uint32Array(0);
/** A page has memory for so many units at first, and for twice as many each time they are more. */
const firstUnits = 16;
/** Numbers kept for each unit: from, to, end of its bytes, cut, first time, last time. */
const stride = 6;
/** By the number kept. No cut has a number of its own: an array is slow where it is asked for what it has not. */
const cutByNumber: readonly (Cut | undefined)[] = [undefined, ...cuts];

/**
 * One page. A **unit** is what is sent or not sent as a whole: a frame of a block's lines, a frame of one message, or the
 * `cut` message between two blocks (from === to). Units only ever get more, so a slice once taken stays true.
 */
export class Page {
  #bytes: Buffer;
  #units: Float64Array;
  /** The units that tell a cut, so that a run of thousands of messages is passed in a few steps. */
  #cutUnits: Uint32Array;
  #cuts = 0;
  #length = 0;
  #count = 0;
  /** The first offset in it. */
  readonly from: number;
  readonly #behindCut: boolean;
  #sliced: { start: number; end: number; bytes: Buffer } | undefined;
  #holds = 0;
  /** What those who hold it were told that they hold. */
  #heldBytes = 0;
  readonly #grew: (page: Page, bytes: number) => void;
  #unheld: (() => void) | undefined;
  #mayBeSpent = true;

  /**
   * `behindCut`: the cut message right before its first unit, if there is one, is not in it. `spent`: a page whose memory it
   * takes, if that has the capacity; nothing is left of it. `grew` is told each time how many bytes of memory it has more than before.
   */
  constructor(
    capacityBytes: number,
    from: number,
    behindCut: boolean,
    grew: (page: Page, bytes: number) => void,
    spent?: Page,
  ) {
    this.from = from;
    this.#grew = grew;
    this.#behindCut = behindCut;
    if (spent?.capacity === capacityBytes) {
      this.#bytes = spent.#bytes;
      this.#units = spent.#units;
      this.#cutUnits = spent.#cutUnits;
      spent.#bytes = nothing;
      spent.#units = noUnits;
      spent.#cutUnits = noCuts;
      spent.#count = 0;
      spent.#cuts = 0;
      spent.#sliced = undefined;
    } else {
      this.#bytes = Buffer.allocUnsafeSlow(capacityBytes);
      this.#units = new Float64Array(firstUnits * stride);
      this.#cutUnits = new Uint32Array(firstUnits);
    }
  }

  /** How much memory a new page takes. */
  static memoryBytes(capacityBytes: number): number {
    return capacityBytes + firstUnits * (stride * Float64Array.BYTES_PER_ELEMENT + Uint32Array.BYTES_PER_ELEMENT);
  }

  /** How much memory it takes: its bytes, and what is kept of each unit, which for short messages is nearly as much. */
  get memoryBytes(): number {
    return this.#bytes.length + this.#units.byteLength + this.#cutUnits.byteLength;
  }

  /**
   * A socket has a slice of it that the system has not taken: its memory stays as it is until that is released. Returns how
   * many bytes of memory are held now that were not: 0 where somebody held it before.
   */
  hold(): number {
    this.#holds++;
    if (this.#holds > 1) return 0;
    this.#heldBytes = this.memoryBytes;
    return this.#heldBytes;
  }

  /** Returns how many bytes are not held any more: as `hold` said, once nobody holds it. `isBroken`: the socket broke, and its memory is not used again. */
  release(isBroken: boolean): number {
    this.#holds--;
    this.#mayBeSpent &&= !isBroken;
    if (this.#holds === 0 && this.#mayBeSpent) this.#unheld?.();
    return this.#holds === 0 ? this.#heldBytes : 0;
  }

  /** Nobody will find it any more. Calls `unheld` once nobody holds it either; never, where one who held it broke. */
  retire(unheld: () => void): void {
    if (this.#holds > 0) this.#unheld = unheld;
    else if (this.#mayBeSpent) unheld();
  }

  get capacity(): number {
    return this.#bytes.length;
  }

  get room(): number {
    return this.#bytes.length - this.#length;
  }

  get count(): number {
    return this.#count;
  }

  /** The offset behind the last in it. */
  get to(): number {
    return this.#count === 0 ? this.from : this.unitTo(this.#count - 1);
  }

  unitFrom(index: number): number {
    return this.#units[index * stride] as number;
  }

  unitTo(index: number): number {
    return this.#units[index * stride + 1] as number;
  }

  /** Where the unit's bytes end; those of the next begin there. */
  unitEnd(index: number): number {
    return this.#units[index * stride + 2] as number;
  }

  unitStart(index: number): number {
    return index === 0 ? 0 : this.unitEnd(index - 1);
  }

  /** The cut that this unit tells, or undefined: the block goes on behind it. */
  unitCut(index: number): Cut | undefined {
    return cutByNumber[this.#units[index * stride + 3] as number];
  }

  /** Whether the unit is a `cut` message, which has no lines. */
  unitIsCut(index: number): boolean {
    return this.unitFrom(index) === this.unitTo(index);
  }

  unitFirstTime(index: number): number {
    return this.#units[index * stride + 4] as number;
  }

  unitLastTime(index: number): number {
    return this.#units[index * stride + 5] as number;
  }

  /**
   * The unit with which a reader at `next` goes on, or -1: it is not here. `open`: the reader has lines of a block whose
   * end it was not told yet; only then it wants a cut message that lies at `next`.
   */
  indexAt(next: number, open: boolean): number {
    if (this.#count === 0 || next < this.from || next > this.to) return -1;
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.unitTo(middle) < next || (this.unitTo(middle) === next && !(open && this.unitIsCut(middle))))
        low = middle + 1;
      else high = middle;
    }
    // A reader that is open at the first line must have that cut before the line.
    if (low === 0 && open && this.#behindCut && this.from === next && !this.unitIsCut(0)) return -1;
    return low === this.#count ? -1 : low;
  }

  /** The first unit from `index` on that tells a cut, or `count`. */
  cutFrom(index: number): number {
    if (this.unitCut(index) !== undefined) return index;
    let low = 0;
    let high = this.#cuts;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#cutUnits[middle] as number) < index) low = middle + 1;
      else high = middle;
    }
    return low < this.#cuts ? (this.#cutUnits[low] as number) : this.#count;
  }

  /** The end of the run of units from `index` on that have at most so many bytes and end by `until`; one it always has. */
  runEnd(index: number, bytes: number, until: number): number {
    const limit = this.unitStart(index) + bytes;
    let low = index + 1;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.unitEnd(middle) <= limit && this.unitTo(middle) <= until) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The bytes of units [first, last], one view. Readers of the same run get the same view. */
  slice(first: number, last: number): Buffer {
    const start = this.unitStart(first);
    const end = this.unitEnd(last);
    if (this.#sliced === undefined || this.#sliced.start !== start || this.#sliced.end !== end)
      this.#sliced = { start, end, bytes: this.#bytes.subarray(start, end) };
    return this.#sliced.bytes;
  }

  /** The page's memory: the next unit is written from `length` on, at most `room` bytes, and then `end`ed. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  get length(): number {
    return this.#length;
  }

  /** Ends the unit whose bytes were written up to `length`. */
  end(length: number, from: number, to: number, cut: Cut | undefined, firstTime: number, lastTime: number): void {
    assert(length <= this.#bytes.length, 'the unit has room in the page');
    this.#length = length;
    const slot = this.#count * stride;
    if (slot === this.#units.length) this.#growUnits();
    this.#units[slot] = from;
    this.#units[slot + 1] = to;
    this.#units[slot + 2] = this.#length;
    this.#units[slot + 3] = cutByNumber.indexOf(cut);
    this.#units[slot + 4] = firstTime;
    this.#units[slot + 5] = lastTime;
    if (cut !== undefined) this.#cutUnits[this.#cuts++] = this.#count;
    this.#count++;
  }

  #growUnits(): void {
    const before = this.memoryBytes;
    const units = new Float64Array(this.#units.length * 2);
    units.set(this.#units);
    this.#units = units;
    const cutUnits = new Uint32Array(this.#cutUnits.length * 2);
    cutUnits.set(this.#cutUnits);
    this.#cutUnits = cutUnits;
    this.#grew(this, this.memoryBytes - before);
  }
}
