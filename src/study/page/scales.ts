// The range and the ticks of an axis, from the values along it.
import type { Axis, Choice } from './figure.ts';

export interface AxisRange {
  readonly min: number;
  readonly max: number;
}

/** The range of all panels of a choice, so that they can be compared; undefined where nothing has a value. */
export function rangeOf(choice: Choice, which: 'x' | 'y', axis: Axis): AxisRange | undefined {
  const isLog = axis.scale === 'log' || axis.scale === 'percentile';
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  const see = (value: number | null): void => {
    if (value === null || !Number.isFinite(value) || (isLog && value <= 0)) return;
    min = Math.min(min, value);
    max = Math.max(max, value);
  };
  for (const { x, series } of choice.panels) {
    if (which === 'x') x.forEach(see);
    else for (const { y, low = [], high = [] } of series) for (const values of [y, low, high]) values.forEach(see);
  }
  return min > max ? undefined : padded({ min, max }, axis, which);
}

function padded({ min, max }: AxisRange, axis: Axis, which: 'x' | 'y'): AxisRange {
  switch (axis.scale) {
    case 'log': {
      const by = min === max ? 2 : Math.max(1.12, (max / min) ** 0.04);
      return { min: min / by, max: max * by };
    }
    case 'percentile':
      return { min: 1, max: Math.max(10, max) * 1.15 };
    case 'time':
      return min === max ? { min: min - 500_000, max: max + 500_000 } : { min, max };
    case 'linear':
      // Lengths are compared from zero.
      return which === 'y' ? { min: 0, max: max > 0 ? max * 1.08 : 1 } : { min, max: min === max ? min + 1 : max };
  }
}

/** The ticks of a logarithmic axis: powers of ten, and 2 and 5 between them where there is room. */
export function logTicks({ min, max }: AxisRange, room: number): number[] {
  const decades = Math.log10(max / min);
  const steps = decades * 3 <= room ? [1, 2, 5] : [1];
  const every = steps.length > 1 ? 1 : Math.max(1, Math.ceil(decades / room));
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power++) {
    if (power % every !== 0) continue;
    for (const step of steps) {
      // Not step * 10 ** power: that is 0.30000000000000004 for some.
      const tick = Number(`${step}e${power}`);
      if (tick >= min && tick <= max) ticks.push(tick);
    }
  }
  return ticks;
}

/** The least distance of two ticks, in pixels. The names of closer ones would run into each other. */
const leastTickDistance = 40;

/** The ticks of a percentile axis that is `width` pixels wide, at 0, 50, 90, 99, 99.9 % and so on. */
export function percentileTicks({ min, max }: AxisRange, width: number): number[] {
  const decade = width / Math.log10(max / min);
  const ticks = decade * Math.log10(2) < leastTickDistance ? [2] : [1, 2];
  for (let place = 10; place <= max; place *= 10) ticks.push(place);
  return ticks;
}
