// The cut rule: where the blocks of a feed end, decided by its messages and the policy alone. Pure; the same code cuts
// for the server, for the verifier and for the tests.
//
// The blocks of a policy:
//   size s   a block ends before every offset that is a multiple of s
//   wait w   two messages are in one block only if floor(time / w) is the same; the slot being over ends the block
//   bytes b  a block ends before the message that would take it beyond b, counted from the last cut; and, so that the
//            look back is short, before every anchor (cut size)
// Where several hold at one place the cut is named size, then wait, then bytes.
//
// An anchor is an offset at which frames and blocks by bytes begin for certain: every multiple of the feed's `anchorEvery`.
// Retention removes whole runs between anchors, so it makes no block different.
//
// Blocks travel in frames. A frame ends where its block ends, before the message that would take it beyond 65,536 bytes,
// and before every anchor: such an end of a frame alone is no cut, only a `part`.
import { frameBytes } from './limits.ts';
import type { Policy } from './policy.ts';

/** Why a block ended. `end`: the reader leaves, or its `until` or the feed's end is reached. `gap`: what follows is lost. */
export type Cut = 'size' | 'wait' | 'bytes' | 'end' | 'gap';

export const cuts: readonly Cut[] = ['size', 'wait', 'bytes', 'end', 'gap'];

/** Why a frame ended: its block did, by the policy, or only the frame. */
export type FrameEnd = 'size' | 'wait' | 'bytes' | 'part';

/** Follows a feed message by message and says where frames and blocks end. */
export class Cutter {
  readonly #size: number;
  readonly #waitMicros: number;
  readonly #bytes: number;
  readonly #anchorEvery: number;
  #frameMessages = 0;
  #frameBytes = 0;
  #blockBytes = 0;
  #next = 0;
  #slotEnd = Number.POSITIVE_INFINITY;

  /** To begin at a place where a frame begins: see `frameStart`. `anchorEvery` is the feed's. */
  constructor(policy: Policy, anchorEvery: number) {
    this.#anchorEvery = anchorEvery;
    this.#size = policy.size ?? Number.POSITIVE_INFINITY;
    this.#waitMicros = policy.waitMs === undefined ? Number.POSITIVE_INFINITY : policy.waitMs * 1_000;
    this.#bytes = policy.bytes ?? Number.POSITIVE_INFINITY;
  }

  /** How many messages were taken since the last end. */
  get pending(): number {
    return this.#frameMessages;
  }

  /** The end of the slot of the clock that holds the pending messages, in microseconds; Infinity without a wait. */
  get slotEndMicros(): number {
    return this.#slotEnd;
  }

  /**
   * The end that lies *before* this message, or undefined: it belongs with those taken last. Ask it before `take`, for
   * every message in the order of offsets. A `part` is only ever found here, so never where the block may yet end.
   */
  endBefore(timeMicros: number, lineBytes: number): FrameEnd | undefined {
    if (this.#frameMessages === 0) return undefined;
    if (timeMicros >= this.#slotEnd) return this.#ended('wait');
    if (this.#blockBytes + lineBytes > this.#bytes) return this.#ended('bytes');
    if (this.#frameBytes + lineBytes > frameBytes || this.#next % this.#anchorEvery === 0) return this.#ended('part');
    return undefined;
  }

  /** Takes a message. Returns the end right *behind* it, whatever comes next, or undefined. */
  take(offset: number, timeMicros: number, lineBytes: number): 'size' | undefined {
    this.#next = offset + 1;
    this.#frameMessages++;
    this.#frameBytes += lineBytes;
    this.#blockBytes += lineBytes;
    if (this.#waitMicros !== Number.POSITIVE_INFINITY)
      this.#slotEnd = (Math.floor(timeMicros / this.#waitMicros) + 1) * this.#waitMicros;
    const isAnchor = this.#bytes !== Number.POSITIVE_INFINITY && this.#next % this.#anchorEvery === 0;
    return isAnchor || this.#next % this.#size === 0 ? this.#ended('size') : undefined;
  }

  /** The end behind the messages taken, once the feed says that nothing earlier than `watermarkMicros` can still appear. */
  endAt(watermarkMicros: number): 'wait' | undefined {
    // A feed that has every message already has its watermark at Infinity, which is no end of a slot that never ends.
    const isOver = watermarkMicros >= this.#slotEnd && this.#slotEnd !== Number.POSITIVE_INFINITY;
    return this.#frameMessages > 0 && isOver ? this.#ended('wait') : undefined;
  }

  #ended<End extends FrameEnd>(end: End): End {
    this.#frameMessages = 0;
    this.#frameBytes = 0;
    if (end !== 'part') this.#blockBytes = 0;
    return end;
  }
}

/** The last anchor at or before `offset`. */
export function anchorBefore(offset: number, anchorEvery: number): number {
  return offset - (offset % anchorEvery);
}

/**
 * A place at or before `offset`, at most `anchorEvery` before, at which a frame begins for certain, so that a Cutter started
 * there finds the same ends as one started at 0. `slotStart`, where it is known, is the offset of the first message of the
 * slot in which the message before `offset` lies.
 */
export function frameStart(policy: Policy, offset: number, anchorEvery: number, slotStart = 0): number {
  const bySize = policy.size === undefined ? 0 : offset - (offset % policy.size);
  return Math.max(bySize, anchorBefore(offset, anchorEvery), policy.waitMs === undefined ? 0 : slotStart);
}
