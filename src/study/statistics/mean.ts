// Means over few rounds: Student's interval, and Welch's test of whether two means differ (B. L. Welch, Biometrika 34,
// 1947). Pure.
import type { Estimate } from '../result.ts';
import { student95 } from './student.ts';
import { sum } from './sum.ts';

/** The mean with its 95 % interval. The interval of a single value is that value, because its noise is not known. */
export function meanOf(values: readonly number[]): Estimate {
  const { mean, squaredError } = momentsOf(values);
  const half = values.length < 2 ? 0 : student95(values.length - 1) * Math.sqrt(squaredError);
  return { value: mean, low: mean - half, high: mean + half };
}

/**
 * Whether the means differ by more than chance explains in 19 of 20 cases. The noise of a single value is not known, so
 * there any difference counts.
 */
export function differ(left: readonly number[], right: readonly number[]): boolean {
  if (left.length < 2 || right.length < 2) return left[0] !== right[0];
  const [one, two] = [momentsOf(left), momentsOf(right)];
  const squaredError = one.squaredError + two.squaredError;
  if (squaredError === 0) return one.mean !== two.mean;
  const freedom =
    squaredError ** 2 / (one.squaredError ** 2 / (left.length - 1) + two.squaredError ** 2 / (right.length - 1));
  return Math.abs(one.mean - two.mean) > student95(Math.max(1, freedom)) * Math.sqrt(squaredError);
}

/** The mean, and the square of its standard error. */
function momentsOf(values: readonly number[]): { mean: number; squaredError: number } {
  const mean = sum(values) / values.length;
  const squares = sum(values.map((value) => (value - mean) ** 2));
  return { mean, squaredError: values.length < 2 ? 0 : squares / (values.length - 1) / values.length };
}
