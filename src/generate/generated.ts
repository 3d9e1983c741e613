// A generated feed: nothing is stored, every line is made from its offset when somebody reads it, and time alone moves the
// tail. So any number of servers offer the same feed without knowing each other, and a restart is not noticed.
import { crc32 } from 'node:zlib';
import { assert } from '../base/assert.ts';
import { type Clock, systemClock, type Timer } from '../base/clock.ts';
import { Chunk } from '../feed/chunk.ts';
import type { Feed } from '../feed/feed.ts';
import { feedLimits } from '../feed/limits.ts';
import { sliceOf } from '../feed/lines.ts';
import { messageLine } from '../protocol/message.ts';
import { anchorEveryOf } from './anchors.ts';
import { generateLimits } from './limits.ts';
import type { Specification } from './specification.ts';

const chunkBytes = 65_536;
const chunkMessagesMax = 512;
/** About as many as a turn forgets. */
const spentChunksMax = 16;

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
  readonly #chunkMessages: number;
  /** Chunks by their number, the one used last at the end. */
  readonly #chunks: Map<number, Chunk> = new Map();
  readonly #chunksMax: number;
  /** Chunks whose memory the next ones take, so that reading fast makes no garbage: that holds the event loop when it is collected. */
  readonly #spent: Chunk[] = [];
  /** Forgotten in this turn, in which somebody may still use them. */
  #forgotten: Chunk[] = [];
  readonly #ends: Uint32Array = new Uint32Array(chunkMessagesMax);
  readonly #times: Float64Array = new Float64Array(chunkMessagesMax);
  #timer: Timer | undefined;
  #nowMicros: number = Number.NEGATIVE_INFINITY;

  constructor(name: string, source: Specification, clock: Clock = systemClock) {
    this.name = name;
    this.epoch = source.epoch;
    this.specification = source.canonical;
    this.paced = source.schedule.paced;
    this.anchorEvery = anchorEveryOf(source.generator.maxLineBytes);
    this.#source = source;
    this.#clock = clock;
    const fitting = Math.max(1, Math.floor(chunkBytes / source.generator.maxLineBytes));
    this.#chunkMessages = Math.min(chunkMessagesMax, 2 ** Math.floor(Math.log2(fitting)));
    this.#chunksMax = Math.max(2, Math.floor(generateLimits.feedCacheBytes.default / chunkBytes));
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

  read(from: number): Chunk {
    const tail = this.tail();
    assert(from >= 0 && from < tail, 'a generated feed is read below its tail');
    const number = Math.floor(from / this.#chunkMessages);
    let chunk = this.#chunks.get(number);
    // A chunk that begins behind `from`, or has not come near it, is made anew from there: nobody waits for lines that
    // nobody asked for.
    if (chunk === undefined || chunk.from > from || from - chunk.to > this.#chunkMessages / 8) {
      if (chunk !== undefined) this.#forget(chunk);
      chunk = new Chunk(from, this.#spent.pop());
    }
    this.#chunks.delete(number);
    this.#chunks.set(number, chunk);
    if (this.#chunks.size > this.#chunksMax) {
      const oldest = this.#chunks.keys().next().value as number;
      this.#forget(this.#chunks.get(oldest) as Chunk);
      this.#chunks.delete(oldest);
    }
    if (chunk.to <= from) this.#fill(chunk, from, Math.min(tail, (number + 1) * this.#chunkMessages));
    return chunk;
  }

  offsetAt(timeMicros: number): number {
    return this.#source.schedule.firstAt(timeMicros);
  }

  checksumAt(offset: number): number | undefined {
    return offset < 0 || offset >= this.tail() ? undefined : crc32(sliceOf(this.read(offset), offset, offset + 1));
  }

  watch(moved: () => void): () => void {
    this.#watchers.add(moved);
    this.#arm();
    return () => {
      this.#watchers.delete(moved);
      if (this.#watchers.size > 0) return;
      this.#timer?.cancel();
      this.#timer = undefined;
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
    this.#timer = this.#clock.after(Math.max(1, Math.ceil(waitMs)), () => {
      this.#timer = undefined;
      this.#arm();
      // The machine's clock may have gone back, or the wait was longer than a timer can be: then nothing has moved.
      if (this.tail() > tail) for (const moved of this.#watchers) moved();
    });
  }

  /** Its memory is used again from the next turn on. */
  #forget(chunk: Chunk): void {
    if (this.#spent.length + this.#forgotten.length >= spentChunksMax) return;
    this.#forgotten.push(chunk);
    if (this.#forgotten.length > 1) return;
    setImmediate(() => {
      this.#spent.push(...this.#forgotten);
      this.#forgotten = [];
    });
  }

  /** Makes lines up to `to`, at least past `from`, and stops once a turn's time is over. */
  #fill(chunk: Chunk, from: number, to: number): void {
    const { generator, schedule } = this.#source;
    const until = performance.now() + feedLimits.turnMs.default;
    let text = '';
    let count = 0;
    for (let offset = chunk.to; offset < to; offset++) {
      const timeMicros = schedule.dueMicros(offset);
      text += messageLine(offset, timeMicros, generator.data(offset, timeMicros));
      this.#ends[count] = text.length;
      this.#times[count++] = timeMicros;
      if (offset >= from && (offset & 15) === 15 && performance.now() > until) break;
    }
    chunk.append(text, count, this.#ends, this.#times);
  }
}
