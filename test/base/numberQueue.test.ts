// A queue of records of numbers: as an array of records, in memory that grows and shrinks with what is in it.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NumberQueue } from '../../src/base/numberQueue.ts';

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ push: fc.integer({ min: 1, max: 200 }) }) },
    fc.record({ drop: fc.integer({ min: 0, max: 300 }) }),
    { weight: 1, arbitrary: fc.constant({ clear: true }) },
  ),
  { maxLength: 60 },
);

it('is what an array of records would be, whatever is pushed and dropped', () => {
  fc.assert(
    fc.property(fc.constantFrom(2 as const, 3 as const, 4 as const), steps, (stride, acts) => {
      const queue = new NumberQueue(stride);
      let model: number[][] = [];
      let next = 0;
      for (const act of acts) {
        if ('push' in act)
          for (let count = 0; count < act.push; count++, next++) {
            const foretold = queue.bytesWithNext;
            const record = [next, next * 2, next * 3, next * 4] as const;
            queue.push(...record);
            model.push(record.slice(0, stride));
            expect(queue.bytes).toBe(foretold);
          }
        else if ('drop' in act) {
          const count = Math.min(act.drop, model.length);
          queue.drop(count);
          model = model.slice(count);
        } else {
          queue.clear();
          model = [];
          expect(queue.bytes).toBe(0);
        }
        const read = Array.from({ length: queue.length }, (_, index) =>
          Array.from({ length: stride }, (_none, column) => queue.at(index, column)),
        );
        expect(read).toEqual(model);
        expect(queue.bytes).toBeLessThanOrEqual(Math.max(128, 4 * model.length) * stride * 8);
      }
    }),
  );
});

it('E1: a hundred thousand blocks of four numbers are 4 MiB, and give it back when they are dropped', () => {
  const queue = new NumberQueue(4);
  for (let index = 0; index < 100_000; index++) queue.push(index, index, index, index);
  expect(queue.bytes).toBe(131_072 * 32);
  queue.drop(100_000);
  expect(queue.bytes).toBe(128 * 32);
});

it('keeps its memory where it fills and empties again and again', () => {
  const queue = new NumberQueue(4);
  for (let index = 0; index < 64; index++) queue.push(index, 0, 0, 0);
  const { bytes } = queue;
  for (let round = 0; round < 3; round++) {
    queue.drop(64);
    expect(queue.bytes).toBe(bytes);
    for (let index = 0; index < 64; index++) queue.push(index, 0, 0, 0);
    expect(queue.bytes).toBe(bytes);
  }
});
