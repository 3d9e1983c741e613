// Groups the measurements by point, with all rounds of a point together, in the order in which people read them.
import type { Delivery } from '../../protocol/messages.ts';
import type { Measurement, Point } from '../result.ts';
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
  return [...points.values()].sort((one, other) => compare(one.point, other.point));
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
  const values = rounds
    .map(figure)
    .filter((value) => value !== undefined)
    .sort((one, other) => one - other);
  const [low, high] = [values[0], values[values.length - 1]];
  if (low === undefined || high === undefined) return undefined;
  const middle = values.length >> 1;
  const upper = values[middle] as number;
  return { median: values.length % 2 === 1 ? upper : ((values[middle - 1] as number) + upper) / 2, low, high };
}

/** The different values: numbers ascending, then `max`. */
export function distinct<Value extends string | number>(values: Iterable<Value>): Value[] {
  return [...new Set(values)].sort((one, other) =>
    typeof one === 'number' && typeof other === 'number'
      ? one - other
      : Number(one === 'max') - Number(other === 'max'),
  );
}

export const deliveries: readonly Delivery[] = ['block', 'message'];

function keyOf({ delivery, size, clients, rate, messageBytes }: Point): string {
  return `${delivery} ${size} ${clients} ${rate} ${messageBytes}`;
}

function compare(one: Point, other: Point): number {
  return (
    deliveries.indexOf(one.delivery) - deliveries.indexOf(other.delivery) ||
    one.messageBytes - other.messageBytes ||
    one.clients - other.clients ||
    compareRates(one.rate, other.rate) ||
    one.size - other.size
  );
}

function compareRates(one: Point['rate'], other: Point['rate']): number {
  if (one === other) return 0;
  return (one === 'max' ? Number.MAX_VALUE : one) - (other === 'max' ? Number.MAX_VALUE : other);
}
