// Feeds that behave as a log on a disk or far away may: they answer later, or fail.

import { Chunk } from '../../src/feed/chunk.ts';
import type { Feed } from '../../src/feed/feed.ts';
import type { Lines } from '../../src/feed/lines.ts';

/** A feed whose answers come some turns after they were asked for. */
export class LaterFeed implements Feed {
  readonly #feed: Feed;
  /** Rejects every read with this, while it is set. */
  failure: Error | undefined;
  /** Throws this where it is asked for its tail, while it is set. */
  tailFailure: Error | undefined;
  /** Reads wait for `release` while it is held. */
  held = false;
  #waiting: (() => void)[] = [];
  /** How many watch it. */
  watchers = 0;

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  get name(): string {
    return this.#feed.name;
  }

  get epoch(): string {
    return this.#feed.epoch;
  }

  get specification(): string | undefined {
    return this.#feed.specification;
  }

  get paced(): boolean {
    return this.#feed.paced;
  }

  get anchorEvery(): number {
    return this.#feed.anchorEvery;
  }

  /** How many reads wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  earliest(): number {
    return this.#feed.earliest();
  }

  tail(): number {
    if (this.tailFailure !== undefined) throw this.tailFailure;
    return this.#feed.tail();
  }

  watermarkMicros(): number {
    return this.#feed.watermarkMicros();
  }

  async read(from: number, untilMs: number): Promise<Lines> {
    await this.#later();
    if (this.failure !== undefined) throw this.failure;
    if (from < this.#feed.earliest()) throw new Error(`${from} was forgotten while it was being read`);
    const lines = await this.#feed.read(from, untilMs);
    if (lines === undefined) throw new Error('this feed has its lines at once');
    return lines;
  }

  async offsetAt(timeMicros: number): Promise<number> {
    await this.#later();
    return await this.#feed.offsetAt(timeMicros);
  }

  async removedChecksum(offset: number): Promise<number | undefined> {
    await this.#later();
    return await this.#feed.removedChecksum(offset);
  }

  watch(moved: () => void): () => void {
    this.watchers++;
    const stop = this.#feed.watch(moved);
    return () => {
      this.watchers--;
      stop();
    };
  }

  /** Lets the reads that wait go on. */
  release(): void {
    this.held = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  async #later(): Promise<void> {
    if (this.held) await new Promise<void>((go) => this.#waiting.push(go));
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  }
}

/** A feed without end that answers a turn later, with one line, whose data has so many bytes. */
export class LineByLineFeed implements Feed {
  readonly name = 'lines';
  readonly epoch = '0'.repeat(32);
  readonly specification = undefined;
  readonly paced = false;
  readonly anchorEvery: number;
  readonly #data: string;
  /** How often it was read. */
  reads = 0;

  constructor(dataBytes: number, anchorEvery: number) {
    this.#data = 'x'.repeat(dataBytes);
    this.anchorEvery = anchorEvery;
  }

  earliest(): number {
    return 0;
  }

  tail(): number {
    return 1_000_000;
  }

  watermarkMicros(): number {
    return 1_000_000;
  }

  async read(from: number): Promise<Lines> {
    this.reads++;
    await new Promise(setImmediate);
    const line = `{"offset":${from},"time":${from},"data":"${this.#data}"}\n`;
    const chunk = new Chunk(from);
    chunk.append(line, 1, [line.length], [from]);
    return chunk;
  }

  offsetAt(timeMicros: number): number {
    return timeMicros;
  }

  removedChecksum(): undefined {
    return undefined;
  }

  watch(): () => void {
    return () => undefined;
  }
}
