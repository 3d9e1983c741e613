// Fits the cost of a block of n messages, a + b n, to the measurements at full speed, and checks the fit by predicting
// each size from the others. Pure.
import { groupsOf } from './groups.ts';
import type { Fit, Measurement } from './result.ts';
import { ascending } from './statistics/ascending.ts';
import { fitLine, median, type Observation } from './statistics/fit.ts';
import { sum } from './statistics/sum.ts';

const leastSizes = 4;

/**
 * One fit for each delivery, number of clients and message size with at least four sizes, so that three predict the
 * fourth.
 */
export function fitsOf(measurements: readonly Measurement[]): Fit[] {
  const fits: Fit[] = [];
  for (const group of groupsOf(measurements.filter(({ point, blocks }) => point.rate === 'max' && blocks > 0))) {
    const fit = fitOf(group);
    if (fit !== undefined) fits.push(fit);
  }
  return fits;
}

/** The median of the fits' prediction errors. */
export function predictionErrorOf(fits: readonly Fit[]): number | undefined {
  const errors = fits.map(({ predictionError }) => predictionError);
  return errors.length === 0 ? undefined : median(errors);
}

function fitOf(group: readonly Measurement[]): Fit | undefined {
  const costs = costsOf(group);
  const line = fitLine(costs);
  const point = group[0]?.point;
  if (line === undefined || point === undefined || costs.length < leastSizes) return undefined;
  const heldOut = costs.flatMap((cost) => {
    const rest = fitLine(costs.filter((other) => other !== cost));
    return rest === undefined ? [] : [{ size: cost.x, measured: cost.y, predicted: rest.at(cost.x) }];
  });
  const { delivery, clients, messageBytes } = point;
  return {
    delivery,
    clients,
    messageBytes,
    perBlock: line.intercept,
    perMessage: line.slope,
    rSquared: rSquaredOf(costs, line.at),
    residuals: costs.map(({ x, y }) => ({ size: x, measured: y, fitted: line.at(x) })),
    heldOut,
    predictionError: median(heldOut.map(({ measured, predicted }) => Math.abs(predicted / measured - 1))),
  };
}

/**
 * One value for each size, the median of its runs. Otherwise an error that all runs of a size share would count once a
 * round.
 */
function costsOf(group: readonly Measurement[]): Observation[] {
  const sizes = ascending(group.map(({ point }) => point.size));
  return sizes.map((size) => {
    const runs = group.filter(({ point }) => point.size === size);
    return { x: size, y: median(runs.map(({ blockMicros }) => blockMicros)) };
  });
}

/** R² of the logarithms, because sizes and costs range over decades. Otherwise the largest size alone would decide. */
function rSquaredOf(costs: readonly Observation[], at: (size: number) => number): number {
  const logs = costs.map(({ y }) => Math.log(y));
  const mean = sum(logs) / logs.length;
  let [left, all] = [0, 0];
  for (const [index, { x }] of costs.entries()) {
    const log = logs[index] as number;
    left += (log - Math.log(at(x))) ** 2;
    all += (log - mean) ** 2;
  }
  return all === 0 ? 1 : Math.max(0, 1 - left / all);
}
