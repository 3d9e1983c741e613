// A feed that somebody appends to, kept in memory: for tests, for trying things, and for data that may be lost with the
// process. What it lacks is durability alone; retention, epochs and times are those of any published feed.
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type Clock, systemClock } from '../../base/clock.ts';
import { BlockfeedError } from '../../protocol/errors.ts';
import { maxLineBytes, messageLine } from '../../protocol/message.ts';
import { Chunk } from '../chunk.ts';
import type { Feed } from '../feed.ts';
import { sliceOf } from '../lines.ts';

export interface MemoryFeedOptions {
  /** Identity of this incarnation, 32 hex digits. @default drawn at random: memory does not outlive the process */
  readonly epoch?: string;
  readonly clock?: Clock;
}

const chunkMessages = 512;
const chunkBytes = 65_536;

/** An append-only feed in memory. */
export class MemoryFeed implements Feed {
  readonly name: string;
  readonly epoch: string;
  readonly specification: undefined = undefined;
  readonly paced = true;
  readonly #clock: Clock;
  readonly #watchers: Set<() => void> = new Set();
  #chunks: Chunk[] = [];
  #earliest = 0;
  #tail = 0;
  #watermarkMicros: number = Number.NEGATIVE_INFINITY;
  #lastRemoved: number | undefined;

  constructor(name: string, options: MemoryFeedOptions = {}) {
    this.name = name;
    this.epoch = options.epoch ?? randomBytes(16).toString('hex');
    this.#clock = options.clock ?? systemClock;
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

  /**
   * Appends one message; `data` is any JSON value. Its time is the clock's, or the time of the watermark where the
   * clock went back. Returns its offset. Throws `bad-option` for what is no JSON or makes a line of over 1,000,000 bytes.
   */
  append(data: unknown): number {
    const text = JSON.stringify(data);
    if (text === undefined) throw refused('it is not a JSON value');
    const timeMicros = this.watermarkMicros();
    const line = messageLine(this.#tail, timeMicros, text);
    if (Buffer.byteLength(line) > maxLineBytes) throw refused(`its line has more than ${maxLineBytes} bytes`);
    this.#lastChunk().append(line, 1, [line.length], [timeMicros]);
    const offset = this.#tail++;
    for (const moved of this.#watchers) moved();
    return offset;
  }

  /** Retention: forgets every message before `offset`, at most up to the tail. */
  forget(offset: number): void {
    const to = Math.min(offset, this.#tail);
    if (to <= this.#earliest) return;
    const last = this.#chunkOf(to - 1);
    this.#lastRemoved = last === undefined ? undefined : crc32(sliceOf(last, to - 1, to));
    this.#earliest = to;
    this.#chunks = this.#chunks.filter((chunk) => chunk.to > to || chunk.to === this.#tail);
  }

  read(from: number): Chunk {
    const chunk = this.#chunkOf(from);
    if (chunk === undefined)
      throw new BlockfeedError('storage', `feed ${this.name} has no message ${from}`, {
        hint: 'Read from earliest() on.',
      });
    return chunk;
  }

  offsetAt(timeMicros: number): number {
    for (const chunk of this.#chunks)
      for (let offset = Math.max(chunk.from, this.#earliest); offset < chunk.to; offset++)
        if (chunk.timeOf(offset) >= timeMicros) return offset;
    return this.#tail;
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

  #lastChunk(): Chunk {
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.count < chunkMessages && last.length < chunkBytes) return last;
    const chunk = new Chunk(this.#tail);
    this.#chunks.push(chunk);
    return chunk;
  }
}

function refused(why: string): BlockfeedError {
  return new BlockfeedError('bad-option', `the message cannot be appended: ${why}`, {
    hint: 'Give a JSON value whose line is short enough; nothing was appended.',
  });
}
