// A queue of records of a few numbers each, in one array that is used again: where a queue may have a hundred thousand, an
// object for each costs several times as much memory, and the garbage collector's time.
import { assert } from './assert.ts';

const fewest = 8;
/**
 * Memory for so many is not given back while the queue is used: a window that fills and empties with each ack would allocate
 * anew each time, which costs a server of blocks of 50 a seventh of its time.
 */
const kept = 128;

export class NumberQueue {
  readonly #stride: number;
  /** Records lie from `#head` on, and go on at the begin. A power of two of records; none before the first is pushed. */
  #numbers: Float64Array = new Float64Array(0);
  #capacity = 0;
  #head = 0;
  #length = 0;

  /** `stride`: how many numbers a record has. */
  constructor(stride: 2 | 3 | 4) {
    this.#stride = stride;
  }

  get length(): number {
    return this.#length;
  }

  /** How many bytes are held. */
  get bytes(): number {
    return this.#numbers.byteLength;
  }

  /** How many bytes are held once another record is pushed. */
  get bytesWithNext(): number {
    return this.#length < this.#capacity ? this.bytes : bytesOf(Math.max(fewest, this.#capacity * 2), this.#stride);
  }

  /** Number `column` of the record at `index`, 0 for the oldest. */
  at(index: number, column: number): number {
    return this.#numbers[((this.#head + index) & (this.#capacity - 1)) * this.#stride + column] as number;
  }

  /** As many numbers as a record has. */
  push(first: number, second: number, third = 0, fourth = 0): void {
    if (this.#length === this.#capacity) this.#move(Math.max(fewest, this.#capacity * 2));
    const slot = ((this.#head + this.#length) & (this.#capacity - 1)) * this.#stride;
    this.#numbers[slot] = first;
    this.#numbers[slot + 1] = second;
    if (this.#stride > 2) this.#numbers[slot + 2] = third;
    if (this.#stride > 3) this.#numbers[slot + 3] = fourth;
    this.#length++;
  }

  /** Takes the oldest `count` out, and gives memory back where there is much and little of it is used. */
  drop(count: number): void {
    assert(count <= this.#length, 'no more is dropped than there is');
    this.#head = (this.#head + count) & (this.#capacity - 1);
    this.#length -= count;
    let capacity = this.#capacity;
    while (capacity > kept && this.#length * 4 <= capacity) capacity /= 2;
    if (capacity < this.#capacity) this.#move(capacity);
  }

  /** Forgets all, and holds no memory. */
  clear(): void {
    this.#numbers = new Float64Array(0);
    this.#capacity = 0;
    this.#head = 0;
    this.#length = 0;
  }

  #move(capacity: number): void {
    const numbers = new Float64Array(capacity * this.#stride);
    const first = Math.min(this.#length, this.#capacity - this.#head);
    numbers.set(this.#numbers.subarray(this.#head * this.#stride, (this.#head + first) * this.#stride));
    numbers.set(this.#numbers.subarray(0, (this.#length - first) * this.#stride), first * this.#stride);
    this.#numbers = numbers;
    this.#capacity = capacity;
    this.#head = 0;
  }
}

function bytesOf(records: number, stride: number): number {
  return records * stride * Float64Array.BYTES_PER_ELEMENT;
}
