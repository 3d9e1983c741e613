// The memory of lines that are made when somebody reads them, and can be made again. What one feed holds of it is bounded, and what all
// feeds of a server hold together. What is counted is what is held, also by lines that are not whole yet.
import { Chunk } from './chunk.ts';
import { feedLimits } from './limits.ts';

/** A chunk and who has it. Its memory is reserved when it is taken, and never grows. */
export class HeldChunk {
  readonly chunk: Chunk;
  readonly share: ChunkShare;
  readonly bytes: number;
  /** Lines of it are made in pieces, and not all that was begun is whole. */
  isBegun: boolean;
  /** The turn in which somebody was given its lines, or wrote them. */
  turn = -1;
  /** When that was. */
  usedMs = 0;

  constructor(chunk: Chunk, share: ChunkShare, isBegun: boolean) {
    this.chunk = chunk;
    this.share = share;
    this.bytes = chunk.capacity;
    this.isBegun = isBegun;
  }
}

/** What all feeds of one server share. */
export class ChunkMemory {
  readonly #maxBytes: number;
  readonly #nowMs: () => number;
  /** The one used last at the end. */
  readonly #held: Set<HeldChunk> = new Set();
  #bytes = 0;
  #begunBytes = 0;
  #turn = 0;
  #turnEnds = false;

  /** `nowMs` is a time that only goes on. */
  constructor(maxBytes: number, nowMs: () => number) {
    this.#maxBytes = maxBytes;
    this.#nowMs = nowMs;
  }

  /** Bytes of all chunks. */
  get bytes(): number {
    return this.#bytes;
  }

  /** For one feed, whose chunks have room for so many lines of so many bytes together. `forgotten` hears which it has no more. */
  share(messages: number, lineBytes: number, forgotten: (held: HeldChunk) => void): ChunkShare {
    return new ChunkShare(this, messages, lineBytes, forgotten);
  }

  // What follows is for the shares.

  /** Makes room for `bytes` more, of which half at most is for lines made in pieces. False: not in this turn. */
  makeRoom(bytes: number, inPieces: boolean): boolean {
    while (inPieces && this.#begunBytes + bytes > this.#maxBytes / 2)
      if (this.drop(this.#held, true) === undefined) return false;
    while (this.#bytes + bytes > this.#maxBytes) if (this.drop(this.#held, false) === undefined) return false;
    return true;
  }

  /** Forgets the one of these used least recently that nobody uses, if there is one. */
  drop(from: Iterable<HeldChunk>, onlyBegun: boolean): HeldChunk | undefined {
    for (const held of from) {
      if ((onlyBegun && !held.isBegun) || !this.#isFree(held)) continue;
      this.remove(held);
      held.share.removed(held);
      return held;
    }
    return undefined;
  }

  add(held: HeldChunk): void {
    this.#bytes += held.bytes;
    if (held.isBegun) this.#begunBytes += held.bytes;
    this.use(held);
  }

  use(held: HeldChunk): void {
    held.turn = this.#turn;
    held.usedMs = this.#nowMs();
    this.#held.delete(held);
    this.#held.add(held);
    if (this.#turnEnds) return;
    this.#turnEnds = true;
    setImmediate(() => {
      this.#turnEnds = false;
      this.#turn++;
    });
  }

  ended(held: HeldChunk): void {
    if (held.isBegun) this.#begunBytes -= held.bytes;
    held.isBegun = false;
  }

  remove(held: HeldChunk): void {
    if (!this.#held.delete(held)) return;
    this.#bytes -= held.bytes;
    this.ended(held);
  }

  #isFree(held: HeldChunk): boolean {
    if (held.turn === this.#turn) return false;
    return !held.isBegun || this.#nowMs() - held.usedMs > feedLimits.abandonedMs.default;
  }
}

/** What one feed has of the memory. */
export class ChunkShare {
  readonly #memory: ChunkMemory;
  readonly #messages: number;
  readonly #lineBytes: number;
  readonly #chunkBytes: number;
  readonly #forgotten: (held: HeldChunk) => void;
  /** The one used last at the end. */
  readonly #held: Set<HeldChunk> = new Set();
  #bytes = 0;

  constructor(memory: ChunkMemory, messages: number, lineBytes: number, forgotten: (held: HeldChunk) => void) {
    this.#memory = memory;
    this.#messages = messages;
    this.#lineBytes = lineBytes;
    this.#chunkBytes = lineBytes + messages * Chunk.bytesBesideLine;
    this.#forgotten = forgotten;
  }

  /** A chunk for lines from `from` on. Undefined: all memory there may be is in use at present. */
  take(from: number, inPieces: boolean): HeldChunk | undefined {
    let spent: Chunk | undefined;
    while (this.#bytes + this.#chunkBytes > feedLimits.feedMadeBytes.default) {
      const dropped = this.#memory.drop(this.#held, false);
      if (dropped === undefined) return undefined;
      spent = dropped.chunk;
    }
    if (!this.#memory.makeRoom(this.#chunkBytes, inPieces)) return undefined;
    const chunk = new Chunk(from, spent);
    chunk.reserve(this.#messages, this.#lineBytes);
    const held = new HeldChunk(chunk, this, inPieces);
    this.#bytes += held.bytes;
    this.#held.add(held);
    this.#memory.add(held);
    return held;
  }

  /** It is asked for, or written to: it stays until the turn is over. */
  use(held: HeldChunk): void {
    this.#held.delete(held);
    this.#held.add(held);
    this.#memory.use(held);
  }

  /** All lines of it that were begun are whole. */
  ended(held: HeldChunk): void {
    this.#memory.ended(held);
  }

  /** Gives everything back: nobody reads the feed. */
  release(): void {
    for (const held of this.#held) {
      this.#memory.remove(held);
      this.removed(held);
    }
  }

  /** For the memory, which needed it. */
  removed(held: HeldChunk): void {
    this.#held.delete(held);
    this.#bytes -= held.bytes;
    this.#forgotten(held);
  }
}
