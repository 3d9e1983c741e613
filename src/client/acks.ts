// Which acks are to be said. Many become one: an ack is cumulative, so the last says it all, and the blocks it covers are
// told along with it.
import { limits } from '../protocol/limits.ts';

/** An ack as it is said: where to, and [end, took] of every block it covers that was handed out. */
export interface JoinedAck {
  readonly to: number;
  readonly blocks: readonly BlockTook[];
}

type BlockTook = readonly [to: number, took: number];

/** What one ack may tell of. More only wait after long interruptions, and then the oldest are left out: they are news, no state. */
const mostBlocks = limits.window.max;

export class Acks {
  #handedOut: BlockTook[] = [];
  #covered: BlockTook[] = [];
  #to: number | undefined;
  #said = false;

  /** A block that ends at `to` and took `tookMicros` to come was handed to whoever will ack it. */
  handOut(to: number, tookMicros: number): void {
    this.#handedOut.push([to, tookMicros]);
    if (this.#handedOut.length > mostBlocks) this.#handedOut.shift();
  }

  /** Everything before `to` is durable. Returns whether that is new; an ack that goes back is none. */
  ack(to: number): boolean {
    if (this.#to !== undefined && to <= this.#to) return false;
    this.#to = to;
    this.#said = false;
    let covered = 0;
    while ((this.#handedOut[covered]?.[0] ?? Number.POSITIVE_INFINITY) <= to) covered++;
    this.#covered.push(...this.#handedOut.splice(0, covered));
    if (this.#covered.length > mostBlocks) this.#covered = this.#covered.slice(-mostBlocks);
    return true;
  }

  /** What is to be said now, or undefined. Taken once. */
  take(): JoinedAck | undefined {
    if (this.#to === undefined || this.#said) return undefined;
    const blocks = this.#covered;
    this.#covered = [];
    this.#said = true;
    return { to: this.#to, blocks };
  }

  /** The last ack may have been lost on its way: it is said again. */
  repeat(): void {
    this.#said = false;
  }
}
