// What a limit is, and the checks of a stated value against it: one place for options, flags and what is read again.
import { BlockfeedError } from './errors.ts';

export interface Range {
  readonly min: number;
  readonly max: number;
}

export interface Limit extends Range {
  readonly unit: 'bytes' | 'messages' | 'blocks' | 'ms' | 'µs' | 'count' | 'messages/s';
  /** The value where nothing is stated; Infinity: then the limit does not apply. */
  readonly default: number;
  /** Why this default. */
  readonly reason: string;
  /** What happens at it. */
  readonly atLimit: string;
}

/** The stated value, or the default. Throws `bad-option` for what is no whole number of the range; Infinity is one where `max` is. */
export function wholeWithin(name: string, value: number | undefined, limit: Limit): number {
  if (value === undefined) return limit.default;
  if (Number.isInteger(value) || value === limit.max) return numberWithin(name, value, limit, 'whole number');
  throw outOf(name, value, limit, 'whole number');
}

/** As `wholeWithin`, for a value that may be a fraction. */
export function numberWithin(name: string, value: number | undefined, limit: Limit, what = 'number'): number {
  if (value === undefined) return limit.default;
  if (value >= limit.min && value <= limit.max) return value;
  throw outOf(name, value, limit, what);
}

function outOf(name: string, value: number, { unit, min, max }: Limit, what: string): BlockfeedError {
  const of = unit === 'count' ? '' : ` of ${unit}`;
  return new BlockfeedError('bad-option', `${name} is ${value}`, {
    hint: `Give a ${what}${of} from ${min} to ${max}.`,
    about: name,
  });
}
