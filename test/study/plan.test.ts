// The plan of an experiment: everything is run, in an order that follows from the seed alone.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSpecification } from '../../src/generate/specification.ts';
import { messageLine } from '../../src/protocol/message.ts';
import {
  feedOf,
  needless,
  pointsOf,
  type Run,
  runsOf,
  runTimes,
  startOffsetOf,
} from '../../src/study/experiment/plan.ts';
import type { Measurement, Setup } from '../../src/study/result.ts';

const setup: Setup = {
  sizes: [1, 10, 100],
  clients: [1, 10],
  deliveries: ['block', 'message'],
  rates: [1_000, 'max'],
  messageBytes: [128, 1_000],
  window: 8,
  rounds: 4,
  repeats: 0,
  warmUpMicros: 100_000,
  measureMicros: 250_000,
  workers: 1,
};

describe('the plan', () => {
  it('runs every point once a round, in another order each round, the same for the same seed', () => {
    const points = pointsOf(setup);
    expect(points).toHaveLength(48);
    const runs = runsOf(points, setup, 1);
    expect(runs.map(({ order }) => order)).toEqual(runs.map((_, index) => index));
    const rounds = [0, 1, 2, 3].map((round) => runs.filter((run) => run.round === round).map(({ point }) => point));
    for (const round of rounds) expect(new Set(round)).toEqual(new Set(points));
    expect(rounds[0]).not.toEqual(rounds[1]);
    expect(runsOf(points, setup, 1)).toEqual(runs);
    expect(runsOf(points, setup, 2)).not.toEqual(runs);
  });

  it('gives slow blocks time, and leaves out those that take too long', () => {
    const point = { delivery: 'block', size: 100, clients: 1, rate: 1_000, messageBytes: 128 } as const;
    expect(runTimes(point, setup)).toEqual({ warmUpMicros: 200_000, measureMicros: 800_000 });
    expect(runTimes({ ...point, rate: 'max' }, setup)).toEqual({ warmUpMicros: 100_000, measureMicros: 250_000 });
    expect(runTimes({ ...point, rate: 1 }, setup)).toBeUndefined();
  });

  it('lets no run at full speed read what another has read, and begins each at the start of a block', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_147_483_647 }), fc.nat(10_000), (size, order) => {
        const at = (place: number) =>
          startOffsetOf({
            point: { delivery: 'block', size, clients: 1, rate: 'max', messageBytes: 128 },
            round: 0,
            order: place,
            warmUpMicros: 0,
            measureMicros: 0,
          });
        expect(at(order) % size).toBe(0);
        expect(at(order + 1)).toBeGreaterThan(at(order) + 7_000_000_000);
        expect(Number.isSafeInteger(at(order))).toBe(true);
      }),
    );
  });

  it.each(['max', 1_000, 0.5] as const)('names a feed whose lines have the wanted length, at rate %s', (rate) => {
    const now = Date.UTC(2026, 10, 22) * 1_000;
    const point = { delivery: 'block', size: 1, clients: 1, messageBytes: 200, rate } as const;
    const { generator, schedule } = parseSpecification(feedOf(point, now));
    const offset =
      rate === 'max' ? startOffsetOf({ ...runsOf([point], setup, 1)[0], point } as Run) : schedule.firstAt(now);
    expect(messageLine(offset, now, generator.data(offset, now))).toHaveLength(200);
    expect(feedOf({ ...point, messageBytes: 64 }, now)).toContain('pad=0');
  });

  it('skips a rate above one that was not kept up with, and nothing else', () => {
    const point = { delivery: 'block', size: 1, clients: 1, rate: 1_000, messageBytes: 128 } as const;
    const found = [{ point, keptUp: false }] as unknown as Measurement[];
    expect(needless({ ...point, rate: 2_000 }, found)).toBe('it did not keep up with 1000 messages/s');
    for (const other of [
      point,
      { ...point, rate: 500 },
      { ...point, rate: 'max' },
      { ...point, rate: 2_000, size: 2 },
    ] as const)
      expect(needless(other, found)).toBeUndefined();
    expect(needless({ ...point, rate: 2_000 }, [{ point, keptUp: true }] as unknown as Measurement[])).toBeUndefined();
  });
});
