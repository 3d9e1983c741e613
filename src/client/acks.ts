// Which acks are to be said. Many become one: an ack is cumulative, so the last says it all, and the blocks it covers are
// told along with it.
import { NumberQueue } from '../base/numberQueue.ts';
import { limits } from '../protocol/limits.ts';

/** An ack as it is said: where to, and [end, took] of blocks it covers that were handed out. */
export interface JoinedAck {
  readonly to: number;
  readonly blocks: readonly BlockTook[];
}

type BlockTook = readonly [to: number, took: number];

/** What one ack may tell of. */
const mostInOne = limits.ackBlocks.default;

export class Acks {
  /** End and took of blocks that were handed out, 16 bytes each; those at the front are acked and not said yet. */
  readonly #blocks = new NumberQueue(2);
  readonly #most: number;
  #covered = 0;
  #to: number | undefined;
  /** The furthest that was said. */
  #saidTo: number | undefined;
  #isRepeated = false;

  /**
   * `most`: of so many blocks it is told, the newest. More only wait after long interruptions: what a window allows is under
   * way on one connection. When blocks came is news, no state.
   */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether anything was ever acked. */
  get hasAcked(): boolean {
    return this.#to !== undefined;
  }

  /** Whether there is an ack to say that was never said. */
  get hasNews(): boolean {
    return this.#to !== this.#saidTo;
  }

  /** A block that ends at `to` and took `tookMicros` to come was handed to whoever will ack it. */
  handOut(to: number, tookMicros: number): void {
    this.#blocks.push(to, tookMicros);
    if (this.#blocks.length <= this.#most) return;
    this.#blocks.drop(1);
    this.#covered = Math.max(0, this.#covered - 1);
  }

  /** Everything before `to` is durable. Returns whether that is new; an ack that goes back is none. */
  ack(to: number): boolean {
    if (this.#to !== undefined && to <= this.#to) return false;
    this.#to = to;
    while (this.#covered < this.#blocks.length && this.#blocks.at(this.#covered, 0) <= to) this.#covered++;
    return true;
  }

  /** What is to be said now, in this order: several where one cannot tell of all blocks. Taken once. */
  take(): readonly JoinedAck[] {
    if (this.#to === undefined || !(this.hasNews || this.#isRepeated)) return [];
    const acks: JoinedAck[] = [];
    for (let from = 0; from < this.#covered; from += mostInOne) {
      const blocks: BlockTook[] = [];
      for (let index = from; index < Math.min(from + mostInOne, this.#covered); index++)
        blocks.push([this.#blocks.at(index, 0), this.#blocks.at(index, 1)]);
      const isLast = from + mostInOne >= this.#covered;
      acks.push({ to: isLast ? this.#to : (blocks.at(-1) as BlockTook)[0], blocks });
    }
    if (acks.length === 0) acks.push({ to: this.#to, blocks: [] });
    this.#blocks.drop(this.#covered);
    this.#covered = 0;
    this.#saidTo = this.#to;
    this.#isRepeated = false;
    return acks;
  }

  /** The last ack may have been lost on its way: it is said again. */
  repeat(): void {
    this.#isRepeated = true;
  }
}
