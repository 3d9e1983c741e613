// Groups measurements that differ only in block size. Fits and advice look at one group at a time. Pure.
import { isSameBut } from './experiment/plan.ts';
import type { Measurement, Point } from './result.ts';

/** The groups, sorted by delivery, message size, clients and rate. The order of the runs does not matter. */
export function groupsOf(measurements: readonly Measurement[]): Measurement[][] {
  const groups: [Measurement, ...Measurement[]][] = [];
  for (const measurement of measurements) {
    const group = groups.find(([first]) => isSameBut(first.point, measurement.point, 'size'));
    if (group === undefined) groups.push([measurement]);
    else group.push(measurement);
  }
  return groups.sort(([left], [right]) => comparePoints(left.point, right.point));
}

/** The order in which points are listed: the rate `max` comes last. */
export function comparePoints(left: Point, right: Point): number {
  return (
    left.delivery.localeCompare(right.delivery) ||
    left.messageBytes - right.messageBytes ||
    left.clients - right.clients ||
    rateOf(left) - rateOf(right) ||
    left.size - right.size
  );
}

function rateOf({ rate }: Point): number {
  return rate === 'max' ? Number.MAX_VALUE : rate;
}
