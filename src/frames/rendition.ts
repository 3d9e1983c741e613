// A rendition: a feed's recent messages laid out as the bytes of one way of sending them, made once and shared by all who
// read that way. Readers are cursors: they look up the page at their place, and where there is none they wait at the
// framer that will make it.

import type { Feed } from '../feed/feed.ts';
import { anchor, lookBackMessages } from '../protocol/cut.ts';
import type { Policy } from '../protocol/policy.ts';
import type { PageCache } from './cache.ts';
import { Framer, type Progress } from './framer.ts';
import { type Framing, isByMessage } from './framing.ts';
import type { Page } from './page.ts';
import type { Slots } from './slots.ts';
import type { Task, Turns } from './turns.ts';

/** Who reads a rendition. */
export interface Reader {
  /** The next message it wants. */
  readonly next: number;
  /** Whether it has lines of a block whose end it was not told. */
  readonly open: boolean;
  /** Where it stops, or Infinity. */
  readonly until: number;
  /** There may be something for it: look again. */
  wake(): void;
  /** The feed could not be read. */
  failed(cause: unknown): void;
}

/** A place in a rendition's pages. */
export interface Found {
  readonly page: Page;
  readonly index: number;
}

/** What a rendition needs of the server it is in. */
export interface RenditionContext {
  readonly turns: Turns;
  readonly cache: PageCache;
  /** Where framers wait for the end of a slot; undefined where the policy has no wait. */
  readonly slots: Slots | undefined;
}

/** How many framers that nobody waits for are kept, so that a reader who comes back goes on cheaply. */
const idleFramersMax = 16;

const nowhere = -1;

export class Rendition {
  readonly #feed: Feed;
  readonly #policy: Policy | undefined;
  readonly #framing: Framing;
  readonly #context: RenditionContext;
  /** In the order in which they were begun. */
  #pages: Page[] = [];
  /** The one used last at the end. */
  readonly #framers: Set<FramerTask> = new Set();
  readonly #stopWatching: () => void;
  /** Where a reader found nothing, while nothing was made since: a thousand readers at the tail ask for the same. */
  #missedAt: number = nowhere;
  #missedOpen = false;

  constructor(feed: Feed, policy: Policy | undefined, framing: Framing, context: RenditionContext) {
    this.#feed = feed;
    this.#policy = policy;
    this.#framing = framing;
    this.#context = context;
    this.#stopWatching = feed.watch(() => {
      for (const task of this.#framers) if (task.readers.size > 0) context.turns.add(task);
    });
  }

  /** The unit with which the reader goes on, or undefined: then it waits. */
  find(reader: Reader): Found | undefined {
    if (reader.next === this.#missedAt && reader.open === this.#missedOpen) return undefined;
    for (let at = this.#pages.length - 1; at >= 0; at--) {
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

  /** Wakes the reader, once, when there may be something at its place. */
  wait(reader: Reader): void {
    const task = this.#framerFor(reader);
    // Moved to the end: used last.
    this.#framers.delete(task);
    this.#framers.add(task);
    task.readers.add(reader);
    this.#context.turns.add(task);
  }

  /** The reader does not wait any more. */
  leave(reader: Reader): void {
    for (const task of this.#framers) task.readers.delete(reader);
  }

  /**
   * Whether everything from `next` up to `to` lies in one unit that is still being gathered: then no page will have it before that
   * unit is complete.
   */
  isGathering(next: number, to: number): boolean {
    for (const { framer } of this.#framers)
      if (framer.wanted <= next && framer.pendingFrom <= next && framer.position >= to) return true;
    return false;
  }

  close(): void {
    this.#stopWatching();
    for (const page of this.#pages) this.#context.cache.remove(page);
    this.#pages = [];
    for (const task of this.#framers) task.isOver = true;
    this.#framers.clear();
  }

  /** For the cache. */
  forget(page: Page): void {
    const at = this.#pages.indexOf(page);
    if (at >= 0) this.#pages.splice(at, 1);
  }

  /** The framer that will come to the reader's place soonest, or a new one. */
  #framerFor({ next, open }: Reader): FramerTask {
    // The end of the block that is open may lie right at `next`, as a unit of its own: a framer that begins there has not
    // seen it.
    const from = open && isByMessage(this.#framing) && next > this.#feed.earliest() ? next - 1 : next;
    let nearest: FramerTask | undefined;
    for (const task of this.#framers) {
      const { framer } = task;
      if (
        framer.start > from ||
        framer.wanted > next ||
        framer.pendingFrom > next ||
        next - framer.position > lookBackMessages
      )
        continue;
      if (nearest === undefined || framer.position > nearest.framer.position) nearest = task;
    }
    return nearest ?? this.#begin(next, from);
  }

  #begin(next: number, from: number): FramerTask {
    for (const task of this.#framers) {
      if (this.#framers.size < idleFramersMax) break;
      if (task.readers.size === 0) this.#drop(task);
    }
    const start = this.#policy === undefined ? next : anchor(this.#policy, from);
    const framer = new Framer(
      this.#feed,
      this.#policy,
      this.#framing,
      Math.max(start, this.#feed.earliest()),
      next,
      (capacityBytes, behindCut, full) => {
        const page = this.#context.cache.newPage(capacityBytes, behindCut);
        this.#pages.push(page);
        if (full !== undefined) this.#context.cache.add(full, this);
        return page;
      },
    );
    const task = new FramerTask(
      framer,
      this.#context.turns,
      (made) => this.#advanced(task, made),
      () => {
        this.#missedAt = nowhere;
      },
    );
    this.#framers.add(task);
    return task;
  }

  #advanced(task: FramerTask, progress: Outcome): void {
    const { framer, readers } = task;
    this.#missedAt = nowhere;
    if (!this.#framers.has(task)) return;
    if (typeof progress === 'object' || progress === 'lost') {
      this.#drop(task);
      for (const reader of readers) progress === 'lost' ? reader.wake() : reader.failed(progress.failed);
      return;
    }
    if (progress === 'idle') this.#idle(task);
    for (const reader of readers) {
      if (progress !== 'made' && reader.until > framer.position) continue;
      readers.delete(reader);
      reader.wake();
    }
    if (progress === 'busy' && readers.size > 0) this.#context.turns.add(task);
  }

  /** At the tail: two framers that have come to the same place are one from here on; and the clock may end the block. */
  #idle(task: FramerTask): void {
    for (const other of this.#framers) {
      if (other === task || other.framer.position !== task.framer.position) continue;
      if (other.framer.pendingFrom !== task.framer.pendingFrom || other.isReading) continue;
      for (const reader of other.readers) task.readers.add(reader);
      this.#drop(other);
    }
    if (task.framer.waitsForSlot && task.readers.size > 0) this.#context.slots?.once(task.slotOver);
  }

  #drop(task: FramerTask): void {
    task.isOver = true;
    this.#framers.delete(task);
    if (task.framer.page !== undefined) this.#context.cache.add(task.framer.page, this);
  }
}

type Outcome = Progress | { readonly failed: unknown };

/** A framer, who waits for it, and its turns. */
class FramerTask implements Task {
  queued = false;
  /** It makes nothing any more, though it may be queued still: its page was given to the cache. */
  isOver = false;
  readonly framer: Framer;
  readonly readers: Set<Reader> = new Set();
  readonly slotOver: () => void;
  readonly #turns: Turns;
  readonly #done: (outcome: Outcome) => void;
  readonly #advancing: () => void;
  #reading = false;

  /** `done` hears what became of each turn; `advancing`, that units may be there before that is known. */
  constructor(framer: Framer, turns: Turns, done: (outcome: Outcome) => void, advancing: () => void) {
    this.framer = framer;
    this.#turns = turns;
    this.#done = done;
    this.#advancing = advancing;
    this.slotOver = () => {
      if (this.readers.size > 0) turns.add(this);
    };
  }

  /** Whether it waits for a feed that answers later. */
  get isReading(): boolean {
    return this.#reading;
  }

  run(): void {
    if (this.#reading || this.isOver) return;
    let progress: Progress | Promise<Progress>;
    try {
      progress = this.framer.advance(this.#turns.untilMs);
    } catch (cause) {
      this.#failed(cause);
      return;
    }
    if (!(progress instanceof Promise)) {
      this.#done(progress);
      return;
    }
    this.#advancing();
    this.#reading = true;
    progress.then(
      (made) => {
        this.#reading = false;
        this.#done(made);
      },
      (cause: unknown) => {
        this.#reading = false;
        this.#failed(cause);
      },
    );
  }

  /** What retention took while it was being read is a gap, no failure. */
  #failed(cause: unknown): void {
    this.#done(this.framer.isLost ? 'lost' : { failed: cause });
  }
}
