// Which framer may stand for which.
import { expect, it } from 'vitest';
import { MemoryFeed } from '../../src/feed/logs/memory.ts';
import { Framer } from '../../src/frames/framer.ts';
import { Page } from '../../src/frames/page.ts';

it('B1: a framer stands for another only where it makes all that the other would make', () => {
  const feed = new MemoryFeed('memory');
  for (let n = 0; n < 5; n++) feed.append(n);
  const at = (start: number, wanted: number, framing: 'block' | 'message') => {
    const framer = new Framer(
      feed,
      { bytes: 1_000 },
      framing,
      start,
      wanted,
      (bytes, from, behindCut) => new Page(bytes, from, behindCut, () => undefined),
    );
    while (!framer.isAtTail) expect(framer.advance(Number.POSITIVE_INFINITY)).not.toBe('lost');
    return framer;
  };
  for (const framing of ['block', 'message'] as const) {
    const here = at(0, 3, framing);
    const ahead = at(0, 20, framing);
    expect(here.standsFor(ahead)).toBe(true);
    // Of what ends before 20 it keeps nothing.
    expect(ahead.standsFor(here)).toBe(false);
    // It has not seen what is open: the end of that would never be told.
    expect(at(5, 5, framing).standsFor(here)).toBe(false);
    feed.append('one more');
    expect(here.standsFor(at(0, 3, framing))).toBe(false);
  }
});

it('C2: a framer that has taken everything is at the tail, also where its time was over by then', () => {
  const feed = new MemoryFeed('memory');
  for (let n = 0; n < 5; n++) feed.append(n);
  const newPage = (bytes: number, from: number, behindCut: boolean) =>
    new Page(bytes, from, behindCut, () => undefined);
  const framer = new Framer(feed, { size: 1 }, 'block', 0, 0, newPage);
  // The machine may have done something else for a while: it is not late for that.
  expect(framer.advance(Number.NEGATIVE_INFINITY)).toBe('made');
  expect(framer.isAtTail).toBe(true);
});
