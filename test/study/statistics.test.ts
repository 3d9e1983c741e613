// Statistics against known answers: what is recovered of synthetic data, how often, and quantiles against exact ones.
import fc from 'fast-check';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it, test } from 'vitest';
import { Distribution } from '../../src/study/statistics/distribution.ts';
import { fitLine, median, type Observation } from '../../src/study/statistics/fit.ts';
import { differ, meanOf } from '../../src/study/statistics/mean.ts';
import { studentQuantile } from '../../src/study/statistics/student.ts';

/** Uniform numbers and normal ones (Box and Muller), from a seed. */
function randomFrom(seed: number): { uniform: () => number; normal: () => number } {
  const generator = xoroshiro128plus(seed);
  const uniform = () => uniformFloat64(generator);
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

const sizes = [1, 3, 10, 30, 100, 300, 1_000, 3_000];

function noisy(a: number, b: number, deviation: number, normal: () => number): Observation[] {
  return sizes.map((x) => ({ x, y: (a + b * x) * Math.exp(deviation * normal()) }));
}

describe('the fit of a + b n', () => {
  it('recovers a and b exactly where nothing is noisy', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 1e4, noNaN: true }),
        fc.double({ min: 1e-3, max: 100, noNaN: true }),
        (a, b) => {
          const line = fitLine(sizes.map((x) => ({ x, y: a + b * x })));
          expect((line?.intercept.value ?? 0) / a).toBeCloseTo(1, 6);
          expect((line?.slope.value ?? 0) / b).toBeCloseTo(1, 6);
        },
      ),
    );
  });

  // 1,000 fits a case: chance moves the share by 0.7 %.
  it.each([
    { a: 100, b: 0.5, deviation: 0.03 },
    { a: 5, b: 2, deviation: 0.1 },
    { a: 1_000, b: 1, deviation: 0.01 },
  ])(
    'its 95 % intervals hold the true a and b in 95 of 100 cases: $a + $b n, noise $deviation',
    ({ a, b, deviation }) => {
      const { normal } = randomFrom(7);
      const runs = 1_000;
      let aHeld = 0;
      let bHeld = 0;
      for (let run = 0; run < runs; run++) {
        const line = fitLine(noisy(a, b, deviation, normal));
        if (line === undefined) throw new Error('there are sizes enough');
        if (line.intercept.low <= a && a <= line.intercept.high) aHeld++;
        if (line.slope.low <= b && b <= line.slope.high) bHeld++;
      }
      for (const held of [aHeld, bHeld]) {
        expect(held / runs).toBeGreaterThan(0.91);
        expect(held / runs).toBeLessThanOrEqual(0.99);
      }
    },
  );

  it('is moved little by a disturbed size, where least squares is moved much', () => {
    const { normal } = randomFrom(3);
    const observations = noisy(100, 0.5, 0.01, normal);
    const disturbed = observations.map(({ x, y }) => ({ x, y: x === 30 ? y * 4 : y }));
    const line = fitLine(disturbed);
    expect(line?.intercept.value).toBeGreaterThan(90);
    expect(line?.intercept.value).toBeLessThan(115);
    expect(line?.slope.value).toBeGreaterThan(0.45);
    expect(line?.slope.value).toBeLessThan(0.55);
  });

  it('gives no cost below zero, and intervals that hold their value', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), { minLength: 3, maxLength: 8 }), (costs) => {
        const line = fitLine(costs.map((y, index) => ({ x: sizes[index] as number, y })));
        if (line === undefined) throw new Error('there are sizes enough');
        for (const { value, low, high } of [line.intercept, line.slope]) {
          expect(low).toBeGreaterThanOrEqual(0);
          expect(low).toBeLessThanOrEqual(value);
          expect(value).toBeLessThanOrEqual(high);
          expect(high).toBeLessThan(Number.POSITIVE_INFINITY);
        }
      }),
    );
  });

  it('needs three sizes', () => {
    expect(
      fitLine([
        { x: 1, y: 1 },
        { x: 2, y: 2 },
        { x: 2, y: 2.1 },
      ]),
    ).toBeUndefined();
  });
});

describe('quantiles of a distribution', () => {
  it('are the exact ones to a thousandth', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100_000_000 }), { minLength: 1, maxLength: 500 }), (values) => {
        const distribution = new Distribution();
        for (const value of values) distribution.record(value);
        const sorted = [...values].sort((left, right) => left - right);
        const exact = (percentile: number) =>
          sorted[Math.max(0, Math.ceil((percentile / 100) * sorted.length) - 1)] as number;
        const { count, mean, min, p50, p90, p99, p999, max, curve } = distribution.quantiles();
        expect(count).toBe(values.length);
        for (const ascending of [
          [min, p50, p90, p99, p999, max],
          [...curve.map(([, value]) => value), max],
          [mean, max],
        ])
          expect(ascending).toEqual(ascending.toSorted((left, right) => left - right));
        for (const [percentile, value] of [
          [0, min],
          [50, p50],
          [90, p90],
          [99, p99],
          [99.9, p999],
          [100, max],
          ...curve,
        ] as const) {
          expect(value).toBeGreaterThanOrEqual(exact(percentile) * 0.999 - 1);
          expect(value).toBeLessThanOrEqual(exact(percentile) * 1.001 + 1);
        }
      }),
    );
  });

  it('are the same when messages of a block are recorded at once, one by one, or in another process', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.integer({ min: 1, max: 3_000 }),
        (least, width, count) => {
          const [together, apart] = [new Distribution(), new Distribution()];
          together.recordEvenly(least, least + width, count);
          for (let index = 0; index < count; index++)
            apart.record(count === 1 ? least + width : least + (width * index) / (count - 1));
          const sent = Distribution.decode(together.encode());
          for (const found of [together.quantiles(), sent.quantiles()]) {
            const wanted = apart.quantiles();
            expect(found.count).toBe(wanted.count);
            for (const key of ['mean', 'min', 'p50', 'p90', 'p99', 'p999', 'max'] as const)
              expect(Math.abs(found[key] - wanted[key]), key).toBeLessThanOrEqual(wanted[key] * 0.002 + 2);
          }
        },
      ),
    );
  });

  it('of nothing are zero, and below zero counts as zero', () => {
    expect(new Distribution().quantiles()).toMatchObject({ count: 0, p50: 0, max: 0, curve: [] });
    const distribution = new Distribution();
    distribution.record(-5);
    expect(distribution.quantiles()).toMatchObject({ count: 1, min: 0, max: 0 });
  });
});

test("Student's quantiles are those of the tables", () => {
  const table = [
    [1, 12.7062],
    [2, 4.3027],
    [3, 3.1824],
    [4, 2.7764],
    [5, 2.5706],
    [8, 2.306],
    [20, 2.086],
    [120, 1.9799],
  ] as const;
  for (const [freedom, t] of table) expect(studentQuantile(0.05, freedom) / t).toBeCloseTo(1, 2.5);
});

test('means that differ by noise alone are found to differ in about 5 of 100 cases, and those five deviations apart always', () => {
  const { normal } = randomFrom(11);
  const draw = (mean: number) => Array.from({ length: 5 }, () => mean + normal());
  const runs = 1_000;
  let found = 0;
  let held = 0;
  for (let run = 0; run < runs; run++) {
    if (differ(draw(100), draw(100))) found++;
    const { low, high } = meanOf(draw(100));
    if (low <= 100 && 100 <= high) held++;
    expect(differ(draw(100), draw(105))).toBe(true);
  }
  expect(found / runs).toBeGreaterThan(0.02);
  expect(found / runs).toBeLessThan(0.07);
  expect(held / runs).toBeGreaterThan(0.93);
  expect(held / runs).toBeLessThan(0.97);
});

test('the median of an even count lies between the two in the middle', () => {
  expect(median([4, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});
