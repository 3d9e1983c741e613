// A feed in memory: what may be appended, what retention takes, and what is held.
import { describe, expect, it } from 'vitest';
import { sliceOf } from '../../src/feed/lines.ts';
import { MemoryFeed } from '../../src/feed/logs/memory.ts';
import { BlockfeedError } from '../../src/protocol/errors.ts';
import { ManualClock } from '../support/manualClock.ts';

function refusal(act: () => unknown): BlockfeedError {
  try {
    act();
  } catch (error) {
    if (error instanceof BlockfeedError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const dataOf = (feed: MemoryFeed, offset: number): unknown =>
  JSON.parse(sliceOf(feed.read(offset), offset, offset + 1).toString()).data;

describe('append', () => {
  it('F1: what JSON can hold is what a reader parses', () => {
    const feed = new MemoryFeed('memory');
    const values = [null, true, 0, -1.5, '', 'ä\u2028\u{1f40c}', [], {}, [[1, null], { a: { b: 'c' } }]];
    for (const value of values) expect(dataOf(feed, feed.append(value))).toEqual(value);
    expect(dataOf(feed, feed.append({ at: new Date(0), none: undefined }))).toEqual({ at: '1970-01-01T00:00:00.000Z' });
    expect(dataOf(feed, feed.append(Object.assign(Object.create(null), { a: 1 })))).toEqual({ a: 1 });
  });

  const circular: Record<string, unknown> = {};
  circular.self = circular;
  let deep: unknown = 0;
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  const throwing = {
    get a(): never {
      throw new Error('no');
    },
  };
  for (const [name, value, why] of [
    ['undefined', undefined, 'undefined'],
    ['undefined in an array', { a: [1, undefined] }, '.a[1] is undefined'],
    ['a hole in an array', [new Array(1)], '[0][0] is undefined'],
    ['NaN', Number.NaN, 'NaN'],
    ['Infinity, nested', { a: { b: [Number.POSITIVE_INFINITY] } }, '.a.b[0] is Infinity'],
    ['a BigInt', 10n, 'bigint'],
    ['a BigInt, nested', { n: 10n }, '.n is a bigint'],
    ['a function', { a: () => 1 }, '.a is a function'],
    ['a symbol', [Symbol('a')], '[0] is a symbol'],
    ['a map', { a: new Map([[1, 2]]) }, '.a is a Map'],
    ['bytes', Uint8Array.of(1, 2), 'Uint8Array'],
    ['half of a surrogate pair', { a: 'x\ud800' }, '.a has half'],
    ['half of a surrogate pair in a name', { 'x\udc00': 1 }, 'has half'],
    ['a date that is none', [new Date(Number.NaN), Number.NaN], '[1] is NaN'],
    ['a toJSON that gives nothing', { a: { toJSON: () => undefined } }, '.a is undefined'],
    ['what refers to itself', circular, 'refers to itself'],
    ['what is nested a hundred thousand deep', deep, 'too deep'],
    ['what throws when it is read', throwing, 'cannot be read'],
  ] as const)
    it(`refuses what JSON would drop or change: ${name}`, () => {
      const feed = new MemoryFeed('memory');
      const error = refusal(() => feed.append(value));
      expect(error).toMatchObject({ code: 'bad-option' });
      expect(error.message).toContain(why);
      expect(feed.tail()).toBe(0);
    });
});

describe('retention', () => {
  it('F5: earliest is an anchor, and never goes back', () => {
    const feed = new MemoryFeed('memory', { anchorEvery: 16 });
    for (let n = 0; n < 100; n++) feed.append(n);
    for (const [offset, earliest] of [
      [15, 0],
      [16, 16],
      [40, 32],
      [20, 32],
      [1_000, 96],
    ] as const) {
      feed.forget(offset);
      expect(feed.earliest()).toBe(earliest);
    }
    expect(feed.append('next')).toBe(100);
    expect(dataOf(feed, 99)).toBe(99);
    expect(refusal(() => feed.read(95))).toMatchObject({ code: 'storage' });
  });

  it('E1: beyond its memory the oldest messages are forgotten, up to an anchor, and what is held is what is counted', () => {
    const feed = new MemoryFeed('memory', { anchorEvery: 64, maxBytes: 300_000 });
    for (let n = 0; n < 20_000; n++) {
      feed.append('x'.repeat(n % 700));
      expect(feed.heldBytes).toBeLessThanOrEqual(300_000);
      expect(feed.earliest() % 64).toBe(0);
    }
    expect(feed.tail() - feed.earliest()).toBeGreaterThan(300);
    for (let offset = feed.earliest(); offset < feed.tail(); offset++)
      expect(dataOf(feed, offset)).toBe('x'.repeat(offset % 700));
  });

  it('E1: where no anchor has come since its memory is full, the message is refused, and says what to do', () => {
    const feed = new MemoryFeed('memory', { anchorEvery: 4_096, maxBytes: 300_000 });
    let appended = 0;
    const error = refusal(() => {
      for (; appended < 100; appended++) feed.append('x'.repeat(10_000));
    });
    expect(error).toMatchObject({ code: 'bad-option', hint: expect.stringContaining('anchorEvery') });
    expect(feed.tail()).toBe(appended);
    expect(appended).toBeGreaterThan(15);
    expect(feed.earliest()).toBe(0);
  });

  it('refuses an anchorEvery that is no power of two, and memory out of its range', () => {
    for (const anchorEvery of [0, 3, 4_095, 8_192, 1.5, Number.NaN])
      expect(refusal(() => new MemoryFeed('memory', { anchorEvery }))).toMatchObject({ about: 'anchorEvery' });
    expect(refusal(() => new MemoryFeed('memory', { maxBytes: 1_000 }))).toMatchObject({ about: 'maxBytes' });
    expect(new MemoryFeed('memory', { maxBytes: Number.POSITIVE_INFINITY, anchorEvery: 1 }).anchorEvery).toBe(1);
  });

  it('SUB-1: finds the first message of a time, or later, among those that are left', () => {
    const clock = new ManualClock();
    const feed = new MemoryFeed('memory', { clock, anchorEvery: 16 });
    const times: number[] = [];
    for (let n = 0; n < 2_000; n++) {
      if (n % 3 === 0) clock.advance(1);
      times.push(clock.nowMicros());
      feed.append(n);
    }
    feed.forget(100);
    for (const offset of [0, 95, 96, 97, 500, 1_500, 1_999])
      for (const past of [-1, 0, 1]) {
        const time = (times[offset] as number) + past;
        const first = times.findIndex((one, index) => index >= 96 && one >= time);
        expect(feed.offsetAt(time)).toBe(first < 0 ? 2_000 : first);
      }
  });
});
