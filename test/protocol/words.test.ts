// Places, durations, sizes and policies as people write them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { committedElses, isPlace, namedPlaces, parsePlace } from '../../src/protocol/place.ts';
import { defaultPolicy, makePolicy, type Policy, policyName } from '../../src/protocol/policy.ts';
import {
  formatDurationMs,
  formatMinutes,
  formatSeconds,
  parseDurationMs,
  parseSizeBytes,
} from '../../src/protocol/units.ts';

describe('a place', () => {
  it('is read from its name, a number, or a date', () => {
    for (const name of namedPlaces) expect(parsePlace(name)).toBe(name);
    expect(parsePlace('committed')).toEqual({ committed: { else: 'latest' } });
    for (const otherwise of committedElses)
      expect(parsePlace(`committed/${otherwise}`)).toEqual({ committed: { else: otherwise } });
    expect(parsePlace('60')).toBe(60);
    expect(parsePlace('-100')).toBe(-100);
    expect(parsePlace('2026-01-01')).toEqual({ time: 1_767_225_600_000_000 });
    expect(parsePlace('2026-01-01T00:00:00Z')).toEqual({ time: 1_767_225_600_000_000 });
    expect(parsePlace('2026-01-01T01:00:00.5+01:00')).toEqual({ time: 1_767_225_600_500_000 });
  });

  it('that is a whole number is that number, and -0 is none', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (count) => {
        expect(parsePlace(String(count))).toBe(count);
      }),
    );
    expect(parsePlace('-0')).toBeUndefined();
  });

  it.each([
    ...['', ' ', 'Latest', 'latest ', '+1', '1.5', '1e3', '0x10', '60\n', '9007199254740992', '99999999999999999'],
    ...['--1', '-', 'tomorrow', '2026-01', '2026-13-01', '2026-00-01', '2026-01-32', '2026-02-30', '2025-02-29'],
    ...['2026-01-01T00:00:00', '2026-01-01 00:00:00Z', '2026-01-01T25:00:00Z', '9999-01-01', '0000-01-01'],
  ])('is not %j', (text) => {
    expect(parsePlace(text)).toBeUndefined();
  });

  it('that was read can be said on the wire', () => {
    const date = fc
      .date({ min: new Date(-62_000_000_000_000), max: new Date(253_000_000_000_000), noInvalidDate: true })
      .map((day) => day.toISOString());
    fc.assert(
      fc.property(fc.oneof(date, fc.stringMatching(/^-?\d{1,17}$/), fc.string()), (text) => {
        const place = parsePlace(text);
        if (place !== undefined) expect(isPlace(JSON.parse(JSON.stringify(place)))).toBe(true);
      }),
    );
  });
});

describe('a duration', () => {
  it('that is written is read as the same, and has the largest unit that keeps it whole', () => {
    const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
    const anyMs = fc
      .constantFrom(...Object.values(units))
      .chain((unitMs) => fc.nat(9_999).map((count) => count * unitMs));
    fc.assert(
      fc.property(anyMs, (ms) => {
        const [unit, unitMs] = Object.entries(units).find(([, length]) => ms >= length && ms % length === 0) ?? [
          'ms',
          1,
        ];
        expect(formatDurationMs(ms)).toBe(`${ms / unitMs}${unit}`);
        expect(parseDurationMs(formatDurationMs(ms))).toBe(ms);
      }),
    );
  });

  it('is written in seconds, or in minutes and whole seconds, rounded up', () => {
    expect([0, 999, 8_000_000, 61_000_000].map((micros) => formatSeconds(micros))).toEqual([
      ...['0.000 s', '0.001 s', '8.000 s', '61.000 s'],
    ]);
    expect(formatSeconds(1_250_000, 1)).toBe('1.3 s');
    expect([0, 1, 59_000_001, 80_000_000].map(formatMinutes)).toEqual(['0 s', '1 s', '1 min 0 s', '1 min 20 s']);
  });

  it('is exact, with a point too', () => {
    expect(parseDurationMs('2s')).toBe(2_000);
    expect(parseDurationMs('500 ms')).toBe(500);
    expect(parseDurationMs('250us')).toBe(0.25);
    expect(parseDurationMs('1.5h')).toBe(5_400_000);
    fc.assert(
      fc.property(fc.nat(99_999), fc.nat(999), (seconds, rest) => {
        expect(parseDurationMs(`${seconds}.${String(rest).padStart(3, '0')}s`)).toBe(seconds * 1_000 + rest);
      }),
    );
  });

  it.each([
    '',
    's',
    '1',
    '-1s',
    '+1s',
    '.5s',
    '1.s',
    '1 day',
    '1e3s',
    '1s ',
    ' 1s',
    '1S',
    '1constructor',
    '1,5s',
    'NaNs',
  ])('is not %j', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });
});

describe('a size', () => {
  it('is bytes, or has a unit', () => {
    expect(parseSizeBytes('812')).toBe(812);
    expect(parseSizeBytes('812B')).toBe(812);
    expect(parseSizeBytes('64KiB')).toBe(65_536);
    expect(parseSizeBytes('1MiB')).toBe(1_048_576);
    expect(parseSizeBytes('1.5 GiB')).toBe(1_610_612_736);
    expect(parseSizeBytes('1.001kB')).toBe(1_001);
    expect(parseSizeBytes('4.35MB')).toBe(4_350_000);
  });

  it.each(['', 'B', '-1', '1KB', '1kb', '1mb', '1toString', '1 ', '0x10', '1e3'])('is not %j', (text) => {
    expect(parseSizeBytes(text)).toBeUndefined();
  });
});

describe('a policy', () => {
  const anyPolicy = fc
    .record(
      {
        size: fc.integer({ min: 1, max: 2_147_483_647 }),
        waitMs: fc.oneof(fc.integer({ min: 1, max: 86_400_000 }), fc.constantFrom(1_000, 60_000, 3_600_000)),
        bytes: fc.integer({ min: 1_000, max: 1_073_741_824 }),
      },
      { requiredKeys: [], noNullPrototype: true },
    )
    .filter((stated) => Object.keys(stated).length > 0);

  it('CUT-7: is size 100 and wait 1 s where nothing is stated, else only what is stated', () => {
    expect(makePolicy({})).toEqual({ size: 100, waitMs: 1_000 });
    expect(makePolicy({ size: undefined, waitMs: undefined, bytes: undefined })).toBe(defaultPolicy);
    fc.assert(
      fc.property(anyPolicy, (stated) => {
        expect(makePolicy(stated)).toStrictEqual(stated);
        expect(Object.isFrozen(makePolicy(stated))).toBe(true);
      }),
    );
  });

  it('has one name, and no other policy has it', () => {
    const named = (name: string): Policy => {
      const policy: Record<string, number | undefined> = {};
      for (const part of name.split(',')) {
        const [what = '', value = ''] = part.split('-');
        policy[what === 'wait' ? 'waitMs' : what] = what === 'wait' ? parseDurationMs(value) : Number(value);
      }
      return makePolicy(policy);
    };
    fc.assert(
      fc.property(anyPolicy, (policy) => {
        expect(named(policyName(policy))).toEqual(policy);
      }),
    );
  });

  it('has a name that stays: it is a folder of collectors', () => {
    expect(policyName(defaultPolicy)).toBe('size-100,wait-1s');
    expect(policyName({ size: 5 })).toBe('size-5');
    expect(policyName({ waitMs: 1_500 })).toBe('wait-1500ms');
    expect(policyName({ bytes: 1_000, waitMs: 60_000, size: 100 })).toBe('size-100,wait-1m,bytes-1000');
  });

  it.each([
    ...[0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2_147_483_648].map((size) => ['size', { size }] as const),
    ...[0, -1, 1.5, Number.NaN, 86_400_001].map((waitMs) => ['waitMs', { waitMs }] as const),
    ...[999, 1_000.5, Number.NaN, 1_073_741_825].map((bytes) => ['bytes', { bytes }] as const),
  ])('is refused, naming %s and its range: %o', (about, stated) => {
    expect(() => makePolicy(stated)).toThrow(
      expect.objectContaining({ code: 'bad-option', about, hint: expect.stringMatching(/from [\d]+ to [\d]+\.$/) }),
    );
  });
});
