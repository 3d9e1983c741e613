// The sorts of parameter that kinds have: each knows its range in words and the canonical form of a value.
import type { Parameter, Values } from './kind.ts';

/** What there is to say of a parameter besides its range. */
export interface About {
  readonly meaning: string;
  readonly default: string;
  readonly when?: { readonly parameter: string; readonly is: readonly string[] };
}

/** A whole number; canonical without leading zeros. */
export function integer(min: number, max: number, about: About): Parameter {
  return {
    ...about,
    range: `a whole number from ${withCommas(min)} to ${withCommas(max)}`,
    canonical: (stated) => (/^-?\d{1,16}$/.test(stated) ? within(Number(stated), min, max) : undefined),
  };
}

/** A number with at most `places` (up to 6) digits after the point; canonical without superfluous zeros. */
export function decimal(min: number, max: number, places: number, about: About): Parameter {
  const pattern = new RegExp(`^-?\\d{1,16}(\\.\\d{1,${places}})?$`);
  return {
    ...about,
    range: `${withCommas(min)} to ${withCommas(max)}, at most ${places} digits after the point`,
    canonical: (stated) => (pattern.test(stated) ? within(Number(stated), min, max) : undefined),
  };
}

/** One of a few words. */
export function choice(of: readonly string[], about: About): Parameter {
  return {
    ...about,
    range: `one of ${of.join(', ')}`,
    canonical: (stated) => (of.includes(stated) ? stated : undefined),
  };
}

/** A text that matches a pattern, as it is. */
export function text(pattern: RegExp, range: string, about: About): Parameter {
  return { ...about, range, canonical: (stated) => (pattern.test(stated) ? stated : undefined) };
}

/** The value of a number parameter. */
export function numberOf(values: Values, name: string): number {
  return Number(values[name]);
}

/** A number as people read it: 1,000,000. Not by Intl, whose output hangs on the machine. */
export function withCommas(value: number): string {
  const [whole, fraction] = String(value).split('.') as [string, string?];
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

function within(value: number, min: number, max: number): string | undefined {
  // Adding zero makes 0 of -0, which would be a second form of the same.
  return value >= min && value <= max ? String(value + 0) : undefined;
}
