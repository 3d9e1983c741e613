// Measurements that differ in nothing but size: what fits and advice look at together. Pure.
import { isSameBut } from './experiment/plan.ts';
import type { Measurement, Point } from './result.ts';

/** The groups, by delivery, message size, clients and rate, whatever the order was in which everything ran. */
export function groupsOf(measurements: readonly Measurement[]): Measurement[][] {
  const groups: [Measurement, ...Measurement[]][] = [];
  for (const measurement of measurements) {
    const group = groups.find(([first]) => isSameBut(first.point, measurement.point, 'size'));
    if (group === undefined) groups.push([measurement]);
    else group.push(measurement);
  }
  return groups.sort(([left], [right]) => compare(left.point, right.point));
}

function compare(left: Point, right: Point): number {
  return (
    left.delivery.localeCompare(right.delivery) ||
    left.messageBytes - right.messageBytes ||
    left.clients - right.clients ||
    rateOf(left) - rateOf(right)
  );
}

function rateOf({ rate }: Point): number {
  return rate === 'max' ? Number.MAX_VALUE : rate;
}
