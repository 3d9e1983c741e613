// Durations and sizes as people write and read them: 2s, 500ms, 1h; 64KiB, 1MiB, 812; 8.000 s, 1 min 20 s. One place for the
// command line, logs, URLs and the names of folders.

const durationMicros: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
};
const sizeBytes: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  kB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
};

/** `2s` as milliseconds, or undefined when `text` is not a number with one of the units us, ms, s, m, h, d. */
export function parseDurationMs(text: string): number | undefined {
  return parse(text, durationMicros, 3);
}

/** `1MiB` as bytes, or undefined when `text` is not a number with nothing or B, kB, MB, GB, KiB, MiB, GiB behind it. */
export function parseSizeBytes(text: string): number | undefined {
  return parse(text, sizeBytes, 0);
}

/** A whole number of milliseconds in the largest unit that keeps it whole: 1000 is `1s`, 1500 is `1500ms`. */
export function formatDurationMs(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's']) {
    const unitMs = (durationMicros[unit] as number) / 1_000;
    if (ms >= unitMs && ms % unitMs === 0) return `${ms / unitMs}${unit}`;
  }
  return `${ms}ms`;
}

/** A duration as logs have it, always in seconds, so that lines compare: `8.000 s`. */
export function formatSeconds(micros: number, digits = 3): string {
  return `${(micros / 1_000_000).toFixed(digits)} s`;
}

/** A longer time that need not be exact, rounded up to a second: `1 min 20 s`. */
export function formatMinutes(micros: number): string {
  const seconds = Math.ceil(micros / 1_000_000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

// The digits are multiplied as one whole number and divided once, by the power of ten that brings the point back: 1.005 s
// is 1,005 ms then, where 1.005 * 1000 is a little less.
function parse(text: string, units: Readonly<Record<string, number>>, unitDigits: number): number | undefined {
  const match = /^(\d{1,15})(?:\.(\d{1,9}))?(?: ?([A-Za-z]+))?$/.exec(text);
  const [, whole = '', fraction = '', name = ''] = match ?? [];
  const unit = match !== null && Object.hasOwn(units, name) ? units[name] : undefined;
  if (unit === undefined) return undefined;
  return Number(BigInt(whole + fraction) * BigInt(unit)) / 10 ** (fraction.length + unitDigits);
}
