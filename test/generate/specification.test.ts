// What may be stated of a feed, the one form it has, and what is said of everything else.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commonParameters } from '../../src/generate/common.ts';
import { describeKinds } from '../../src/generate/describe.ts';
import { kinds } from '../../src/generate/kinds/index.ts';
import type { Parameter } from '../../src/generate/kinds/kind.ts';
import { parseSpecification } from '../../src/generate/specification.ts';
import { BlockfeedError } from '../../src/protocol/errors.ts';
import { limits } from '../../src/protocol/limits.ts';
import { someSpecifications } from './specifications.ts';

/** The `bad-feed` that this specification is refused with. */
function refusal(text: string): BlockfeedError {
  try {
    parseSpecification(text);
  } catch (error) {
    if (error instanceof BlockfeedError && error.code === 'bad-feed') return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

test.each(someSpecifications)('%s: its canonical form is its own canonical form, with the same epoch', (text) => {
  const { canonical, epoch, adHocName, kind, values } = parseSpecification(text);
  const again = parseSpecification(canonical);
  expect(again.canonical).toBe(canonical);
  expect(again.epoch).toBe(epoch);
  expect(again.values).toEqual(values);
  expect(epoch).toMatch(/^[0-9a-f]{32}$/);
  expect(adHocName).toBe(`${kind.name}-${epoch.slice(0, 12)}`);
});

test('one feed has one canonical form, however it is written', () => {
  const { canonical, epoch } = parseSpecification('array?shape=3x4&rate=0.5');
  expect(canonical).toBe(
    'array?digits=6&dist=uniform&dtype=float64&high=1&low=0&origin=2026-01-01T00:00:00Z&rate=0.5&seed=0&shape=3x4',
  );
  for (const same of [
    'array?rate=0.500&shape=03x4',
    'array?shape=3x4&seed=00&rate=0.5&dist=uniform&low=-0&high=1.0',
    'array?rate=%30.5&sh%61pe=3%784',
    'array?rate=0.5&origin=2026-01-01',
    'array?rate=0.5&origin=2026-01-01T00:00:00.000000Z',
  ])
    expect(parseSpecification(same)).toMatchObject({ canonical, epoch });
  expect(parseSpecification('array?').canonical).toBe(parseSpecification('array').canonical);
});

test('any value of any parameter is refused, or its canonical form is canonical', () => {
  const parameters: Parameter[] = [...kinds.values()].flatMap((kind) => Object.values(kind.parameters));
  const stated = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.double().map(String),
    fc.integer().map((value) => `0${value}.0`),
    fc.json(),
    fc.constantFrom('', '-0', '0.0', '1e3', 'Infinity', 'NaN', '0x10', ' 1', '1 ', '__proto__', '9'.repeat(400)),
  );
  fc.assert(
    fc.property(fc.constantFrom(...parameters, ...Object.values(commonParameters)), stated, (parameter, value) => {
      let canonical: string | undefined;
      try {
        canonical = parameter.canonical(value);
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-feed' });
      }
      if (canonical !== undefined) expect(parameter.canonical(canonical)).toBe(canonical);
    }),
    { numRuns: 5_000 },
  );
});

test('any text is a specification or refused as bad-feed, nothing else', () => {
  const part = fc.oneof(fc.string(), fc.constantFrom('rate', 'seed', '=', '&', '1', '%', '%41', 'shape', '__proto__'));
  const text = fc
    .tuple(fc.constantFrom('', 'user?', 'array?', 'template?record='), fc.array(part))
    .map(([head, rest]) => head + rest.join(''));
  fc.assert(
    fc.property(text, (stated) => {
      try {
        const { canonical } = parseSpecification(stated);
        expect(parseSpecification(canonical).canonical).toBe(canonical);
      } catch (error) {
        expect(error).toBeInstanceOf(BlockfeedError);
        const code = expect.stringMatching(/^(bad-feed|feed-refused)$/);
        expect(error).toMatchObject({ code, hint: expect.stringMatching(/\.$/) });
      }
    }),
    { numRuns: 500 },
  );
});

describe('the ends of the ranges', () => {
  const pairs = describeKinds().flatMap(({ name, parameters }) =>
    parameters.flatMap((parameter) => {
      const numbers = /(-?[\d,.]+) to (-?[\d,.]*\d)(?:, at most (\d) digits)?/.exec(parameter.range);
      if (numbers === null || !/^(a whole number from )?-?[\d,.]+ to [^A-Za-z]*(, at|$)/.test(parameter.range))
        return [];
      const [low, high] = [numbers[1], numbers[2]].map((text) =>
        Number((text as string).replaceAll(',', '').replace(/,$/, '')),
      );
      const places = Number(numbers[3] ?? 0);
      return [{ kind: name, name: parameter.name, low: low as number, high: high as number, places }];
    }),
  );

  test('every number parameter is among those tried', () => {
    expect(pairs.map(({ kind, name }) => `${kind}.${name}`)).toEqual([
      'array.digits',
      'array.low',
      'array.high',
      'array.mean',
      'array.sd',
      'array.mu',
      'array.sigma',
      'array.scale',
      'array.k',
      'array.theta',
      'array.lambda',
      'array.p',
      'array.n',
      'array.success',
      'tick.start',
      'tick.volatility',
      'reading.sensors',
      'reading.mean',
      'reading.amplitude',
      'reading.noise',
      'reading.outliers',
      'access.visitors',
      'access.pages',
      'access.errors',
      'counter.pad',
    ]);
  });

  test.each(pairs)(
    '$kind $name: $low and $high are in, the next beyond is out',
    ({ kind, name, low, high, places }) => {
      const parameter = kinds.get(kind)?.parameters[name] as Parameter;
      const step = 10 ** -places;
      expect(parameter.canonical(low.toFixed(places))).toBe(String(low));
      expect(parameter.canonical(high.toFixed(places))).toBe(String(high));
      expect(parameter.canonical((low - step).toFixed(places))).toBeUndefined();
      expect(parameter.canonical((high + step).toFixed(places))).toBeUndefined();
      expect(parameter.canonical(`${low}.${'0'.repeat(places)}1`)).toBeUndefined();
      for (const bad of ['', 'x', 'NaN', 'Infinity', '1e1', '+1', ' 1', '1,0'])
        expect(parameter.canonical(bad)).toBeUndefined();
    },
  );

  test.each([
    ['rate', ['0.001', '1000000', '999999.999', 'max'], ['0', '0.0009', '1000000.001', '0.0001', '-1', 'MAX', '']],
    ['seed', ['0', '9007199254740991'], ['9007199254740992', '9007199254740993', '-1', '1.5', '']],
    [
      'origin',
      ['1970-01-01', '2200-01-01T00:00:00Z', '2026-02-28T23:59:59.999999Z', '2028-02-29', '2026-01-01T10:30Z'],
      [
        '1969-12-31T23:59:59Z',
        '2200-01-01T00:00:00.000001Z',
        '2026-02-29',
        '2026-01-01T24:00:00Z',
        '2026-01-01T00:60:00Z',
        '2026-01-01T00:00:60Z',
        '2026-01-01T00:00:00',
        '2026-01-01T00:00:00+01:00',
        '2026-01-01T00:00:00.0000001Z',
        '0026-01-01',
        'now',
        '',
      ],
    ],
    [
      'shape',
      ['1', '1x1x1x1x1x1x1x1', '250000', '500x500'],
      ['0', '3x', 'x3', '3x-1', '3X4', '250001', '500x501', '1x1x1x1x1x1x1x1x1', ''],
    ],
  ] as const)('%s', (name, good, bad) => {
    const kind = name === 'shape' ? 'array' : 'counter';
    const small = name === 'shape' ? '&dtype=uint8&high=9' : '';
    for (const value of good) {
      // 250,000 values are within the range of shape, but in lines of a million bytes and more.
      if (value.includes('00') && name === 'shape')
        expect(refusal(`${kind}?${name}=${value}${small}`).message).toMatch(/1,\d{3},\d{3} bytes/);
      else expect(parseSpecification(`${kind}?${name}=${value}${small}`).canonical).toContain(`${name}=`);
    }
    for (const value of bad)
      expect(refusal(`${kind}?${name}=${value}`)).toMatchObject({
        about: name,
        message: expect.stringContaining(`"${value}"`),
      });
  });
});

test.each([
  ['2026-01-01T00:00:00+02:00', '2025-12-31T22:00:00Z'],
  // A plus that a query turned into a space.
  ['2026-01-01T00:00:00 02:00', '2025-12-31T22:00:00Z'],
  ['2026-01-01T00:00:00.250000-0530', '2026-01-01T05:30:00.250000Z'],
  ['2026-01-01T00:00+02:00', '2025-12-31T22:00:00Z'],
])('an origin of %s is refused with the same time in UTC, which is one', (stated, meant) => {
  expect(() => parseSpecification(`counter?origin=${stated}`)).toThrow(
    expect.objectContaining({ code: 'bad-feed', hint: `Write origin=${meant}.` }),
  );
  expect(parseSpecification(`counter?origin=${meant}`).originMicros).toBe(
    Date.parse(stated.replace(' ', '+').replace('0530', '05:30')) * 1_000,
  );
});

test('the origin is exact to the microsecond', () => {
  const { originMicros, canonical } = parseSpecification('counter?origin=2026-02-28T23:59:59.999990Z');
  expect(originMicros).toBe(Date.UTC(2026, 1, 28, 23, 59, 59) * 1_000 + 999_990);
  expect(canonical).toContain('origin=2026-02-28T23:59:59.99999Z');
});

test.each([
  ['usr', 'kind', 'Did you mean user?'],
  ['', 'kind', 'The kinds are user, array,'],
  ['User', 'kind', 'Did you mean user?'],
  ['constructor', 'kind', 'The kinds are'],
  ['user?sede=1', 'sede', 'Did you mean seed?'],
  ['user?constructor=1', 'constructor', 'Its parameters are rate, seed, origin'],
  ['user?__proto__=1', '__proto__', 'Its parameters are'],
  ['user?seed=1&seed=1', 'seed', 'State it once.'],
  ['user?seed', undefined, 'name=value'],
  ['user?seed=1&', undefined, 'name=value'],
  ['user?seed=%', undefined, 'Write % as %25.'],
  ['user?seed=%ff', undefined, 'Write % as %25.'],
  ['user?rate=2/s', 'rate', 'Give 0.001 to 1,000,000, at most 3 digits after the point, or max.'],
  ['array?dist=norml', 'dist', 'one of uniform, normal'],
  ['array?dist=normal&low=1', 'low', 'It belongs to dist=uniform.'],
  ['array?dtype=int32&digits=1', 'digits', 'It belongs to dtype=float64 or float32.'],
  ['array?low=1&high=1', 'high', 'more than low'],
  ['tick?symbol=acme', 'symbol', '1 to 12 of A-Z'],
  ['reading?unit=a"b', 'unit', '1 to 10 letters'],
  ['array?shape=200000', 'array', 'no message has more than 1,000,000'],
  ['counter?pad=1000000', 'counter', 'no message has more than 1,000,000'],
])('%s is refused: it says what is wrong, and what is right', (text, about, hint) => {
  const error = refusal(text);
  expect(error.about).toBe(about);
  expect(error.hint).toContain(hint);
});

test('what is too long is refused, also when only its canonical form is', () => {
  const most = limits.feedTextBytes.max;
  const record = (characters: number) => `template?record="${'x'.repeat(characters)}"`;
  const head = parseSpecification(record(0)).canonical.length;
  expect(parseSpecification(record(most - head)).canonical).toHaveLength(most);
  expect(refusal(record(most - head + 1)).message).toContain('8,193 bytes');
  expect(refusal(record(most)).hint).toContain('8,192');
});

test('a kind that could make lines of a million bytes and one is refused, of a million is not', () => {
  const { maxLineBytes } = parseSpecification('counter?pad=900000').generator;
  const fits = 1_000_000 - maxLineBytes + 900_000;
  expect(parseSpecification(`counter?pad=${fits}`).generator.maxLineBytes).toBe(1_000_000);
  expect(refusal(`counter?pad=${fits + 1}`).message).toContain('1,000,001 bytes');
});

test('what stands in a value as & % # + or a space is encoded in the canonical form, a plus is a plus', () => {
  const record = JSON.stringify('a&b%c#d+e f=g\u2028h');
  const { canonical, values } = parseSpecification(`template?record=${encodeURIComponent(record)}`);
  expect(values.record).toBe(record);
  expect(canonical).toContain('record="a%26b%25c%23d%2Be%20f=g%E2%80%A8h"');
  expect(parseSpecification('template?record="1+1"').values.record).toBe('"1+1"');
});
