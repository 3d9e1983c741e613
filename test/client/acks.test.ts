// Which acks are said: the last for all, with the blocks it covers.
import { expect, test } from 'vitest';
import { Acks } from '../../src/client/acks.ts';

test('ACK-1: many acks are one, to the furthest, with every block that was handed out before it', () => {
  const acks = new Acks(1_000);
  for (const to of [5, 10, 15, 20]) acks.handOut(to, to * 10);
  expect(acks.ack(5)).toBe(true);
  expect(acks.ack(15)).toBe(true);
  expect(acks.take()).toEqual([
    {
      to: 15,
      blocks: [
        [5, 50],
        [10, 100],
        [15, 150],
      ],
    },
  ]);
  expect(acks.take()).toEqual([]);
});

test('an ack that goes back is none, and one inside a block tells of no block', () => {
  const acks = new Acks(1_000);
  acks.handOut(5, 1);
  acks.handOut(10, 1);
  acks.ack(7);
  acks.take();
  expect(acks.ack(5)).toBe(false);
  expect(acks.take()).toEqual([]);
  expect(acks.ack(8)).toBe(true);
  expect(acks.take()).toEqual([{ to: 8, blocks: [] }]);
});

test('says the last again after it may have been lost, and nothing where there was none', () => {
  const acks = new Acks(1_000);
  acks.repeat();
  expect(acks.take()).toEqual([]);
  acks.handOut(5, 1);
  acks.ack(5);
  acks.take();
  acks.repeat();
  expect(acks.take()).toEqual([{ to: 5, blocks: [] }]);
});

test('ACK-6: more blocks than one ack may tell of are told by several, in their order', () => {
  const acks = new Acks(100_000);
  for (let to = 1; to <= 2_500; to++) acks.handOut(to, to % 7);
  acks.ack(2_500);
  const said = acks.take();
  expect(said.map(({ to, blocks }) => [to, blocks.length])).toEqual([
    [1_000, 1_000],
    [2_000, 1_000],
    [2_500, 500],
  ]);
  expect(said.flatMap(({ blocks }) => blocks)).toEqual(
    Array.from({ length: 2_500 }, (_, index) => [index + 1, (index + 1) % 7]),
  );
  expect(acks.take()).toEqual([]);
});

test('E1: never keeps more blocks than its window has, however many are never acked, or wait to be said', () => {
  for (const isAcked of [true, false]) {
    const acks = new Acks(1_000);
    for (let to = 1; to <= 3_000; to++) {
      acks.handOut(to, 0);
      if (isAcked) acks.ack(to);
    }
    acks.ack(3_001);
    const [said, ...others] = acks.take();
    expect(others).toEqual([]);
    expect(said?.to).toBe(3_001);
    expect(said?.blocks).toHaveLength(1_000);
    expect(said?.blocks[0]).toEqual([2_001, 0]);
    expect(said?.blocks.at(-1)).toEqual([3_000, 0]);
  }
});

test('an ack that is said again is no news, unless it goes further by then', () => {
  const acks = new Acks(1_000);
  expect(acks.hasNews).toBe(false);
  acks.ack(5);
  expect(acks.hasNews).toBe(true);
  acks.take();
  acks.repeat();
  expect(acks.hasNews).toBe(false);
  expect(acks.take()).toEqual([{ to: 5, blocks: [] }]);
  acks.repeat();
  acks.ack(10);
  expect(acks.hasNews).toBe(true);
  expect(acks.take()).toEqual([{ to: 10, blocks: [] }]);
  expect(acks.take()).toEqual([]);
});
