// Counts the blocks of one client of a study, how long each took, and how old its messages were. Pure: the times are
// passed in. A message is measured from the time it was due, also where client, server or network was not ready for it
// then. So a stall counts for every message that it held up, not only for the first (coordinated omission).
import type { Part } from '../../client/part.ts';
import { Distribution } from '../statistics/distribution.ts';

/** The distributions that the clients of one process share. */
export class Distributions {
  readonly took: Distribution = new Distribution();
  readonly span: Distribution = new Distribution();
  readonly requestToReceipt: Distribution = new Distribution();
  readonly wait: Distribution = new Distribution();
  readonly latency: Distribution = new Distribution();
}

export interface MeterOptions {
  readonly window: number;
  /** Microseconds from one message's due time to the next's; undefined where all messages exist already. */
  readonly dueEveryMicros: number | undefined;
  /** The server's clock minus ours. */
  readonly clockOffsetMicros: number;
}

/** What one client counted while it was measured, from the end of one block to the end of another. */
export interface ClientCount {
  readonly blocks: number;
  readonly messages: number;
  readonly bytes: number;
  readonly durationMicros: number;
}

export class Meter {
  readonly #options: MeterOptions;
  readonly #distributions: Distributions;
  /** The time at which each place of the window became free. */
  readonly #freedMicros: number[];
  #block = 0;
  #from: number | undefined;
  #beganMicros = 0;
  #firstDue = 0;
  #lastDue: number | undefined;
  #bytes = 0;
  #beginMicros = Number.POSITIVE_INFINITY;
  #endMicros = Number.POSITIVE_INFINITY;
  #firstEndMicros: number | undefined;
  #lastEndMicros = 0;
  #counted = { blocks: 0, messages: 0, bytes: 0 };
  /** Messages that came while it was measured, also those of blocks that were not yet whole. */
  delivered = 0;
  /** Messages that were due while it was measured, but did not come in time. */
  missing = 0;

  constructor(options: MeterOptions, distributions: Distributions, subscribedMicros: number) {
    this.#options = options;
    this.#distributions = distributions;
    this.#freedMicros = Array.from({ length: options.window }, () => subscribedMicros);
  }

  begin(atMicros: number): void {
    this.#beginMicros = atMicros;
  }

  end(atMicros: number): void {
    this.#endMicros = atMicros;
  }

  /** Blocks that were counted. */
  get blocks(): number {
    return this.#counted.blocks;
  }

  /** All blocks that came, also before the measured time. */
  get blocksInAll(): number {
    return this.#block;
  }

  /** Whether every message that was due before the end has come. */
  get isComplete(): boolean {
    return this.#options.dueEveryMicros === undefined || this.#localDue(this.#lastDue ?? 0) >= this.#endMicros;
  }

  count(): ClientCount {
    const durationMicros = this.#firstEndMicros === undefined ? 0 : this.#lastEndMicros - this.#firstEndMicros;
    return { ...this.#counted, durationMicros };
  }

  /** Takes a part that came. `ackedMicros` is the time of the ack, where the part ends a block. */
  take(part: Part, ackedMicros: number): void {
    const { receivedMicros } = part;
    if (part.firstTime !== undefined && part.lastTime !== undefined) {
      if (this.#from === undefined) {
        this.#from = part.from;
        this.#beganMicros = part.beganMicros;
        this.#firstDue = part.firstTime;
        this.#bytes = 0;
      }
      this.#lastDue = part.lastTime;
      this.#bytes += part.lines.length;
      if (receivedMicros > this.#beginMicros && receivedMicros <= this.#endMicros)
        this.delivered += part.to - part.from;
    }
    if (part.cut === undefined) return;
    this.#ended(part);
    this.#from = undefined;
    this.#freedMicros[this.#block % this.#freedMicros.length] = ackedMicros;
    this.#block++;
  }

  /**
   * Counts messages that were due and have not come, as if they came at `nowMicros`. Their latency is at least that.
   */
  countMissing(nowMicros: number): void {
    const { dueEveryMicros } = this.#options;
    if (dueEveryMicros === undefined || this.isComplete) return;
    const next = this.#lastDue === undefined ? this.#beginMicros : this.#localDue(this.#lastDue) + dueEveryMicros;
    this.missing = this.#latencies(Math.max(next, this.#beginMicros), this.#endMicros - dueEveryMicros, nowMicros);
  }

  #ended(part: Part): void {
    const { receivedMicros } = part;
    const { dueEveryMicros } = this.#options;
    const lastDue = this.#lastDue ?? 0;
    if (dueEveryMicros !== undefined) {
      const first = this.#localDue(this.#firstDue);
      const last = this.#localDue(lastDue);
      this.#latencies(first, last, receivedMicros);
      if (last >= this.#beginMicros && last < this.#endMicros) this.#distributions.wait.record(receivedMicros - first);
    }
    if (receivedMicros <= this.#beginMicros || receivedMicros > this.#endMicros) return;
    if (this.#firstEndMicros === undefined) {
      this.#firstEndMicros = receivedMicros;
      this.#lastEndMicros = receivedMicros;
      return;
    }
    this.#lastEndMicros = receivedMicros;
    const { took, span, requestToReceipt } = this.#distributions;
    took.record(receivedMicros - this.#beganMicros);
    span.record(lastDue - this.#firstDue);
    requestToReceipt.record(receivedMicros - (this.#freedMicros[this.#block % this.#freedMicros.length] as number));
    this.#counted.blocks++;
    this.#counted.messages += part.to - (this.#from ?? part.to);
    this.#counted.bytes += this.#bytes;
  }

  /**
   * Records the age at `atMicros` of the messages of [first, last] that were due while it was measured. They are due at
   * equal distances, so the two ends are enough. Returns their number.
   */
  #latencies(first: number, last: number, atMicros: number): number {
    const every = this.#options.dueEveryMicros as number;
    const count = Math.round((last - first) / every) + 1;
    const from = Math.max(0, Math.ceil((this.#beginMicros - first) / every));
    const to = Math.min(count, Math.ceil((this.#endMicros - first) / every));
    if (!(to > from)) return 0;
    const oldest = atMicros - (first + from * every);
    const youngest = atMicros - (first + (to - 1) * every);
    this.#distributions.latency.recordEvenly(youngest, oldest, to - from);
    return to - from;
  }

  #localDue(dueMicros: number): number {
    return dueMicros - this.#options.clockOffsetMicros;
  }
}
