// Which acks are said: the last for all, with the blocks it covers.
import { expect, test } from 'vitest';
import { Acks } from '../../src/client/acks.ts';

test('ACK-1: many acks are one, to the furthest, with every block that was handed out before it', () => {
  const acks = new Acks();
  for (const to of [5, 10, 15, 20]) acks.handOut(to, to * 10);
  expect(acks.ack(5)).toBe(true);
  expect(acks.ack(15)).toBe(true);
  expect(acks.take()).toEqual({
    to: 15,
    blocks: [
      [5, 50],
      [10, 100],
      [15, 150],
    ],
  });
  expect(acks.take()).toBeUndefined();
});

test('an ack that goes back is none, and one inside a block tells of no block', () => {
  const acks = new Acks();
  acks.handOut(5, 1);
  acks.handOut(10, 1);
  acks.ack(7);
  acks.take();
  expect(acks.ack(5)).toBe(false);
  expect(acks.take()).toBeUndefined();
  expect(acks.ack(8)).toBe(true);
  expect(acks.take()).toEqual({ to: 8, blocks: [] });
});

test('says the last again after it may have been lost, and nothing where there was none', () => {
  const acks = new Acks();
  acks.repeat();
  expect(acks.take()).toBeUndefined();
  acks.handOut(5, 1);
  acks.ack(5);
  acks.take();
  acks.repeat();
  expect(acks.take()).toEqual({ to: 5, blocks: [] });
});

test('E1: never tells of more blocks than an ack may, however many wait', () => {
  const acks = new Acks();
  for (let to = 1; to <= 3_000; to++) {
    acks.handOut(to, 0);
    acks.ack(to);
  }
  const blocks = acks.take()?.blocks ?? [];
  expect(blocks).toHaveLength(1_000);
  expect(blocks[0]).toEqual([2_001, 0]);
  expect(blocks.at(-1)).toEqual([3_000, 0]);
});
