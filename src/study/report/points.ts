// Groups the measurements by point, with all rounds of a point together, in the order in which people read them.
import type { Delivery } from '../../protocol/messages.ts';
import { comparePoints } from '../groups.ts';
import type { Measurement, Point } from '../result.ts';
import { median } from '../statistics/fit.ts';
import { settingWords } from './words.ts';

/** A number that was measured several times: its median, and the least and the greatest. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export interface MeasuredPoint {
  readonly point: Point;
  /** Its rounds; never empty. */
  readonly rounds: readonly Measurement[];
}

/** The measured points, sorted by delivery, message size, clients, rate (`max` last) and block size. */
export function measuredPoints(measurements: readonly Measurement[]): MeasuredPoint[] {
  const points = new Map<string, { readonly point: Point; readonly rounds: Measurement[] }>();
  for (const measurement of measurements) {
    const key = keyOf(measurement.point);
    const known = points.get(key);
    if (known === undefined) points.set(key, { point: measurement.point, rounds: [measurement] });
    else known.rounds.push(measurement);
  }
  return [...points.values()].sort((one, other) => comparePoints(one.point, other.point));
}

/** The points in groups that differ only in size. Each group has the words for its other values. */
export function bySetting(points: readonly MeasuredPoint[]): { words: string; points: MeasuredPoint[] }[] {
  const groups: { words: string; points: MeasuredPoint[] }[] = [];
  for (const each of points) {
    const setting = settingWords(each.point);
    const words = setting.charAt(0).toUpperCase() + setting.slice(1);
    const last = groups.at(-1);
    if (last?.words === words) last.points.push(each);
    else groups.push({ words, points: [each] });
  }
  return groups;
}

/** The figure's spread over the rounds that have it; undefined where none has. */
export function spreadOf(
  { rounds }: MeasuredPoint,
  figure: (round: Measurement) => number | undefined,
): Spread | undefined {
  const values = rounds.map(figure).filter((value) => value !== undefined);
  if (values.length === 0) return undefined;
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}

export const deliveries: readonly Delivery[] = ['block', 'message'];

function keyOf({ delivery, size, clients, rate, messageBytes }: Point): string {
  return `${delivery} ${size} ${clients} ${rate} ${messageBytes}`;
}
