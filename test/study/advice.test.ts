// Fits and advice, from measurements whose truth is known.

import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { adviceOf } from '../../src/study/advice.ts';
import { fitsOf, predictionErrorOf } from '../../src/study/fits.ts';
import type { Measurement, Point, Quantiles } from '../../src/study/result.ts';

const sizes = [1, 4, 16, 64, 256, 1_024];
const noTimes: Quantiles = { count: 0, mean: 0, min: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0, curve: [] };

/** Rounds of one point of each size; `of` says what is particular. */
function measured(
  rate: Point['rate'],
  of: (size: number, noise: () => number) => Partial<Measurement>,
  options: { readonly rounds?: number; readonly deviation?: number; readonly sizes?: readonly number[] } = {},
): Measurement[] {
  const generator = xoroshiro128plus(5);
  const noise = () => 1 + (uniformFloat64(generator) - 0.5) * 2 * (options.deviation ?? 0.01);
  return Array.from({ length: options.rounds ?? 3 }, (_, round) =>
    (options.sizes ?? sizes).map((size, order) => ({
      point: { delivery: 'block', size, clients: 1, rate, messageBytes: 128 } as const,
      round,
      order,
      durationMicros: 1_000_000,
      blocks: 10,
      messages: 10 * size,
      bytes: 1_280 * size,
      messagesPerSecond: 1,
      bytesPerSecond: 128,
      clientMessagesPerSecond: { min: 1, median: 1, max: 1 },
      blockMicros: 1,
      took: noTimes,
      span: noTimes,
      requestToReceipt: noTimes,
      wait: undefined,
      latency: undefined,
      keptUp: true,
      serverCpuPerMillion: undefined,
      clientCpuPerMillion: undefined,
      wireBytesPerMessage: undefined,
      serverRssBytes: undefined,
      eventLoopDelay: undefined,
      ...of(size, noise),
    })),
  ).flat();
}

const cost = (a: number, b: number) => (size: number, noise: () => number) => {
  const blockMicros = (a + b * size) * noise();
  return { blockMicros, messagesPerSecond: (size * 1_000_000) / blockMicros };
};
const latency = (p99: (size: number) => number) => (size: number, noise: () => number) => ({
  latency: { ...noTimes, count: 1_000, p99: p99(size) * noise() },
});

describe('the fits of a study', () => {
  it('recover the cost of a block and of a message, and predict sizes that they have not seen', () => {
    const [fit] = fitsOf(measured('max', cost(50, 2), { deviation: 0.02 }));
    expect(fit?.perBlock.low).toBeLessThan(50);
    expect(fit?.perBlock.high).toBeGreaterThan(50);
    expect(fit?.perMessage.low).toBeLessThan(2);
    expect(fit?.perMessage.high).toBeGreaterThan(2);
    expect(fit?.heldOut.map(({ size }) => size)).toEqual(sizes);
    expect(fit?.predictionError).toBeLessThan(0.05);
    expect(fit?.rSquared).toBeGreaterThan(0.99);
  });

  it('show it where the cost is no straight line', () => {
    const fits = fitsOf(measured('max', (size, noise) => ({ blockMicros: 10 * size ** 1.6 * noise() })));
    expect(predictionErrorOf(fits)).toBeGreaterThan(0.3);
  });

  it('are made of full speed only, and of four sizes at least', () => {
    expect(fitsOf(measured(1_000, cost(50, 2)))).toEqual([]);
    expect(fitsOf(measured('max', cost(50, 2), { sizes: [1, 10, 100] }))).toEqual([]);
    expect(predictionErrorOf([])).toBeUndefined();
  });
});

describe('the advice', () => {
  it('for throughput is the smallest size as good as the best, and names those beside it', () => {
    const millions: Readonly<Record<number, number>> = { 1: 0.1, 4: 0.4, 16: 1, 64: 1.5, 256: 2, 1024: 2.01 };
    const runs = measured('max', (size, noise) => ({ messagesPerSecond: (millions[size] ?? 0) * 1_000_000 * noise() }));
    const [advice] = adviceOf([{ kind: 'throughput' }], runs);
    expect(advice?.size).toBe(256);
    expect(advice?.neighbours.map(({ size }) => size)).toEqual([64, 1_024]);
    expect(advice?.noDifference).toEqual([256, 1_024]);
    expect(advice?.words).toMatch(
      /^Blocks of 256 give the most: .* messages\/s at full speed, 1 client, block delivery/,
    );
  });

  it('says so where it is the largest size that was tried, and only there', () => {
    const growing = measured('max', (size, noise) => ({ messagesPerSecond: size * noise() }));
    const [largest] = adviceOf([{ kind: 'throughput' }], growing);
    expect(largest?.size).toBe(1_024);
    expect(largest?.words).toMatch(/\. It is the largest that was tried: try larger ones too\.$/);
    const falling = measured('max', (size, noise) => ({ messagesPerSecond: noise() / size }));
    const [smallest] = adviceOf([{ kind: 'throughput' }], falling);
    expect(smallest?.size).toBe(1);
    expect(smallest?.words).not.toContain('largest');
    const within = measured(1_000, (size, noise) => ({
      ...latency((each) => 10 * each)(size, noise),
      keptUp: size < 1_024,
    }));
    const [kept] = adviceOf([{ kind: 'latency', quantile: 'p99', limitMicros: 50_000 }], within);
    expect(kept?.size).toBe(256);
    expect(kept?.words).not.toContain('It is the largest that was tried');
  });

  it('for a latency is the largest size within the limit, its noise included', () => {
    const runs = measured(
      1_000,
      latency((size) => 1_000 * size),
    );
    const goal = { kind: 'latency', quantile: 'p99' } as const;
    expect(adviceOf([{ ...goal, limitMicros: 70_000 }], runs)[0]?.size).toBe(64);
    expect(adviceOf([{ ...goal, limitMicros: 64_000 }], runs)[0]?.size).toBe(16);
    const [none] = adviceOf([{ ...goal, limitMicros: 500 }], runs);
    expect(none?.size).toBeUndefined();
    expect(none?.words).toMatch(/^No size keeps p99 within 500 µs .*: the best, 1, has \d+/);
  });

  it('for a rate leaves out sizes that do not keep up, and among equals takes the largest', () => {
    const runs = measured(1_000, (size, noise) => ({
      ...latency((each) => (each <= 64 ? 2_000 : 50_000))(size, noise),
      keptUp: size > 4,
    }));
    const [advice] = adviceOf([{ kind: 'rate' }], runs);
    expect(advice?.size).toBe(64);
    expect(advice?.noDifference).toEqual([16, 64]);
    const [none] = adviceOf(
      [{ kind: 'rate' }],
      runs.map((run) => ({ ...run, keptUp: false })),
    );
    expect(none).toMatchObject({
      size: undefined,
      words: expect.stringMatching(/^No size keeps up at 1,000 messages/),
    });
  });

  it('says that there is no difference where there is none beyond the noise', () => {
    const runs = measured('max', (_, noise) => ({ messagesPerSecond: 1_000_000 * noise() }), {
      deviation: 0.1,
      rounds: 5,
    });
    const [advice] = adviceOf([{ kind: 'throughput' }], runs);
    expect(advice?.noDifference).toEqual(sizes);
    expect(advice?.words).toMatch(/^No difference beyond the noise between sizes 1, 4, 16, 64, 256, 1,024/);
  });

  it('of single runs, of whose noise nothing is known, says so', () => {
    const [advice] = adviceOf([{ kind: 'throughput' }], measured('max', cost(50, 1), { rounds: 1 }));
    expect(advice).toMatchObject({ size: 1_024, noDifference: [1_024] });
    expect(advice?.words).toContain('of one run: its noise is not known');
  });

  it('for processor time adds what server and clients use', () => {
    const runs = measured('max', (size, noise) => ({
      serverCpuPerMillion: (100 / size + (size > 256 ? 3 : 1)) * noise(),
      clientCpuPerMillion: noise(),
    }));
    expect(adviceOf([{ kind: 'cpu' }], runs)[0]?.size).toBe(256);
  });
});
