// Divides time into slots, in bounded memory. Each block is added to its slot, and when there are too many slots they
// are joined to longer ones. Counts, sums, least and greatest stay exact; nothing is sampled.
import { assert } from '../../base/assert.ts';
import type { Extent, Slot } from './result.ts';

/** The most slots from the first to the last, empty ones included. */
export const mostSlots = 400;

const millisecond = 1_000;
const second = 1_000_000;
const day = 86_400 * second;

/** The possible lengths of slots. Each is a multiple of the one before, so that whole slots are joined. */
const lengths: readonly number[] = [
  ...[1, 5, 10, 50, 100, 500].map((count) => count * millisecond),
  ...[1, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 21_600].map((count) => count * second),
  ...[1, 10, 100, 1_000, 10_000, 100_000].map((count) => count * day),
];

export interface BlockTimes {
  readonly at: number;
  readonly messages: number;
  readonly bytes: number;
  readonly took: number;
  readonly wait: number;
  /** Undefined for the first block. */
  readonly between: number | undefined;
}

interface Sum {
  count: number;
  sum: number;
  min: number;
  max: number;
}

interface Filled {
  blocks: number;
  messages: number;
  bytes: number;
  readonly took: Sum;
  readonly wait: Sum;
  readonly between: Sum;
}

export class TimeSlots {
  #level = 0;
  #filled = new Map<number, Filled>();
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  get slotMicros(): number {
    return lengths[this.#level] as number;
  }

  add({ at, messages, bytes, took, wait, between }: BlockTimes): void {
    this.#first = Math.min(this.#first, at);
    this.#last = Math.max(this.#last, at);
    while (Math.floor(this.#last / this.slotMicros) - Math.floor(this.#first / this.slotMicros) >= mostSlots)
      this.joinTo(lengths[this.#level + 1] as number);
    const slot = this.#slot(Math.floor(at / this.slotMicros));
    slot.blocks++;
    slot.messages += messages;
    slot.bytes += bytes;
    put(slot.took, took);
    put(slot.wait, wait);
    if (between !== undefined) put(slot.between, between);
  }

  /**
   * Joins the slots to ones of that length, which is the `slotMicros` of other slots. Slots that are as long already
   * stay.
   */
  joinTo(slotMicros: number): void {
    if (slotMicros <= this.slotMicros) return;
    const factor = slotMicros / this.slotMicros;
    assert(lengths.includes(slotMicros) && Number.isInteger(factor), 'slots are joined to whole ones');
    const before = this.#filled;
    this.#filled = new Map();
    this.#level = lengths.indexOf(slotMicros);
    for (const [index, { blocks, messages, bytes, took, wait, between }] of before) {
      const slot = this.#slot(Math.floor(index / factor));
      slot.blocks += blocks;
      slot.messages += messages;
      slot.bytes += bytes;
      join(slot.took, took);
      join(slot.wait, wait);
      join(slot.between, between);
    }
  }

  /** The slots that are not empty, in order of time. */
  list(): Slot[] {
    return [...this.#filled]
      .sort(([one], [other]) => one - other)
      .map(([index, { blocks, messages, bytes, took, wait, between }]) => ({
        at: index * this.slotMicros,
        blocks,
        messages,
        bytes,
        took: extentOf(took),
        wait: extentOf(wait),
        between: between.count === 0 ? undefined : extentOf(between),
      }));
  }

  #slot(index: number): Filled {
    const known = this.#filled.get(index);
    if (known !== undefined) return known;
    const made = { blocks: 0, messages: 0, bytes: 0, took: nothing(), wait: nothing(), between: nothing() };
    this.#filled.set(index, made);
    return made;
  }
}

function nothing(): Sum {
  return { count: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
}

function put(sum: Sum, value: number): void {
  join(sum, { count: 1, sum: value, min: value, max: value });
}

function join(into: Sum, { count, sum, min, max }: Sum): void {
  into.count += count;
  into.sum += sum;
  into.min = Math.min(into.min, min);
  into.max = Math.max(into.max, max);
}

function extentOf({ count, sum, min, max }: Sum): Extent {
  return { mean: sum / count, min, max };
}
