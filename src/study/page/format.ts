// Numbers as people read them: in tables on the terminal, on the page, along axes and on hover.
import type { Axis } from './figure.ts';

const noValue = '–';

/** A duration in microseconds in the unit that suits it: `412 ns`, `31.2 µs`, `1.5 ms`, `2 s`. */
export function formatMicros(micros: number | undefined, digits = 3): string {
  if (micros === undefined || !Number.isFinite(micros)) return noValue;
  if (micros === 0) return '0 s';
  const { name, micros: unit } = unitFor(micros, digits);
  return `${significant(micros / unit, digits)} ${name}`;
}

/** The same for a value and its interval, in the value's unit: `31.2 µs` and `[29.8, 32.7]`. */
export function formatMicrosInterval(value: number, low: number, high: number): [value: string, interval: string] {
  const { micros: unit } = unitFor(value, 3);
  return [formatMicros(value), `[${significant(low / unit, 3)}, ${significant(high / unit, 3)}]`];
}

/** Names of units and their lengths in microseconds. */
const units = [
  { name: 'ns', micros: 0.001 },
  { name: 'µs', micros: 1 },
  { name: 'ms', micros: 1_000 },
  { name: 's', micros: 1_000_000 },
] as const;

function unitFor(micros: number, digits: number): (typeof units)[number] {
  // The next unit begins where the number would be rounded to a thousand.
  const limit = 1_000 - 0.5 * 10 ** (3 - Math.max(3, digits));
  return units.find((unit) => Math.abs(micros) < limit * unit.micros) ?? units[3];
}

/** A number. Whole numbers up to 9,999 stay as they are; larger numbers become `12.3 k` or `1.23 M`. */
export function formatCount(value: number | undefined, digits = 3): string {
  if (value === undefined || !Number.isFinite(value)) return noValue;
  const size = Math.abs(value);
  if (size < 9_999.5) return significant(value, Number.isInteger(value) ? 4 : digits);
  if (size < 999_500) return `${significant(value / 1_000, digits)} k`;
  if (size < 999_500_000) return `${significant(value / 1_000_000, digits)} M`;
  return `${significant(value / 1_000_000_000, digits)} G`;
}

export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined || !Number.isFinite(bytes)) return noValue;
  if (bytes < 999.5) return `${significant(bytes, 3)} B`;
  if (bytes < 999_500) return `${significant(bytes / 1_000, 3)} kB`;
  if (bytes < 999_500_000) return `${significant(bytes / 1_000_000, 3)} MB`;
  return `${significant(bytes / 1_000_000_000, 3)} GB`;
}

/** A share of one as `3.1 %`. */
export function formatShare(share: number | undefined): string {
  if (share === undefined || !Number.isFinite(share)) return noValue;
  return `${significant(share * 100, share < 0.1 ? 2 : 3)} %`;
}

/** A whole number with commas between its thousands: `1,000,000`. */
export function formatWhole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A number with `digits` significant digits, never with an exponent, and without zeros at its end. */
export function significant(value: number, digits: number): string {
  const size = Math.abs(value);
  if (!(size > 0)) return '0';
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  const text = value.toFixed(Math.min(20, places));
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return Number(short) >= 1_000 ? Number(short).toLocaleString('en-US', { maximumFractionDigits: 20 }) : short;
}

/** A value along an axis, with `digits` significant digits. */
export function formatAlong(axis: Axis, value: number, digits: number): string {
  switch (axis.unit) {
    case 'micros':
      return formatMicros(value, digits);
    case 'instant':
      return new Date(value / 1_000).toISOString().replace('T', ' ').slice(0, 23);
    case 'percentile':
      return formatPercentile(value);
    case 'perSecond':
      return `${formatCount(value, digits)}/s`;
    case 'seconds':
      return `${significant(value, digits)} s`;
    case 'count':
      return formatCount(value, digits);
  }
}

/** The name of the percentile at the place 1 / (1 - p): 2 is `50 %`, 1,000 is `99.9 %`. */
function formatPercentile(place: number): string {
  const decimals = Math.min(6, Math.max(0, Math.ceil(Math.log10(place) - 1e-9) - 1));
  const text = (100 - 100 / place).toFixed(decimals);
  return `${text.includes('.') ? text.replace(/\.?0+$/, '') : text} %`;
}
