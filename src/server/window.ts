// The window of one subscription: which blocks were sent and are not acked yet.
import { assert } from '../base/assert.ts';

/** The whole blocks that an ack covered. */
export interface Freed {
  readonly blocks: number;
  /** Last message's time of the last block minus the first's of the first, in microseconds; undefined without a block. */
  readonly spanMicros: number | undefined;
}

interface SentBlock {
  readonly to: number;
  readonly firstTime: number;
  readonly lastTime: number;
}

export class Window {
  readonly size: number;
  /** The oldest first. There are at most `size`, and one more for a block that ends because its reader leaves. */
  readonly #sent: SentBlock[] = [];
  #acked: number;

  constructor(size: number, from: number) {
    this.size = size;
    this.#acked = from;
  }

  /** Blocks sent whole and not acked. */
  get unacked(): number {
    return this.#sent.length;
  }

  get isFull(): boolean {
    return this.#sent.length >= this.size;
  }

  /** Everything before it is durable with the client. */
  get acked(): number {
    return this.#acked;
  }

  /** A block was sent up to its end. */
  sent(to: number, firstTime: number, lastTime: number): void {
    // In message delivery the client may ack every line of a block before it hears of the block's end.
    if (to <= this.#acked) return;
    assert(this.#sent.length <= this.size, 'no more blocks are sent than the window allows');
    this.#sent.push({ to, firstTime, lastTime });
  }

  /** Takes an ack that goes forward. */
  ack(to: number): Freed {
    this.#acked = to;
    let blocks = 0;
    while (blocks < this.#sent.length && (this.#sent[blocks] as SentBlock).to <= to) blocks++;
    const freed = this.#sent.splice(0, blocks);
    const first = freed[0];
    const last = freed.at(-1);
    return {
      blocks,
      spanMicros: first === undefined || last === undefined ? undefined : last.lastTime - first.firstTime,
    };
  }
}
