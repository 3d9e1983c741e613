// The renditions of one feed: one for each policy and framing that somebody reads, gone when nobody does.
import type { Clock } from '../base/clock.ts';
import type { Feed } from '../feed/feed.ts';
import { type Policy, policyName } from '../protocol/policy.ts';
import type { PageCache } from './cache.ts';
import type { Framing } from './framing.ts';
import type { GatheredLines } from './gatheredLines.ts';
import { Rendition } from './rendition.ts';
import { Slots } from './slots.ts';
import type { Turns } from './turns.ts';

/** What all readers of a server share. */
export interface FramesContext {
  readonly turns: Turns;
  readonly cache: PageCache;
  readonly gathered: GatheredLines;
}

interface Shared {
  readonly rendition: Rendition;
  readonly waitMs: number | undefined;
  readers: number;
}

export class Renditions {
  readonly feed: Feed;
  readonly #clock: Clock;
  readonly #frames: FramesContext;
  readonly #shared: Map<string, Shared> = new Map();
  readonly #slots: Map<number, Slots> = new Map();
  #holds = 0;

  constructor(feed: Feed, clock: Clock, frames: FramesContext) {
    this.feed = feed;
    this.#clock = clock;
    this.#frames = frames;
  }

  /** Somebody looks up a place in the feed, to be its reader then: it counts as one until it releases. */
  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
  }

  /** How many readers there are, or are about to be. */
  get readers(): number {
    let sum = this.#holds;
    for (const { readers } of this.#shared.values()) sum += readers;
    return sum;
  }

  /** The rendition for one more reader. `policy` is undefined for single lines without blocks. */
  enter(policy: Policy | undefined, framing: Framing): Rendition {
    const key = keyOf(policy, framing);
    let shared = this.#shared.get(key);
    if (shared === undefined) {
      const slots = policy?.waitMs === undefined ? undefined : this.#slotsOf(policy.waitMs);
      shared = {
        rendition: new Rendition(this.feed, policy, framing, { ...this.#frames, slots }),
        waitMs: policy?.waitMs,
        readers: 0,
      };
      this.#shared.set(key, shared);
    }
    shared.readers++;
    return shared.rendition;
  }

  /** One reader less. */
  leave(policy: Policy | undefined, framing: Framing): void {
    const key = keyOf(policy, framing);
    const shared = this.#shared.get(key);
    if (shared === undefined || --shared.readers > 0) return;
    shared.rendition.close();
    this.#shared.delete(key);
    const { waitMs } = shared;
    if (waitMs === undefined || [...this.#shared.values()].some((other) => other.waitMs === waitMs)) return;
    this.#slots.get(waitMs)?.stop();
    this.#slots.delete(waitMs);
  }

  #slotsOf(waitMs: number): Slots {
    let slots = this.#slots.get(waitMs);
    if (slots === undefined) {
      slots = new Slots(this.#clock, waitMs * 1_000, () => this.feed.watermarkMicros());
      this.#slots.set(waitMs, slots);
    }
    return slots;
  }
}

function keyOf(policy: Policy | undefined, framing: Framing): string {
  return `${framing} ${policy === undefined ? '' : policyName(policy)}`;
}
