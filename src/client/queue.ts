// What has come and was not taken yet: a queue with one taker, who waits where there is nothing. It holds what it is
// given; that it does not grow without bound is its owner's care, who is told of the bytes that are taken.
import { assert } from '../base/assert.ts';

export type Taken<Item> = { readonly item: Item } | Ended;

/** Over: with the error that ended it, whatever was thrown, or without. */
export interface Ended {
  readonly ended: { readonly error: unknown } | undefined;
}

export class Queue<Item> {
  readonly #taken: (bytes: number) => void;
  #items: { readonly item: Item; bytes: number }[] = [];
  #head = 0;
  #end: Ended | undefined;
  #wake: (() => void) | undefined;

  /** `taken` is called with the bytes of every item that leaves the queue. */
  constructor(taken: (bytes: number) => void) {
    this.#taken = taken;
  }

  push(item: Item, bytes: number): void {
    this.#items.push({ item, bytes });
    this.#stir();
  }

  /** What was pushed last, where it was not taken yet. */
  get last(): Item | undefined {
    return this.#head < this.#items.length ? this.#items.at(-1)?.item : undefined;
  }

  /** Of all that waits. */
  get bytes(): number {
    let bytes = 0;
    for (let at = this.#head; at < this.#items.length; at++) bytes += this.#items[at]?.bytes ?? 0;
    return bytes;
  }

  /** `last` has become so much larger. */
  enlarged(bytes: number): void {
    const entry = this.#items.at(-1);
    assert(entry !== undefined && this.#head < this.#items.length, 'that only what waits becomes larger');
    entry.bytes += bytes;
  }

  /** Nothing comes any more. What is there is still handed out, and then the error, if there is one. */
  end(ended?: { readonly error: unknown }): void {
    this.#end ??= { ended };
    this.#stir();
  }

  /** Ends it and drops what is there. */
  clear(ended?: { readonly error: unknown }): void {
    this.#end = { ended };
    const { bytes } = this;
    this.#items = [];
    this.#head = 0;
    if (bytes > 0) this.#taken(bytes);
    this.#stir();
  }

  /** The next item, the end once there are none, or undefined: nothing yet. */
  take(): Taken<Item> | undefined {
    const entry = this.#items[this.#head];
    if (entry === undefined) return this.#end;
    this.#head++;
    // Shifting an array costs its length; so the space before the head is given back only when it is half of it.
    if (this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    this.#taken(entry.bytes);
    return entry;
  }

  /** Resolves when `take` may have something to give. */
  async filled(): Promise<void> {
    if (this.#head < this.#items.length || this.#end !== undefined) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  #stir(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
