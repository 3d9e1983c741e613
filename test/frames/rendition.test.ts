// What readers share: nothing is made for whom nobody waits, framers become one only where that loses nothing, and what is held
// is counted, whatever ends when.
import { describe, expect, it } from 'vitest';
import type { Feed } from '../../src/feed/feed.ts';
import { MemoryFeed } from '../../src/feed/logs/memory.ts';
import { PageCache } from '../../src/frames/cache.ts';
import { FramerTask } from '../../src/frames/framerTask.ts';
import { GatheredLines } from '../../src/frames/gatheredLines.ts';
import { framesLimits } from '../../src/frames/limits.ts';
import type { Page } from '../../src/frames/page.ts';
import type { Reader } from '../../src/frames/reader.ts';
import { Rendition } from '../../src/frames/rendition.ts';
import { Slots } from '../../src/frames/slots.ts';
import type { Task } from '../../src/frames/task.ts';
import { Turns } from '../../src/frames/turns.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import { LaterFeed, LineByLineFeed } from '../support/feeds.ts';
import { ManualClock } from '../support/manualClock.ts';
import { eventually } from '../support/server.ts';

function stage({ gatheredBytes = 67_108_864, cachedBytes = 67_108_864, anchorEvery = 4_096 } = {}) {
  const clock = new ManualClock();
  const memory = new MemoryFeed('memory', { clock, anchorEvery });
  const context = {
    turns: new Turns(),
    cache: new PageCache(cachedBytes),
    gathered: new GatheredLines(gatheredBytes),
    slots: undefined,
  };
  return {
    ...context,
    memory,
    append(count: number, bytes = 100) {
      for (let index = 0; index < count; index++) memory.append('x'.repeat(bytes));
    },
    rendition: (policy: Policy, feed: Feed = memory) => new Rendition(feed, policy, 'block', context),
  };
}

/** A reader that takes every unit it is told of, and writes down their ranges. */
class Taker implements Reader, Task {
  queued = false;
  next: number;
  readonly open = false;
  readonly until: number = Number.POSITIVE_INFINITY;
  hasRoom = true;
  readonly came: [from: number, to: number][] = [];
  readonly #rendition: Rendition;

  constructor(rendition: Rendition, next: number) {
    this.#rendition = rendition;
    this.next = next;
    rendition.wait(this);
  }

  made(isLate: boolean): void {
    if (isLate) this.#rendition.turns.addNext(this);
    else this.#rendition.turns.add(this);
  }

  run(): boolean {
    for (let found = this.#rendition.find(this); found !== undefined; found = this.#rendition.find(this)) {
      const to = found.page.unitTo(found.index);
      this.came.push([this.next, to]);
      this.next = to;
    }
    this.#rendition.wait(this);
    return false;
  }

  failed(cause: unknown): void {
    throw cause;
  }
}

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
}

describe('a rendition', () => {
  it('C1: nothing is framed for a reader whose socket has no room', async () => {
    const { rendition, append, cache, gathered } = stage();
    append(1_000);
    const shared = rendition({ size: 10 });
    const full = new Taker(shared, 0);
    full.hasRoom = false;
    await quiet();
    append(1);
    await quiet();
    expect(full.came).toEqual([]);
    expect([cache.bytes, gathered.bytes]).toEqual([0, 0]);
    full.hasRoom = true;
    shared.wait(full);
    await quiet();
    expect(full.next).toBe(1_000);
    shared.close();
    expect([cache.bytes, gathered.bytes]).toEqual([0, 0]);
  });

  it('C2: one whose feed cannot be read in this turn leaves it to the others', async () => {
    const { rendition, append, memory } = stage();
    append(10_000);
    let asked = 0;
    let isFull = true;
    const full = new Proxy(memory, {
      get: (target, name) => {
        if (name === 'read')
          return (from: number) => {
            asked++;
            return isFull ? undefined : target.read(from);
          };
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const waiting = new Taker(rendition({ size: 10 }, full), 0);
    let askedBefore = 0;
    class Noting extends Taker {
      override made(isLate: boolean): void {
        askedBefore ||= asked;
        super.made(isLate);
      }
    }
    const other = new Noting(rendition({ size: 10 }), 0);
    await eventually(() => other.next === 10_000);
    expect(askedBefore).toBe(1);
    expect(waiting.came).toEqual([]);
    isFull = false;
    await eventually(() => waiting.next === 10_000);
  });

  it('B1: who waits for messages to come does not take over those who wait for what is there', async () => {
    const { rendition, append, memory } = stage();
    append(5);
    // A feed that answers later: the framers come to the tail in different turns.
    const shared = rendition({ bytes: 1_000 }, new LaterFeed(memory));
    const ahead = new Taker(shared, 20);
    await quiet();
    const here = new Taker(shared, 3);
    for (let turn = 0; turn < 20; turn++) {
      shared.wait(ahead);
      await new Promise(setImmediate);
    }
    append(30);
    await eventually(() => here.next === 30 && ahead.next === 30);
    expect(here.came).toEqual([
      [3, 6],
      [6, 12],
      [12, 18],
      [18, 24],
      [24, 30],
    ]);
    expect(ahead.came).toEqual([
      [20, 24],
      [24, 30],
    ]);
    shared.close();
  });

  it('E1: a framer that is dropped while it reads makes no page afterwards', async () => {
    const { rendition, append, memory, cache, gathered } = stage();
    const later = new LaterFeed(memory);
    append(100);
    later.held = true;
    const shared = rendition({ size: 10 }, later);
    const reader = new Taker(shared, 0);
    await eventually(() => later.waiting > 0);
    shared.close();
    later.release();
    await quiet();
    expect([cache.bytes, gathered.bytes, reader.came.length]).toEqual([0, 0, 0]);
  });

  it('E1: framers that hold most forget their lines, begin again at an anchor, and make the same frames', async () => {
    const { rendition, append, gathered } = stage({ gatheredBytes: 20_000, anchorEvery: 64 });
    append(70);
    const sizes = [1_000, 1_001, 1_002, 1_003, 1_004, 5];
    const shared = sizes.map((size) => rendition({ size }));
    const readers = shared.map((one) => new Taker(one, 0));
    for (let count = 0; count < 15; count++) {
      append(70);
      await quiet();
      expect(gathered.bytes).toBeLessThanOrEqual(20_000);
    }
    for (const [index, { came }] of readers.entries()) {
      const size = sizes[index] as number;
      let at = 0;
      for (const [from, to] of came) {
        expect(from).toBe(at);
        expect(to % size === 0 || to % 64 === 0, `${to} with size ${size}`).toBe(true);
        at = to;
      }
      expect(at).toBe(size === 5 ? 1_120 : 1_088);
    }
    for (const one of shared) one.close();
    expect(gathered.bytes).toBe(0);
  });

  it('E1: of many who hold as much as each other, more than fits, each gets its frame in its turn', async () => {
    const { rendition, gathered } = stage({ gatheredBytes: 300_000 });
    const count = 24;
    const feed = new LineByLineFeed(1_000, 64);
    const shared = rendition({ size: 64 }, feed);
    // 40 behind an anchor: each must gather the frame before its own, too.
    const readers = Array.from({ length: count }, (_, index) => new Taker(shared, index * 6_400 + 40));
    // At worst one comes to its frame while all others gather in vain.
    const most = count * count * 2 * 64;
    while (readers.some(({ came }) => came.length === 0) && feed.reads < most) await new Promise(setImmediate);
    expect(readers.filter(({ came }) => came.length === 0)).toHaveLength(0);
    shared.close();
    await quiet();
    expect(gathered.bytes).toBe(0);
  });

  it('a feed that throws whatever it is asked fails its own readers, and nobody else', async () => {
    const { rendition, append, memory } = stage();
    append(5);
    let isBroken = false;
    const broken = new Proxy(memory, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (isBroken) throw new Error('the disk is gone');
          return Reflect.apply(value, target, args) as unknown;
        };
      },
    });
    const failures: unknown[] = [];
    class Failing extends Taker {
      override failed(cause: unknown): void {
        failures.push(cause);
      }
    }
    new Failing(rendition({ size: 10 }, broken), 0);
    // It must begin again, and cannot.
    const task = new FramerTask(
      {
        turns: new Turns(),
        gathered: new GatheredLines(1),
        framerFor: () => {
          throw new Error('the disk is gone');
        },
        advancing: () => undefined,
        advanced: (_task, outcome) => {
          failures.push((outcome as { failed: unknown }).failed);
          return false;
        },
      },
      undefined,
      true,
    );
    const other = new Taker(rendition({ size: 10 }), 0);
    task.readers.add(other);
    await quiet();
    isBroken = true;
    append(10);
    expect(task.run()).toBe(false);
    await eventually(() => other.next === 10 && failures.length === 2);
    expect(failures).toEqual([new Error('the disk is gone'), new Error('the disk is gone')]);
  });

  it('who waits for the end of a slot looks itself where the feed cannot say its time', () => {
    const clock = new ManualClock();
    let isBroken = false;
    const slots = new Slots(clock, 1_000_000, () => {
      if (isBroken) throw new Error('the disk is gone');
      return clock.nowMicros();
    });
    let over = 0;
    slots.once(() => over++);
    isBroken = true;
    clock.advance(1_000);
    expect(over).toBe(1);
    slots.once(() => over++);
    clock.advance(1_000);
    expect(over).toBe(2);
    slots.stop();
  });

  it('E1: what a page keeps of each of its units is counted as its bytes are, and is within the limit', () => {
    const maxBytes = 2_097_152;
    const cache = new PageCache(maxBytes);
    const pages = new Set<Page>();
    const owner = { forget: (page: Page) => pages.delete(page) };
    let held = 0;
    for (let index = 0; index < 40; index++) {
      const page = cache.newPage(framesLimits.pageBytes.default, index * 4_096, false, owner);
      pages.add(page);
      if (index % 3 === 0) held += page.hold();
      for (let unit = 0; unit < 4_096; unit++) {
        const from = page.from + unit;
        page.end(page.length + 60, from, from + 1, 'size', 0, 0);
        expect(cache.bytes).toBeLessThanOrEqual(maxBytes);
      }
      if (index % 3 === 0) held -= page.release(false);
      // Six numbers of eight bytes for each unit, and one of four for each cut.
      expect(page.memoryBytes).toBe(framesLimits.pageBytes.default + 4_096 * 52);
      expect(page.cutFrom(4_000)).toBe(4_000);
    }
    expect(pages.size).toBe(4);
    expect(cache.bytes).toBe([...pages].reduce((sum, { memoryBytes }) => sum + memoryBytes, 0));
    expect(held).toBe(0);
    for (const page of pages) cache.remove(page);
    expect(cache.bytes).toBe(0);
  });

  it('E1: pages that still grow are counted and forgotten as the others, and made again', async () => {
    const { rendition, append, cache } = stage({ cachedBytes: 1_048_576 });
    append(4_000);
    const shared = [7, 8, 9, 10, 11, 12, 13, 14].map((size) => rendition({ size }));
    const readers = shared.map((one, index) => new Taker(one, index * 100));
    await eventually(() => {
      expect(cache.bytes).toBeLessThanOrEqual(1_048_576);
      return readers.every(({ next }) => next >= 3_980);
    });
    for (const [index, { came }] of readers.entries()) {
      let at = index * 100;
      for (const [from, to] of came) {
        expect(from).toBe(at);
        at = to;
      }
    }
    for (const one of shared) one.close();
    expect(cache.bytes).toBe(0);
  });
});
