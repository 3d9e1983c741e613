// Durations and sizes as people write them: 2s, 500ms, 1h; 64KiB, 1MiB, 812. One place for the command line, URLs and
// the names of folders.

const durationMs: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
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
  return parse(text, durationMs);
}

/** `1MiB` as bytes, or undefined when `text` is not a number with nothing or B, kB, MB, GB, KiB, MiB, GiB behind it. */
export function parseSizeBytes(text: string): number | undefined {
  return parse(text, sizeBytes);
}

/** The shortest exact form of a whole number of milliseconds: 1000 is `1s`, 1500 is `1500ms`. */
export function formatDurationMs(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'])
    if (ms >= (durationMs[unit] as number) && ms % (durationMs[unit] as number) === 0)
      return `${ms / (durationMs[unit] as number)}${unit}`;
  return `${ms}ms`;
}

function parse(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,9})?) ?([A-Za-z]*)$/.exec(text);
  const unit = match?.[2] === undefined || !Object.hasOwn(units, match[2]) ? undefined : units[match[2]];
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}
