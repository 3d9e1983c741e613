// Full jitter: uniform between nothing and a bound that doubles up to the cap.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fullJitterMs } from '../../src/base/backoff.ts';

const anyBackoff = fc.record({
  firstMs: fc.integer({ min: 1, max: 60_000 }),
  capMs: fc.integer({ min: 1, max: 3_600_000 }),
});
const anyAttempt = fc.oneof(fc.nat(70), fc.maxSafeNat());
const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

it('a wait is never below 0 and always below the cap, and below the first wait doubled for each repeat', () => {
  fc.assert(
    fc.property(anyBackoff, anyAttempt, anyRandom, (backoff, attempt, random) => {
      const waitMs = fullJitterMs(attempt, backoff, () => random);
      expect(waitMs).toBeGreaterThanOrEqual(0);
      expect(waitMs).toBeLessThan(backoff.capMs);
      expect(waitMs).toBeLessThan(backoff.firstMs * 2 ** attempt);
    }),
  );
});

it('the range of waits is 500 ms, 1 s, 2 s … and stays at the cap', () => {
  const backoff = { firstMs: 500, capMs: 20_000 };
  const middles = [0, 1, 2, 3, 4, 5, 6, 7, 1_000].map((attempt) => fullJitterMs(attempt, backoff, () => 0.5));
  expect(middles).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
});

it('two clients of one attempt do not wait alike: the wait is as random as what is drawn', () => {
  const backoff = { firstMs: 500, capMs: 20_000 };
  expect([0, 0.25, 0.75].map((random) => fullJitterMs(3, backoff, () => random))).toEqual([0, 1_000, 3_000]);
});
