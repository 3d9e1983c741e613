// The window of one subscription: which blocks were sent and are not acked yet, how many and of how many bytes. What is
// remembered of them is 32 bytes a block, and counted with what all windows of the server hold.
import { assert } from '../base/assert.ts';
import { NumberQueue } from '../base/numberQueue.ts';

/** The whole blocks that an ack covered. */
export interface Freed {
  readonly blocks: number;
  /** Last message's time of the last block minus the first's of the first, in microseconds; undefined without a block. */
  readonly spanMicros: number | undefined;
}

/** How much memory all windows of a server hold, and may hold: beyond it each has a few blocks under way. */
export interface WindowBudget {
  readonly maxBytes: number;
  bytes: number;
}

export interface WindowSize {
  readonly blocks: number;
  readonly bytes: number;
}

/** So many blocks a window has also where the budget is used up. */
const fewestBlocks = 8;

// What is kept of a block.
const end = 0;
const firstTime = 1;
const lastTime = 2;
const frameBytes = 3;

export class Window {
  readonly size: WindowSize;
  readonly #budget: WindowBudget;
  /** Oldest first. One more than the window may be here, for a block that was sent because its reader leaves. */
  readonly #sent: NumberQueue = new NumberQueue(4);
  #unackedBytes = 0;
  #acked: number;

  constructor(size: WindowSize, from: number, budget: WindowBudget) {
    this.size = size;
    this.#acked = from;
    this.#budget = budget;
  }

  /** Blocks sent whole and not acked. */
  get unacked(): number {
    return this.#sent.length;
  }

  /** Bytes of their frames. */
  get unackedBytes(): number {
    return this.#unackedBytes;
  }

  /** Whether no other block may be begun. */
  get isFull(): boolean {
    const { unacked, size } = this;
    if (unacked >= size.blocks || this.#unackedBytes >= size.bytes) return true;
    const { bytes, bytesWithNext } = this.#sent;
    return unacked >= fewestBlocks && this.#budget.bytes + bytesWithNext - bytes > this.#budget.maxBytes;
  }

  /** Everything before it is durable with the client. */
  get acked(): number {
    return this.#acked;
  }

  /** A block was sent up to its end, in frames of so many bytes. */
  sent(to: number, firstTimeMicros: number, lastTimeMicros: number, bytes: number): void {
    // In message delivery the client may ack every line of a block before it hears of the block's end.
    if (to <= this.#acked) return;
    assert(this.unacked <= this.size.blocks, 'no more blocks are sent than the window allows');
    const before = this.#sent.bytes;
    this.#sent.push(to, firstTimeMicros, lastTimeMicros, bytes);
    this.#budget.bytes += this.#sent.bytes - before;
    this.#unackedBytes += bytes;
  }

  /** Takes an ack that goes forward. */
  ack(to: number): Freed {
    this.#acked = to;
    const sent = this.#sent;
    let blocks = 0;
    for (; blocks < sent.length && sent.at(blocks, end) <= to; blocks++)
      this.#unackedBytes -= sent.at(blocks, frameBytes);
    if (blocks === 0) return { blocks, spanMicros: undefined };
    const spanMicros = sent.at(blocks - 1, lastTime) - sent.at(0, firstTime);
    const before = sent.bytes;
    sent.drop(blocks);
    this.#budget.bytes += sent.bytes - before;
    return { blocks, spanMicros };
  }

  /** Nothing of it is used any more: what it holds is not counted any longer. */
  release(): void {
    this.#budget.bytes -= this.#sent.bytes;
    this.#sent.clear();
    this.#unackedBytes = 0;
  }
}
