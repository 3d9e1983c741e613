// A rendition: a feed's recent messages framed in one way, made once and shared by all who read that way. Readers are cursors:
// they look up the page at their place, and where there is none they wait at the framer that will make it.

import type { Feed } from '../feed/feed.ts';
import { frameStart } from '../protocol/cut.ts';
import type { Policy } from '../protocol/policy.ts';
import type { PageCache } from './cache.ts';
import { Framer } from './framer.ts';
import { FramerTask, type FramerTaskHost, type Outcome } from './framerTask.ts';
import { type Framing, isByMessage } from './framing.ts';
import type { GatheredLines } from './gatheredLines.ts';
import { framesLimits } from './limits.ts';
import type { Page } from './page.ts';
import type { Reader } from './reader.ts';
import type { Slots } from './slots.ts';
import type { Turns } from './turns.ts';

/** A place in a rendition's pages. */
export interface Found {
  readonly page: Page;
  readonly index: number;
}

/** What a rendition needs of the server it is in. */
export interface RenditionContext {
  readonly turns: Turns;
  readonly cache: PageCache;
  readonly gathered: GatheredLines;
  /** Where framers wait for the end of a slot; undefined where the policy has no wait. */
  readonly slots: Slots | undefined;
}

/**
 * How many pages are looked at that begin before a reader's place. The last of them has it, but where framers began at different
 * places and their pages overlap; what is not found then is made again.
 */
const pagesLookedAt = 4;

const nowhere = -1;

export class Rendition implements FramerTaskHost {
  readonly turns: Turns;
  readonly gathered: GatheredLines;
  readonly #feed: Feed;
  readonly #policy: Policy | undefined;
  readonly #framing: Framing;
  readonly #context: RenditionContext;
  /** In the order of their first messages. */
  readonly #pages: Page[] = [];
  /** The one used last at the end. */
  readonly #tasks: Set<FramerTask> = new Set();
  readonly #stopWatching: () => void;
  /** Where a reader found nothing, while nothing was made since: a thousand readers at the tail ask for the same. */
  #missedAt: number = nowhere;
  #missedOpen = false;

  constructor(feed: Feed, policy: Policy | undefined, framing: Framing, context: RenditionContext) {
    this.turns = context.turns;
    this.gathered = context.gathered;
    this.#feed = feed;
    this.#policy = policy;
    this.#framing = framing;
    this.#context = context;
    this.#stopWatching = feed.watch(() => {
      for (const task of this.#tasks) if (task.readers.size > 0) task.wake();
    });
  }

  /** The unit with which the reader goes on, or undefined: then it waits. */
  find(reader: Reader): Found | undefined {
    if (reader.next === this.#missedAt && reader.open === this.#missedOpen) return undefined;
    const behind = this.#pagesFrom(reader.next + 1);
    for (let at = behind - 1; at >= Math.max(0, behind - pagesLookedAt); at--) {
      const page = this.#pages[at] as Page;
      const index = page.indexAt(reader.next, reader.open);
      if (index < 0) continue;
      this.#context.cache.used(page);
      return { page, index };
    }
    this.#missedAt = reader.next;
    this.#missedOpen = reader.open;
    return undefined;
  }

  /** Calls the reader's `made`, once, when there may be something at its place. */
  wait(reader: Reader): void {
    const task = this.#taskFor(reader);
    // Moved to the end: used last.
    this.#tasks.delete(task);
    this.#tasks.add(task);
    task.readers.add(reader);
    task.wake();
  }

  /** The reader does not wait any more. */
  leave(reader: Reader): void {
    for (const task of this.#tasks) task.readers.delete(reader);
  }

  /**
   * Whether everything from `next` up to `to` lies in one unit that is still being gathered: then no page will have it before that
   * unit is complete.
   */
  isGathering(next: number, to: number): boolean {
    for (const { framer } of this.#tasks)
      if (framer !== undefined && framer.wanted <= next && framer.pendingFrom <= next && framer.position >= to)
        return true;
    return false;
  }

  close(): void {
    this.#stopWatching();
    for (const page of this.#pages.splice(0)) this.#context.cache.remove(page);
    for (const task of [...this.#tasks]) this.#drop(task);
  }

  /** For the cache. */
  forget(page: Page): void {
    const at = this.#pages.indexOf(page, this.#pagesFrom(page.from));
    if (at >= 0) this.#pages.splice(at, 1);
    for (const { framer } of this.#tasks) framer?.leavePage(page);
  }

  // What its framers ask.

  framerFor(readers: Iterable<Reader>): Framer {
    let wanted = Number.POSITIVE_INFINITY;
    let from = Number.POSITIVE_INFINITY;
    for (const reader of readers) {
      wanted = Math.min(wanted, reader.next);
      from = Math.min(from, this.#fromOf(reader));
    }
    const start = this.#policy === undefined ? wanted : frameStart(this.#policy, from, this.#feed.anchorEvery);
    const framer: Framer = new Framer(
      this.#feed,
      this.#policy,
      this.#framing,
      Math.max(start, this.#feed.earliest()),
      wanted,
      (capacityBytes, pageFrom, behindCut) => {
        const page = this.#context.cache.newPage(capacityBytes, pageFrom, behindCut, this);
        this.#pages.splice(this.#pagesFrom(pageFrom + 1), 0, page);
        return page;
      },
    );
    return framer;
  }

  advancing(): void {
    this.#missedAt = nowhere;
  }

  advanced(task: FramerTask, outcome: Outcome): boolean {
    const { framer, readers, isLate } = task;
    this.#missedAt = nowhere;
    if (framer === undefined || typeof outcome === 'object' || outcome === 'lost') {
      this.#drop(task);
      for (const reader of readers)
        if (typeof outcome === 'object') reader.failed(outcome.failed);
        else reader.made(isLate);
      return false;
    }
    if (outcome === 'idle') this.#idle(task, framer);
    for (const reader of readers) {
      if (outcome !== 'made' && reader.until > framer.position) continue;
      readers.delete(reader);
      reader.made(isLate);
    }
    return (outcome === 'busy' || outcome === 'blocked') && readers.size > 0;
  }

  /**
   * From where a framer must see the messages that come to the reader. The end of the block that is open may lie right at
   * `next`, as a unit of its own: a framer that begins there has not seen it.
   */
  #fromOf({ next, open }: Reader): number {
    return open && isByMessage(this.#framing) && next > this.#feed.earliest() ? next - 1 : next;
  }

  /** How many pages begin before `from`. */
  #pagesFrom(from: number): number {
    let low = 0;
    let high = this.#pages.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#pages[middle] as Page).from < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The framer that will come to the reader's place soonest, or a new one. */
  #taskFor(reader: Reader): FramerTask {
    const from = this.#fromOf(reader);
    let nearest: FramerTask | undefined;
    let nearestAt = nowhere;
    for (const task of this.#tasks) {
      const { framer } = task;
      if (
        framer === undefined ||
        framer.start > from ||
        framer.wanted > reader.next ||
        framer.pendingFrom > reader.next ||
        reader.next - framer.position > this.#feed.anchorEvery ||
        framer.position <= nearestAt
      )
        continue;
      nearest = task;
      nearestAt = framer.position;
    }
    return nearest ?? this.#forgetful(reader) ?? this.#begin(reader);
  }

  /** One that had to forget its lines begins again where its readers are, and whoever is near them may wait with them. */
  #forgetful({ next }: Reader): FramerTask | undefined {
    for (const task of this.#tasks)
      if (task.framer === undefined)
        for (const reader of task.readers) if (Math.abs(reader.next - next) <= this.#feed.anchorEvery) return task;
    return undefined;
  }

  #begin(reader: Reader): FramerTask {
    for (const task of this.#tasks) {
      if (this.#tasks.size < framesLimits.idleFramers.default) break;
      if (task.readers.size === 0) this.#drop(task);
    }
    const framer = this.framerFor([reader]);
    const task = new FramerTask(this, framer, this.#feed.tail() - framer.start > this.#feed.anchorEvery);
    this.#tasks.add(task);
    return task;
  }

  /** At the tail: two framers that have come to the same place are one from here on; and the clock may end the block. */
  #idle(task: FramerTask, framer: Framer): void {
    for (const other of this.#tasks) {
      if (other === task || other.isReading || other.framer === undefined || !framer.standsFor(other.framer)) continue;
      for (const reader of other.readers) task.readers.add(reader);
      this.#drop(other);
    }
    if (framer.waitsForSlot && task.readers.size > 0) this.#context.slots?.once(task.slotOver);
  }

  #drop(task: FramerTask): void {
    this.#tasks.delete(task);
    task.end();
  }
}
