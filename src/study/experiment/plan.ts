// Plans what is run, in which order and for how long. Pure: everything follows from the setup and the seed.
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { messageLine } from '../../protocol/message.ts';
import type { Measurement, Point, Setup } from '../result.ts';

/** One run of one point. */
export interface Run {
  readonly point: Point;
  readonly round: number;
  /** Its position in the order of all runs. */
  readonly order: number;
  readonly warmUpMicros: number;
  readonly measureMicros: number;
}

/** At a given rate a run has time for this many blocks, and its warm-up for this many. */
const blocksMeasured = 8;
const blocksBefore = 2;
/**
 * A run is measured for no longer than this, unless the setup asks for more. Points with slower blocks are left out.
 */
const longestMicros = 20_000_000;

/** Every point of the grid. */
export function pointsOf(setup: Setup): Point[] {
  const points: Point[] = [];
  for (const delivery of setup.deliveries)
    for (const clients of setup.clients)
      for (const messageBytes of setup.messageBytes)
        for (const rate of setup.rates)
          for (const size of setup.sizes) points.push({ delivery, size, clients, rate, messageBytes });
  return points;
}

/** The number of runs, each point once a round. */
export function runCountOf({ deliveries, clients, messageBytes, rates, sizes, rounds }: Setup): number {
  return rounds * deliveries.length * clients.length * messageBytes.length * rates.length * sizes.length;
}

/**
 * The runs: every point once a round, each round in a random order of its own. So drift (the machine's heat, other
 * programs) hits all points alike, and not one size more than its neighbour.
 */
export function runsOf(points: readonly Point[], setup: Setup, seed: number): Run[] {
  const random = xoroshiro128plus(seed);
  const runs: Run[] = [];
  for (let round = 0; round < setup.rounds; round++) {
    const shuffled = [...points];
    // The shuffle of Fisher and Yates.
    for (let at = shuffled.length - 1; at > 0; at--) {
      const other = uniformInt(random, 0, at);
      [shuffled[at], shuffled[other]] = [shuffled[other] as Point, shuffled[at] as Point];
    }
    for (const point of shuffled) {
      const times = runTimes(point, setup);
      if (times !== undefined) runs.push({ point, round, order: runs.length, ...times });
    }
  }
  return runs;
}

/** How long a point warms up and is measured; undefined where its blocks come too slowly for any run. */
export function runTimes(point: Point, setup: Setup): Pick<Run, 'warmUpMicros' | 'measureMicros'> | undefined {
  const blockMicros = point.rate === 'max' ? 0 : (point.size / point.rate) * 1_000_000;
  const measureMicros = Math.max(setup.measureMicros, blocksMeasured * blockMicros);
  if (measureMicros > Math.max(longestMicros, setup.measureMicros)) return undefined;
  return { warmUpMicros: Math.max(setup.warmUpMicros, blocksBefore * blockMicros), measureMicros };
}

/** Why a run is needless after what was measured so far; undefined where it is needed. */
export function needless(point: Point, found: readonly Measurement[]): string | undefined {
  const { rate } = point;
  if (rate === 'max') return undefined;
  const saturated = found.find(
    (each) =>
      !each.keptUp && each.point.rate !== 'max' && each.point.rate < rate && isSameBut(each.point, point, 'rate'),
  );
  return saturated === undefined ? undefined : `it did not keep up with ${saturated.point.rate} messages/s`;
}

/** Whether two points are equal in everything except `but`. */
export function isSameBut(one: Point, other: Point, but?: keyof Point): boolean {
  const keys = ['delivery', 'size', 'clients', 'rate', 'messageBytes'] as const;
  return keys.every((key) => key === but || one[key] === other[key]);
}

/** Each run at full speed reads offsets that no other run has read, so no frames of them are ready. */
const firstOffset = 1_000_000_000_000;
const offsetsEachRun = 10_000_000_000;

/** The offset at which a run begins to read a feed of rate `max`: the start of a block. */
export function startOffsetOf(run: Run): number {
  const offset = firstOffset + run.order * offsetsEachRun;
  return offset - (offset % run.point.size);
}

/** The feed of a point: a counter, padded so that a line has about `messageBytes`. */
export function feedOf(point: Point, nowMicros: number): string {
  const offset =
    point.rate === 'max' ? firstOffset : Math.floor((nowMicros - defaultOriginMicros) * (point.rate / 1e6));
  const bare = messageLine(offset, nowMicros, `{"n":${offset},"pad":""}`).length;
  return `counter?pad=${Math.max(0, point.messageBytes - bare)}&rate=${point.rate}`;
}

/** The origin of feeds where none is stated. */
const defaultOriginMicros = Date.UTC(2026, 0, 1) * 1_000;
