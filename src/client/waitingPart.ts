// A part that waits to be taken. In message delivery every message is a frame, and thousands come in one piece of the network:
// waiting each by itself they cost more than all else that is done with them. So those that came at the same time wait as one.
import type { Part } from './part.ts';

/** How much memory lines are joined in, in bytes: what a socket reads at once. A part of several lines is no larger. */
const slabBytes = 65_536;

/** Where lines are joined, those of one part behind those of the part before. What was written stays as it is. */
export class Slab {
  bytes: Uint8Array = new Uint8Array(0);
  used = 0;

  /** Whether so many more bytes fit behind those written last. */
  hasRoom(bytes: number): boolean {
    return this.used + bytes <= this.bytes.length;
  }

  write(lines: Uint8Array): void {
    this.bytes.set(lines, this.used);
    this.used += lines.length;
  }

  renew(): void {
    this.bytes = new Uint8Array(slabBytes);
    this.used = 0;
  }
}

export class WaitingPart {
  readonly #first: Part;
  #to: number;
  #cut: Part['cut'];
  #lastTime: number | undefined;
  /** The memory its lines were copied to, once they are those of several parts. */
  #joined: Uint8Array | undefined;
  #start = 0;
  #end = 0;

  constructor(part: Part) {
    this.#first = part;
    this.#to = part.to;
    this.#cut = part.cut;
    this.#lastTime = part.lastTime;
  }

  /**
   * Makes `next` a part of it, where the two came at the same time and belong to one block, so that nothing is forgotten: not
   * when they came, nor where a block ends. Returns whether it did. To be called on what was made last on this slab only.
   */
  join(next: Part, slab: Slab): boolean {
    if (this.#cut !== undefined || next.receivedMicros !== this.#first.receivedMicros) return false;
    if (next.lines.length > 0 && !this.#copy(next.lines, slab)) return false;
    this.#to = next.to;
    this.#cut = next.cut;
    this.#lastTime = next.lastTime ?? this.#lastTime;
    return true;
  }

  /** All of it, for whoever takes it: nothing is joined to it any more. */
  whole(): Part {
    const lines = this.#joined?.subarray(this.#start, this.#end) ?? this.#first.lines;
    return { ...this.#first, lines, to: this.#to, cut: this.#cut, lastTime: this.#lastTime };
  }

  #copy(lines: Uint8Array, slab: Slab): boolean {
    if (this.#joined === undefined) {
      const before = this.#first.lines;
      if (before.length + lines.length > slabBytes) return false;
      if (!slab.hasRoom(before.length + lines.length)) slab.renew();
      this.#joined = slab.bytes;
      this.#start = slab.used;
      slab.write(before);
    } else if (!slab.hasRoom(lines.length)) return false;
    slab.write(lines);
    this.#end = slab.used;
    return true;
  }
}
