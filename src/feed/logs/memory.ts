// A feed that somebody appends to, kept in memory: for tests, for trying things, and for data that may be lost with the
// process. What it lacks is durability alone; retention, epochs and times are those of any published feed.
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type Clock, systemClock } from '../../base/clock.ts';
import { anchorBefore } from '../../protocol/cut.ts';
import { BlockfeedError } from '../../protocol/errors.ts';
import { wholeWithin } from '../../protocol/limit.ts';
import { limits } from '../../protocol/limits.ts';
import { maxLineBytes, messageLine } from '../../protocol/message.ts';
import { Chunk } from '../chunk.ts';
import type { Feed } from '../feed.ts';
import { jsonOf } from '../json.ts';
import { feedLimits } from '../limits.ts';
import { sliceOf } from '../lines.ts';

export interface MemoryFeedOptions {
  /** Identity of this incarnation, 32 hex digits. @default drawn at random: memory does not outlive the process */
  readonly epoch?: string;
  readonly clock?: Clock;
  /**
   * How many messages lie between two anchors: a power of two. Blocks by bytes, and frames, end at each, and messages are
   * forgotten in whole runs of so many. Take a small one where messages are large. @default 4_096
   */
  readonly anchorEvery?: number;
  /** How much memory its messages may take; Infinity: as much as there is. @default 268_435_456 */
  readonly maxBytes?: number;
}

const chunkMessages = 512;
const chunkBytes = 65_536;

/** An append-only feed in memory. */
export class MemoryFeed implements Feed {
  readonly name: string;
  readonly epoch: string;
  readonly specification: undefined = undefined;
  readonly paced = true;
  readonly anchorEvery: number;
  readonly #maxBytes: number;
  readonly #clock: Clock;
  readonly #watchers: Set<() => void> = new Set();
  #chunks: Chunk[] = [];
  #heldBytes = 0;
  #earliest = 0;
  #tail = 0;
  #watermarkMicros: number = Number.NEGATIVE_INFINITY;
  #lastRemoved: number | undefined;

  /** Throws `bad-option` for an option out of its range. */
  constructor(name: string, options: MemoryFeedOptions = {}) {
    this.name = name;
    this.epoch = options.epoch ?? randomBytes(16).toString('hex');
    this.#clock = options.clock ?? systemClock;
    this.anchorEvery = anchorEveryWithin(options.anchorEvery);
    this.#maxBytes = wholeWithin('maxBytes', options.maxBytes, feedLimits.memoryFeedBytes);
  }

  earliest(): number {
    return this.#earliest;
  }

  tail(): number {
    return this.#tail;
  }

  watermarkMicros(): number {
    this.#watermarkMicros = Math.max(this.#watermarkMicros, this.#clock.nowMicros());
    return this.#watermarkMicros;
  }

  /** How much memory its messages take; at most `maxBytes`. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Appends one message; `data` is any JSON value. Its time is the clock's, or the time of the watermark where the
   * clock went back. Returns its offset. Where its memory is full the oldest messages are forgotten. Throws `bad-option` for
   * what JSON cannot hold, for a line of over 1,000,000 bytes, and where the messages since the last anchor fill the memory.
   */
  append(data: unknown): number {
    const text = jsonOf(data);
    const timeMicros = this.watermarkMicros();
    const line = messageLine(this.#tail, timeMicros, text);
    const lineBytes = Buffer.byteLength(line);
    if (lineBytes > maxLineBytes) throw refused(`its line has more than ${maxLineBytes} bytes`, 'Give a shorter one');
    const chunk = this.#chunkFor(lineBytes);
    const before = chunk.capacity;
    chunk.append(line, 1, [line.length], [timeMicros]);
    this.#heldBytes += chunk.capacity - before;
    const offset = this.#tail++;
    for (const moved of this.#watchers) moved();
    return offset;
  }

  /** Retention: forgets the messages before `offset`, up to the last anchor before it. */
  forget(offset: number): void {
    const to = anchorBefore(Math.min(offset, this.#tail), this.anchorEvery);
    if (to <= this.#earliest) return;
    const last = this.#chunkOf(to - 1);
    this.#lastRemoved = last === undefined ? undefined : crc32(sliceOf(last, to - 1, to));
    this.#earliest = to;
    const kept = this.#chunks.findIndex((chunk) => chunk.to > to);
    for (const chunk of this.#chunks.splice(0, kept < 0 ? this.#chunks.length : kept))
      this.#heldBytes -= chunk.capacity;
  }

  read(from: number): Chunk {
    const chunk = from < this.#earliest ? undefined : this.#chunkOf(from);
    if (chunk === undefined)
      throw new BlockfeedError('storage', `feed ${this.name} has no message ${from}`, {
        hint: 'Read from earliest() on.',
      });
    return chunk;
  }

  offsetAt(timeMicros: number): number {
    let low = this.#earliest;
    let high = this.#tail;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.read(middle).timeOf(middle) < timeMicros) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  removedChecksum(offset: number): number | undefined {
    return offset === this.#earliest - 1 ? this.#lastRemoved : undefined;
  }

  watch(moved: () => void): () => void {
    this.#watchers.add(moved);
    return () => this.#watchers.delete(moved);
  }

  #chunkOf(offset: number): Chunk | undefined {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#chunks[middle] as Chunk).to <= offset) low = middle + 1;
      else high = middle;
    }
    const chunk = this.#chunks[low];
    return chunk !== undefined && chunk.from <= offset ? chunk : undefined;
  }

  /** The chunk to which the next line goes; its memory is there, if need be since older messages were forgotten. */
  #chunkFor(lineBytes: number): Chunk {
    const last = this.#chunks.at(-1);
    const goesOn = last !== undefined && last.count < chunkMessages && last.length + lineBytes <= chunkBytes;
    const chunk = goesOn ? last : new Chunk(this.#tail);
    const more = chunk.capacityWith(1, lineBytes) - chunk.capacity;
    while (this.#heldBytes + more > this.#maxBytes) {
      const [oldest] = this.#chunks;
      const anchor = oldest === undefined ? this.#tail : anchorFrom(oldest.to, this.anchorEvery);
      if (oldest === undefined || anchor > this.#tail)
        throw refused(
          `the memory of ${this.#maxBytes} bytes is full, and no anchor has come since`,
          `Make the feed with a smaller anchorEvery than ${this.anchorEvery}, or more maxBytes`,
        );
      this.forget(anchor);
      // The last chunk may be gone with them.
      if (this.#chunks.length === 0) return this.#chunkFor(lineBytes);
    }
    if (!goesOn) this.#chunks.push(chunk);
    return chunk;
  }
}

/** The first anchor at or behind `offset`. */
function anchorFrom(offset: number, anchorEvery: number): number {
  return anchorBefore(offset + anchorEvery - 1, anchorEvery);
}

function anchorEveryWithin(stated: number | undefined): number {
  const every = wholeWithin('anchorEvery', stated, limits.anchorEvery);
  if (Number.isInteger(Math.log2(every))) return every;
  throw new BlockfeedError('bad-option', `anchorEvery is ${every}`, {
    hint: `Give a power of two from ${limits.anchorEvery.min} to ${limits.anchorEvery.max}.`,
    about: 'anchorEvery',
  });
}

function refused(why: string, hint: string): BlockfeedError {
  return new BlockfeedError('bad-option', `the message cannot be appended: ${why}`, {
    hint: `${hint}; nothing was appended.`,
  });
}
