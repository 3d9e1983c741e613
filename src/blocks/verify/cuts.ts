// Whether blocks end where the cut rule says, by the rule's own code run over the lines. Pure.
//
// What can be known: size and wait cut by a message and the one before it, so every one of them is checked, except a wait
// cut behind which nothing lies yet. Bytes are counted from the last cut: of a run that begins inside a block (a start or
// a gap that is neither at a multiple of the size nor at an anchor of the feed) it is not known how many bytes came before. Until that block
// has ended all that is checked is that it is not too long by itself; an earlier end with cut bytes is believed, and
// from it on everything is known.
//
// A block cut by `end` is a partial one: its reader left. It changes nothing of the rule: the next one goes on inside the
// same block. So an `end` may lie anywhere but where the rule has already cut by size.
import { type Cut, Cutter } from '../../protocol/cut.ts';
import type { Policy } from '../../protocol/policy.ts';

export class CutChecker {
  readonly #policy: Policy;
  readonly #anchorEvery: number;
  #cutter: Cutter;
  /** False while the bytes counted may be too few. */
  #known = true;
  /** How the block before ended; undefined at the begin of a run. */
  #before: Cut | undefined;
  #sized = false;

  constructor(policy: Policy, anchorEvery: number) {
    this.#policy = policy;
    this.#anchorEvery = anchorEvery;
    this.#cutter = new Cutter(policy, anchorEvery);
  }

  /** Messages from `offset` on have nothing known before them. */
  begin(offset: number): void {
    const { size, bytes } = this.#policy;
    this.#cutter = new Cutter(this.#policy, this.#anchorEvery);
    this.#known =
      bytes === undefined || offset % this.#anchorEvery === 0 || (size !== undefined && offset % size === 0);
    this.#before = undefined;
    this.#sized = false;
  }

  /** The next message, and whether a block begins with it. Returns what is wrong with the cut before it, or undefined. */
  message(offset: number, timeMicros: number, lineBytes: number, isFirst: boolean): string | undefined {
    const end = this.#cutter.endBefore(timeMicros, lineBytes);
    const cut = end === 'part' ? undefined : end;
    const fault = isFirst
      ? this.#faultBefore(offset, cut)
      : faultInside(offset, cut ?? (this.#sized ? 'size' : undefined));
    if (cut !== undefined) this.#known = true;
    this.#sized = this.#cutter.take(offset, timeMicros, lineBytes) === 'size';
    if (this.#sized) this.#known = true;
    return fault;
  }

  /** The block ends before `to`, by `cut`. Returns what is wrong with that as far as its own messages show. */
  blockEnds(to: number, cut: Cut): string | undefined {
    this.#before = cut;
    if (this.#sized && cut !== 'size') return `the block before ${to} is cut by ${cut}, where the policy cuts by size`;
    if (!this.#sized && cut === 'size') return `the block before ${to} is cut by size, where the policy does not`;
    const { waitMs, bytes } = this.#policy;
    if ((cut === 'wait' && waitMs === undefined) || (cut === 'bytes' && bytes === undefined))
      return `the block before ${to} is cut by ${cut}, which the policy does not state`;
    return undefined;
  }

  #faultBefore(offset: number, cut: Cut | undefined): string | undefined {
    const before = this.#before;
    if (before !== 'wait' && before !== 'bytes') return undefined;
    if (before === cut) return undefined;
    if (before === 'bytes' && cut === undefined && !this.#known) {
      this.#cutter = new Cutter(this.#policy, this.#anchorEvery);
      this.#known = true;
      return undefined;
    }
    const rule = cut === undefined ? 'does not cut' : `cuts by ${cut}`;
    return `the block before ${offset} is cut by ${before}, where the policy ${rule}`;
  }
}

function faultInside(offset: number, cut: Cut | undefined): string | undefined {
  return cut === undefined ? undefined : `the block goes on with ${offset}, before which the policy cuts by ${cut}`;
}
