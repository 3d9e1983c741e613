// Fits y = a + b x to values whose noise is relative (twice the cost, twice the noise) and of which some are disturbed.
// The method is M-estimation with Huber's function, by iteratively reweighted least squares. The covariance is P. J.
// Huber's ("Robust Statistics", 1981, section 7.6; R's MASS::rlm reports the same), with Student's t for few values.
// Pure.
import type { Estimate } from '../result.ts';
import { student95 } from './student.ts';

export interface Observation {
  readonly x: number;
  /** Above zero. */
  readonly y: number;
}

export interface Line {
  /** a and b. Neither is below zero, because no cost is. */
  readonly intercept: Estimate;
  readonly slope: Estimate;
  at(x: number): number;
}

/**
 * Huber's constant. With 2, the intervals of eight values contain the truth in 95 of 100 cases; with the usual 1.345,
 * in 93.
 */
const huberK = 2;
/** The median absolute deviation of a normal distribution, in standard deviations. */
const madOfNormal = 0.6745;
const mostIterations = 100;

interface Coefficients {
  readonly a: number;
  readonly b: number;
}

/** The line through at least three observations with different x. Undefined where there are fewer. */
export function fitLine(observations: readonly Observation[]): Line | undefined {
  if (new Set(observations.map(({ x }) => x)).size < 3) return undefined;
  const free = iterate(observations, 'both');
  const { aError, bError } = standardErrors(observations, free);
  const t = student95(observations.length - 2);
  const { a, b } = free.a < 0 ? iterate(observations, 'slope') : free.b < 0 ? iterate(observations, 'intercept') : free;
  return {
    intercept: interval(a, free.a, t * aError),
    slope: interval(b, free.b, t * bError),
    at: (x) => a + b * x,
  };
}

/** The interval of the free fit, limited to zero and above, and extended to contain the value. */
function interval(value: number, free: number, half: number): Estimate {
  return { value, low: Math.min(value, Math.max(0, free - half)), high: Math.max(value, free + half) };
}

/** The coefficients that may differ from zero. */
type Freedom = 'both' | 'slope' | 'intercept';

function iterate(observations: readonly Observation[], freedom: Freedom): Coefficients {
  let robust: readonly number[] = observations.map(() => 1);
  let scales: readonly number[] = observations.map(({ y }) => y);
  let found = solve(observations, robust, scales, freedom);
  for (let iteration = 0; iteration < mostIterations; iteration++) {
    scales = scalesOf(observations, found);
    const residuals = relativeResiduals(observations, found, scales);
    const spread = spreadOf(residuals);
    // Values that lie on a line to the last digits are fitted exactly.
    if (spread < 1e-12) return found;
    robust = residuals.map((residual) => Math.min(1, (huberK * spread) / Math.abs(residual)));
    const next = solve(observations, robust, scales, freedom);
    const isSame = observations.every(({ x }) => Math.abs(at(next, x) / at(found, x) - 1) < 1e-10);
    found = next;
    if (isSame) break;
  }
  return found;
}

/** Weighted least squares. A value's weight is its robust weight divided by the square of its scale. */
function solve(
  observations: readonly Observation[],
  robust: readonly number[],
  scales: readonly number[],
  freedom: Freedom,
): Coefficients {
  let [s, sx, sy, sxx, sxy] = [0, 0, 0, 0, 0];
  for (const [index, { x, y }] of observations.entries()) {
    const weight = (robust[index] as number) / (scales[index] as number) ** 2;
    s += weight;
    sx += weight * x;
    sy += weight * y;
    sxx += weight * x * x;
    sxy += weight * x * y;
  }
  if (freedom === 'slope') return { a: 0, b: sxy / sxx };
  if (freedom === 'intercept') return { a: sy / s, b: 0 };
  const determinant = s * sxx - sx * sx;
  return { a: (sxx * sy - sx * sxy) / determinant, b: (s * sxy - sx * sy) / determinant };
}

/**
 * The scale of each value's noise: what the line predicts, which is less noisy than the measured value. Near zero the
 * line predicts too little, so the scale is at least a tenth of the measured value.
 */
function scalesOf(observations: readonly Observation[], line: Coefficients): number[] {
  return observations.map(({ x, y }) => Math.max(at(line, x), y / 10));
}

function relativeResiduals(
  observations: readonly Observation[],
  line: Coefficients,
  scales: readonly number[],
): number[] {
  return observations.map(({ x, y }, index) => (y - at(line, x)) / (scales[index] as number));
}

/** The standard deviation, from the median of the residuals. */
function spreadOf(residuals: readonly number[]): number {
  return median(residuals.map(Math.abs)) / madOfNormal;
}

function standardErrors(observations: readonly Observation[], line: Coefficients): { aError: number; bError: number } {
  const scales = scalesOf(observations, line);
  const residuals = relativeResiduals(observations, line, scales);
  const spread = spreadOf(residuals);
  const count = residuals.length;
  const limit = huberK * spread;
  let squares = 0;
  let inside = 0;
  for (const residual of residuals) {
    squares += Math.min(Math.abs(residual), limit) ** 2;
    if (Math.abs(residual) <= limit || spread < 1e-12) inside++;
  }
  const share = inside / count;
  // Huber's correction for few values; the variance of an indicator is p (1 - p).
  const correction = 1 + ((2 / count) * (1 - share)) / share;
  const variance = (correction ** 2 * (squares / (count - 2))) / share ** 2;
  let [s, sx, sxx] = [0, 0, 0];
  for (const [index, { x }] of observations.entries()) {
    const weight = 1 / (scales[index] as number) ** 2;
    s += weight;
    sx += weight * x;
    sxx += weight * x * x;
  }
  const determinant = s * sxx - sx * sx;
  return { aError: Math.sqrt((variance * sxx) / determinant), bError: Math.sqrt((variance * s) / determinant) };
}

function at({ a, b }: Coefficients, x: number): number {
  return a + b * x;
}

/** The middle value, or the mean of the two middle ones. NaN where there is no value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper;
}
