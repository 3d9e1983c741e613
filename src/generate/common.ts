// The parameters that every kind has, and what their values mean: rate, seed and origin.
import { BlockfeedError } from '../protocol/errors.ts';
import type { Parameter } from './kinds/kind.ts';
import { decimal, integer } from './kinds/parameters.ts';
import type { Rate } from './schedule.ts';

const number = decimal(0.001, 1_000_000, 3, { meaning: '', default: '1' });

const rate: Parameter = {
  meaning: 'messages a second; max: all are there already, to be read as fast as you can',
  default: '1',
  range: `${number.range}, or max`,
  canonical: (stated) => (stated === 'max' ? 'max' : number.canonical(stated)),
};

const seed: Parameter = integer(0, Number.MAX_SAFE_INTEGER, {
  meaning: 'another seed, other data',
  default: '0',
});

// Times stay safe integers for 55 years after the latest origin.
const origin: Parameter = {
  meaning: 'when the first message is due, UTC',
  default: '2026-01-01T00:00:00Z',
  range: '1970-01-01T00:00:00Z to 2200-01-01T00:00:00Z, with at most 6 digits of a second after the point',
  canonical(stated) {
    const micros = parseOrigin(stated);
    if (micros === undefined) refuseOffset(stated);
    return micros === undefined || micros > maxOriginMicros ? undefined : formatMicros(micros);
  },
};
const maxOriginMicros = Date.UTC(2200, 0, 1) * 1_000;

export const commonParameters: Readonly<Record<'rate' | 'seed' | 'origin', Parameter>> = { rate, seed, origin };

/** The rate that a canonical value means. */
export function rateOf(value: string): Rate {
  return value === 'max' ? 'max' : { messages: Math.round(Number(value) * 1_000), seconds: 1_000 };
}

/** Throws where the text is a time with an offset from UTC, and says which time in UTC it is. A query's + may be a space here. */
function refuseOffset(stated: string): void {
  const [, time = '', offset = ''] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)([ +-]\d\d:?\d\d)$/.exec(stated) ?? [];
  const sign = offset.startsWith('-') ? '-' : '+';
  const ms = Date.parse(`${time.slice(0, 19)}${sign}${offset.slice(1, 3)}:${offset.slice(-2)}`);
  if (Number.isNaN(ms) || ms < 0) return;
  const fraction = time.slice(19);
  throw new BlockfeedError('bad-feed', `origin is ${JSON.stringify(stated)}, which is not in UTC`, {
    hint: `Write origin=${new Date(ms).toISOString().slice(0, 19)}${fraction}Z.`,
    about: 'origin',
  });
}

/** The microseconds since 1970 that a canonical origin means. */
export function originMicrosOf(value: string): number {
  return parseOrigin(value) as number;
}

function parseOrigin(text: string): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?Z)?$/.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((digits) => Number(digits ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const micros = ms * 1_000 + Number((match[7] ?? '').padEnd(6, '0'));
  // Date.UTC carries over what does not exist, as 30 February or 24:00, and takes years before 100 for 19xx.
  const exists = ms >= 0 && formatMicros(ms * 1_000).startsWith(text.slice(0, text.length > 10 ? 16 : 10));
  return exists && second < 60 ? micros : undefined;
}

function formatMicros(micros: number): string {
  const date = new Date(Math.floor(micros / 1_000_000) * 1_000).toISOString().slice(0, 19);
  const fraction = String(micros % 1_000_000)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${date}${fraction === '' ? '' : `.${fraction}`}Z`;
}
