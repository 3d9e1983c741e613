// A generated feed: nothing is stored, every line is made from its offset when somebody reads it, and time alone moves the
// tail. So any number of servers offer the same feed without knowing each other, and a restart is not noticed.
import { assert } from '../base/assert.ts';
import { type Clock, systemClock, type Timer } from '../base/clock.ts';
import type { Chunk } from '../feed/chunk.ts';
import { ChunkMemory, type ChunkShare, type HeldChunk } from '../feed/chunkMemory.ts';
import type { Feed } from '../feed/feed.ts';
import { feedLimits } from '../feed/limits.ts';
import { lineHead, lineTail, messageLine } from '../protocol/message.ts';
import { anchorEveryOf } from './anchors.ts';
import { costs } from './kinds/costs.ts';
import type { Specification } from './specification.ts';

const chunkBytes = 65_536;
const chunkMessagesMax = 512;
/** Messages that cost more are made in pieces, if their kind can, each in a chunk of its own. The others are made in one go. */
const wholeMicros = 2 * costs.piece;

/** A feed made from its specification, moved by a clock. */
export class GeneratedFeed implements Feed {
  readonly name: string;
  readonly epoch: string;
  readonly specification: string;
  readonly paced: boolean;
  readonly anchorEvery: number;
  readonly #source: Specification;
  readonly #clock: Clock;
  readonly #watchers: Set<() => void> = new Set();
  readonly #inPieces: boolean;
  readonly #chunkMessages: number;
  /** So many messages are made between two looks at the time. */
  readonly #runMessages: number;
  readonly #share: ChunkShare;
  /** Chunks by their number. */
  readonly #chunks: Map<number, HeldChunk> = new Map();
  /** What is still to be written of the lines that were begun. */
  readonly #rests: Map<HeldChunk, Iterator<string, void>> = new Map();
  readonly #ends: Uint32Array = new Uint32Array(chunkMessagesMax);
  readonly #times: Float64Array = new Float64Array(chunkMessagesMax);
  #timer: Timer | undefined;
  #nowMicros: number = Number.NEGATIVE_INFINITY;

  /** `memory` is shared with the other feeds of a server; by itself a feed has enough of its own. */
  constructor(
    name: string,
    source: Specification,
    clock: Clock = systemClock,
    memory: ChunkMemory = new ChunkMemory(2 * feedLimits.feedMadeBytes.default, () => clock.monotonicMs()),
  ) {
    this.name = name;
    this.epoch = source.epoch;
    this.specification = source.canonical;
    this.paced = source.schedule.paced;
    this.#source = source;
    this.#clock = clock;
    const { generator, messageMicros } = source;
    const { maxLineBytes } = generator;
    this.anchorEvery = anchorEveryOf(maxLineBytes, messageMicros);
    this.#inPieces = generator.pieces !== undefined && messageMicros > wholeMicros;
    const turnMicros = feedLimits.turnMs.default * 1_000;
    const fitting = Math.max(1, Math.min(chunkBytes / maxLineBytes, turnMicros / messageMicros));
    this.#chunkMessages = this.#inPieces ? 1 : Math.min(chunkMessagesMax, 2 ** Math.floor(Math.log2(fitting)));
    this.#runMessages = Math.max(1, Math.min(16, Math.floor(costs.piece / messageMicros)));
    this.#share = memory.share(this.#chunkMessages, this.#chunkMessages * maxLineBytes, (held) => this.#forget(held));
  }

  earliest(): number {
    return 0;
  }

  tail(): number {
    const { schedule } = this.#source;
    return this.paced ? schedule.tailAt(this.#advance()) : schedule.end;
  }

  watermarkMicros(): number {
    return this.paced ? this.#advance() : Number.POSITIVE_INFINITY;
  }

  read(from: number, untilMs: number): Chunk | undefined {
    const tail = this.tail();
    assert(from >= 0 && from < tail, 'a generated feed is read below its tail');
    const held = this.#chunkFor(from);
    if (held === undefined) return undefined;
    const { chunk } = held;
    if (chunk.to <= from) {
      if (this.#inPieces) this.#goOn(held, untilMs);
      else this.#fill(chunk, from, Math.min(tail, from - (from % this.#chunkMessages) + this.#chunkMessages), untilMs);
    }
    return chunk.to > from ? chunk : undefined;
  }

  offsetAt(timeMicros: number): number {
    return this.#source.schedule.firstAt(timeMicros);
  }

  /** Nothing is ever removed. */
  removedChecksum(): undefined {
    return undefined;
  }

  watch(moved: () => void): () => void {
    this.#watchers.add(moved);
    this.#arm();
    return () => {
      if (!this.#watchers.delete(moved) || this.#watchers.size > 0) return;
      this.#timer?.cancel();
      this.#timer = undefined;
      // Lines that were given out are there until the turn is over.
      setImmediate(() => {
        if (this.#watchers.size === 0) this.#share.release();
      });
    };
  }

  // The feed's own clock: the machine's, but never back.
  #advance(): number {
    this.#nowMicros = Math.max(this.#nowMicros, this.#clock.nowMicros());
    return this.#nowMicros;
  }

  #arm(): void {
    if (!this.paced || this.#timer !== undefined || this.#watchers.size === 0) return;
    const tail = this.tail();
    const waitMs = (this.#source.schedule.dueMicros(tail) - this.#nowMicros) / 1_000;
    // A timer comes up to a millisecond early or late: to the nearest, and once more where it was early, is soonest.
    const lookMs = Math.min(Math.max(1, Math.round(waitMs)), feedLimits.wallLookMs.default);
    this.#timer = this.#clock.after(lookMs, () => {
      this.#timer = undefined;
      this.#arm();
      // The machine's clock may have gone back, or the wait is longer than until the next look: then nothing has moved.
      if (this.tail() > tail) for (const moved of this.#watchers) moved();
    });
  }

  /** The chunk that has, or gets, the line at `from`. Undefined: there is no memory for it in this turn. */
  #chunkFor(from: number): HeldChunk | undefined {
    const number = Math.floor(from / this.#chunkMessages);
    const known = this.#chunks.get(number);
    // A chunk that begins behind `from`, or has not come near it, is made anew from there. Nobody should wait for lines that
    // nobody asked for.
    if (known !== undefined && known.chunk.from <= from && from - known.chunk.to <= this.#chunkMessages / 8) {
      this.#share.use(known);
      return known;
    }
    const held = this.#share.take(from, this.#inPieces);
    if (held !== undefined) this.#chunks.set(number, held);
    return held;
  }

  #forget(held: HeldChunk): void {
    const number = Math.floor(held.chunk.from / this.#chunkMessages);
    if (this.#chunks.get(number) === held) this.#chunks.delete(number);
    this.#rests.delete(held);
  }

  /** Makes lines up to `to`, at least past `from`, and stops when the time is over. */
  #fill(chunk: Chunk, from: number, to: number, untilMs: number): void {
    const { generator, schedule } = this.#source;
    let text = '';
    let count = 0;
    for (let offset = chunk.to; offset < to; offset++) {
      const timeMicros = schedule.dueMicros(offset);
      text += messageLine(offset, timeMicros, generator.data(offset, timeMicros));
      this.#ends[count] = text.length;
      this.#times[count++] = timeMicros;
      if (offset >= from && count % this.#runMessages === 0 && performance.now() > untilMs) break;
    }
    chunk.append(text, count, this.#ends, this.#times);
  }

  /** Makes the chunk's one line, or a piece of it, and stops when the time is over. */
  #goOn(held: HeldChunk, untilMs: number): void {
    const { chunk } = held;
    let rest = this.#rests.get(held);
    if (rest === undefined) {
      rest = this.#lineInPieces(chunk.from);
      this.#rests.set(held, rest);
    }
    do {
      const { done, value } = rest.next();
      if (done === true) {
        chunk.endLine(this.#source.schedule.dueMicros(chunk.from));
        this.#rests.delete(held);
        this.#share.ended(held);
        return;
      }
      chunk.write(value);
    } while (performance.now() < untilMs);
  }

  *#lineInPieces(offset: number): Generator<string, void> {
    const { generator, schedule } = this.#source;
    const timeMicros = schedule.dueMicros(offset);
    yield lineHead(offset, timeMicros);
    assert(generator.pieces !== undefined, 'its kind makes messages in pieces');
    yield* generator.pieces(offset, timeMicros);
    yield lineTail;
  }
}
