// How far apart a generated feed's anchors lie.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anchorEveryOf } from '../../src/generate/anchors.ts';
import { generatedFeed } from '../../src/generate/index.ts';

it('E1: between two anchors of a generated feed lie at most 1 MiB, or one message, and at most 4,096 messages', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (maxLineBytes) => {
      const every = anchorEveryOf(maxLineBytes, 0);
      expect(Number.isInteger(Math.log2(every))).toBe(true);
      expect(every).toBeGreaterThanOrEqual(1);
      expect(every).toBeLessThanOrEqual(4_096);
      expect(every === 1 || every * maxLineBytes <= 1_048_576).toBe(true);
      // Not closer than need be.
      expect(every === 4_096 || every * 2 * maxLineBytes > 1_048_576).toBe(true);
    }),
  );
});

it('E1: a feed of long lines has close anchors, one of short lines has them far apart', () => {
  expect(generatedFeed('short', 'counter').anchorEvery).toBe(4_096);
  expect(generatedFeed('long', 'counter?pad=900000').anchorEvery).toBe(1);
});
