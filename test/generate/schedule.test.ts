// The times of generated messages against arithmetic that cannot round.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeSchedule, type Rate } from '../../src/generate/schedule.ts';

const safe = Number.MAX_SAFE_INTEGER;
// 2200-01-01, the latest origin there is.
const latestOrigin = 7_258_118_400_000_000;

const someThousandths = fc.oneof(
  fc.integer({ min: 1, max: 1_000_000_000 }),
  fc.constantFrom(1, 3, 7, 500, 999, 1_000, 1_001, 333_333, 1_000_000, 999_999_999, 999_999_937, 1_000_000_000),
);
const someOrigin = fc.oneof(fc.constantFrom(0, 1, latestOrigin), fc.integer({ min: 0, max: latestOrigin }));
const asRate = (thousandths: number): Rate => ({ messages: thousandths, seconds: 1_000 });
const exactDue = (offset: number, thousandths: number, origin: number) =>
  BigInt(origin) + (BigInt(offset) * 1_000_000_000n) / BigInt(thousandths);

test('the time of any message is origin + floor(n * 10^6 / rate), exactly', () => {
  fc.assert(
    fc.property(
      someThousandths,
      someOrigin,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (thousandths, origin, part) => {
        const schedule = makeSchedule(asRate(thousandths), origin);
        for (const offset of [Math.floor(part * (schedule.end - 1)), Math.floor(part * 10_000), 0, schedule.end - 1]) {
          if (offset >= schedule.end) continue;
          const due = schedule.dueMicros(offset);
          expect(BigInt(due)).toBe(exactDue(offset, thousandths, origin));
          expect(due).toBeLessThanOrEqual(safe);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test('the end is the first offset that is, or whose time is, no safe integer any more', () => {
  fc.assert(
    fc.property(someThousandths, someOrigin, (thousandths, origin) => {
      const { end, dueMicros } = makeSchedule(asRate(thousandths), origin);
      expect(end).toBeLessThanOrEqual(safe);
      expect(dueMicros(end - 1)).toBeLessThanOrEqual(safe);
      expect(dueMicros(end)).toBe(Number.POSITIVE_INFINITY);
      expect(end === safe || exactDue(end, thousandths, origin) > BigInt(safe)).toBe(true);
    }),
  );
});

test('the tail counts exactly the messages due, and firstAt finds the first of a time or later', () => {
  fc.assert(
    fc.property(
      someThousandths,
      someOrigin,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: -2, max: 2 }),
      (thousandths, origin, part, beside) => {
        const schedule = makeSchedule(asRate(thousandths), origin);
        const { end } = schedule;
        const near = schedule.dueMicros(Math.floor(part * (end - 1)));
        for (const time of [Math.min(safe - 1, near + beside), Math.floor(part * (safe - 1)), origin, origin - 1]) {
          const tail = schedule.tailAt(time);
          if (tail > 0) expect(exactDue(tail - 1, thousandths, origin)).toBeLessThanOrEqual(BigInt(time));
          if (tail < end) expect(exactDue(tail, thousandths, origin)).toBeGreaterThan(BigInt(time));
          const first = schedule.firstAt(time);
          if (first > 0) expect(exactDue(first - 1, thousandths, origin)).toBeLessThan(BigInt(time));
          if (first < end) expect(exactDue(first, thousandths, origin)).toBeGreaterThanOrEqual(BigInt(time));
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test('one every 2 s: message 5 is due 10 s after the origin, and then the tail is 6', () => {
  const schedule = makeSchedule({ messages: 500, seconds: 1_000 }, 1_000);
  expect(schedule.dueMicros(5)).toBe(10_001_000);
  expect(schedule.tailAt(10_000_999)).toBe(5);
  expect(schedule.tailAt(10_001_000)).toBe(6);
  expect(schedule.firstAt(10_000_999)).toBe(5);
  expect(schedule.firstAt(10_001_001)).toBe(6);
});

test('before its origin a feed has nothing', () => {
  const schedule = makeSchedule(asRate(1_000), latestOrigin);
  expect(schedule.tailAt(latestOrigin - 1)).toBe(0);
  expect(schedule.firstAt(latestOrigin - 1)).toBe(0);
  expect(schedule.tailAt(latestOrigin)).toBe(1);
});

test('with rate max message n has the time origin + n, and all are there at any time', () => {
  const schedule = makeSchedule('max', 1_000);
  expect(schedule.paced).toBe(false);
  expect(schedule.end).toBe(safe - 1_000 + 1);
  expect(makeSchedule('max', 0).end).toBe(safe);
  for (const time of [0, 1_000, safe]) expect(schedule.tailAt(time)).toBe(schedule.end);
  expect(schedule.dueMicros(schedule.end - 1)).toBe(safe);
  expect(schedule.firstAt(1_007)).toBe(7);
  expect(schedule.firstAt(safe)).toBe(schedule.end - 1);
});

test('a time beyond all messages, or with a fraction, is answered too', () => {
  const schedule = makeSchedule(asRate(1_000), 0);
  expect(schedule.tailAt(Number.POSITIVE_INFINITY)).toBe(schedule.end);
  expect(schedule.firstAt(Number.POSITIVE_INFINITY)).toBe(schedule.end);
  expect(schedule.firstAt(0.5)).toBe(1);
  expect(schedule.tailAt(0.5)).toBe(1);
});
