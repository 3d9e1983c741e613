// What holds of every kind: the same line whatever was read before, in any process, under any clock and zone; never
// longer than promised; always JSON.
import { execFileSync } from 'node:child_process';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { kinds } from '../../src/generate/kinds/index.ts';
import { parseSpecification } from '../../src/generate/specification.ts';
import { parseMessage } from '../../src/protocol/message.ts';
import { linesOf, someOffsets, someSpecifications } from './specifications.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe.each(someSpecifications.map((text) => [text.slice(0, 100), text] as const))('%s', (_short, text) => {
  const specification = parseSpecification(text);
  const offsets = someOffsets(specification.schedule.end);

  test('F1 and F3: reads the same in any order, from this generator and from another', () => {
    fc.assert(
      fc.property(fc.uniqueArray(offsets, { minLength: 2, maxLength: 12 }), (some) => {
        const lines = linesOf(specification, some);
        expect(linesOf(specification, some.toReversed()).toReversed()).toEqual(lines);
        const [last] = some.slice(-1) as [number];
        expect(linesOf(specification, [last])).toEqual(lines.slice(-1));
      }),
      { numRuns: 30 },
    );
    const some = fc.sample(offsets, { numRuns: 50, seed: 1 });
    expect(linesOf(parseSpecification(text), some)).toEqual(linesOf(specification, some));
  });

  test('each line is one message in JSON, not longer than promised, and has one form', () => {
    fc.assert(
      fc.property(offsets, (offset) => {
        const [line] = linesOf(specification, [offset]) as [string];
        const bytes = Buffer.from(line);
        expect(bytes.length).toBeLessThanOrEqual(specification.generator.maxLineBytes);
        expect(line.indexOf('\n')).toBe(line.length - 1);
        expect(line).not.toContain('-0,');
        expect(parseMessage(bytes).offset).toBe(offset);
      }),
      { numRuns: 200 },
    );
  });

  test('nothing reads the present or a chance that is not its own', () => {
    const before = linesOf(parseSpecification(text), [0, 1, 2, 77, 1_000_000]);
    vi.useFakeTimers({ now: new Date('2031-05-05T05:05:05Z') });
    vi.spyOn(Math, 'random').mockReturnValue(0.123);
    expect(linesOf(parseSpecification(text), [0, 1, 2, 77, 1_000_000])).toEqual(before);
    const readsPresent = vi.spyOn(Date, 'now').mockImplementation(() => {
      throw new Error('the present was read');
    });
    const readsChance = vi.spyOn(Math, 'random').mockImplementation(() => {
      throw new Error('chance was read');
    });
    expect(linesOf(specification, [0, 1, 2, 77, 1_000_000])).toEqual(before);
    expect(readsPresent).not.toHaveBeenCalled();
    expect(readsChance).not.toHaveBeenCalled();
  });
});

test('F1 and F3: another process, in another zone, language and year, makes the same bytes', () => {
  const offsets = [0, 1, 2, 3, 500, 65_536, 1_000_000_007];
  const program = `
    const Present = Date;
    globalThis.Date = class extends Present {
      constructor(...parts) { if (parts.length === 0) super(4e12); else super(...parts); }
      static now() { return 4e12; }
    };
    const { parseSpecification } = await import(${JSON.stringify(new URL('../../dist/generate/specification.js', import.meta.url))});
    const { messageLine } = await import(${JSON.stringify(new URL('../../dist/protocol/message.js', import.meta.url))});
    const { specifications, offsets } = JSON.parse(process.argv[1]);
    console.log(JSON.stringify(specifications.map((text) => {
      const { schedule, generator, epoch } = parseSpecification(text);
      return [epoch, offsets.map((offset) => {
        const time = schedule.dueMicros(offset);
        return messageLine(offset, time, generator.data(offset, time));
      })];
    })));`;
  const input = JSON.stringify({ specifications: someSpecifications, offsets });
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program, input], {
    env: { ...process.env, TZ: 'Asia/Tokyo', LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' },
    maxBuffer: 64 * 1024 * 1024,
    encoding: 'utf8',
  });
  const here = someSpecifications.map((text) => {
    const specification = parseSpecification(text);
    return [specification.epoch, linesOf(specification, offsets)];
  });
  expect(JSON.parse(output)).toEqual(here);
});

const randomKinds = [...kinds.keys()].filter((name) => name !== 'counter');
test.each(randomKinds)('another seed makes another %s', (name) => {
  const lines = [0, 1, 2, 2 ** 32, Number.MAX_SAFE_INTEGER].map((seed) =>
    crc32(linesOf(parseSpecification(`${name}?seed=${seed}`), [0, 1, 2, 3]).join('')),
  );
  expect(new Set(lines).size).toBe(lines.length);
});

const data = (text: string, count: number) => {
  const specification = parseSpecification(text);
  return Array.from({ length: count }, (_, offset) =>
    JSON.parse(specification.generator.data(offset, specification.schedule.dueMicros(offset))),
  );
};
const meanOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
const deviationOf = (numbers: readonly number[]) => {
  const mean = meanOf(numbers);
  return Math.sqrt(meanOf(numbers.map((number) => (number - mean) ** 2)));
};

test.each([
  ['uniform&low=2&high=4', 3, 1 / Math.sqrt(3)],
  ['normal&mean=5&sd=2', 5, 2],
  ['lognormal&mu=0&sigma=0.5', Math.exp(0.125), Math.exp(0.125) * Math.sqrt(Math.expm1(0.25))],
  ['exponential&scale=3', 3, 3],
  ['gamma&k=4&theta=0.5', 2, 1],
  ['poisson&lambda=4', 4, 2],
  ['poisson&lambda=400', 400, 20],
  ['bernoulli&p=0.25', 0.25, Math.sqrt(0.1875)],
  ['binomial&n=100&p=0.5', 50, 5],
  ['geometric&success=0.5', 2, Math.SQRT2],
])('array?dist=%s has the mean and deviation that its name promises', (dist, mean, deviation) => {
  const numbers = data(`array?shape=20&dist=${dist}`, 2_000).flat();
  expect(Math.abs(meanOf(numbers) - mean)).toBeLessThan((5 * deviation) / Math.sqrt(numbers.length));
  expect(Math.abs(deviationOf(numbers) / deviation - 1)).toBeLessThan(0.05);
});

test('an array is nested as its shape says, and integers of [0, 6) are 0 to 5, each as likely', () => {
  const [one] = data('array?shape=2x1x3', 1);
  expect(one).toEqual([[[expect.any(Number), expect.any(Number), expect.any(Number)]], [expect.any(Array)]]);
  const dice = data('array?shape=6&dtype=uint8&high=6', 2_000).flat();
  for (let face = 0; face < 6; face++) expect(dice.filter((value) => value === face).length / 2_000).toBeCloseTo(1, 0);
  expect(new Set(dice).size).toBe(6);
});

test('float32 values are float32 values, and uint8 values are held within 0 to 255', () => {
  for (const value of data('array?dtype=float32&dist=normal', 100).flat(2)) expect(Math.fround(value)).toBe(value);
  const bytes = data('array?dtype=uint8&dist=normal&sd=1000&shape=50', 20).flat();
  expect([Math.min(...bytes), Math.max(...bytes)]).toEqual([0, 255]);
});

test('the numbers of neighbouring offsets have nothing to do with each other', () => {
  const first = data('array?shape=2&digits=9', 50_000) as [number, number][];
  const centred = first.map(([value]) => value - 0.5);
  for (const apart of [1, 2, 4, 256, 1_024]) {
    const product = meanOf(centred.slice(apart).map((value, index) => value * (centred[index] as number)));
    expect(Math.abs(product * 12)).toBeLessThan(5 / Math.sqrt(centred.length - apart));
  }
  expect(Math.abs(meanOf(first.map(([left, right]) => (left - 0.5) * (right - 0.5))) * 12)).toBeLessThan(
    5 / Math.sqrt(50_000),
  );
});

test("a user's e-mail address fits the name, the age is 18 to 80, the zip code is of five digits", () => {
  for (const { name, email, birthDate, address, id } of data('user', 500)) {
    const [first, last] = name.toLowerCase().replaceAll("'", '').split(' ');
    expect(email).toMatch(new RegExp(`^${first}\\.${last}\\d{1,3}@example\\.(com|net|org)$`));
    const years = (Date.parse('2026-01-01') - Date.parse(birthDate)) / 86_400_000 / 365.2425;
    expect(years).toBeGreaterThanOrEqual(18);
    expect(years).toBeLessThanOrEqual(80.1);
    expect(address.zip).toMatch(/^\d{5}$/);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});

test('a price moves by the stated deviation from message to message, everywhere, and is always above 0', () => {
  const specification = parseSpecification('tick?volatility=10&start=1000000');
  for (const from of [0, 65_000, 1_000_000]) {
    const prices = Array.from(
      { length: 3_000 },
      (_, index) => JSON.parse(specification.generator.data(from + index, 0)).price,
    );
    const steps = prices.slice(1).map((price, index) => Math.log(price / prices[index]));
    expect(deviationOf(steps) / 0.001).toBeCloseTo(1, 1);
  }
  const wild = parseSpecification('tick?volatility=20&start=1').generator;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (offset) => {
      expect(JSON.parse(wild.data(offset, 0)).price).toBeGreaterThan(0);
    }),
    { numRuns: 2_000 },
  );
});

test('readings follow the day, take turns, and have the stated share of outliers', () => {
  const readings = data('reading?sensors=2&rate=0.01&outliers=0.01', 20_000) as { sensor: number; value: number }[];
  expect(readings.slice(0, 4).map(({ sensor }) => sensor)).toEqual([1, 2, 1, 2]);
  const at = (hour: number) =>
    readings.filter((_, index) => Math.floor((index * 100) / 3_600) % 24 === hour).map(({ value }) => value);
  expect(meanOf(at(15)) - meanOf(at(3))).toBeGreaterThan(8);
  const far = readings.filter(({ value }) => Math.abs(value - 20) > 9).length / readings.length;
  expect(far).toBeGreaterThan(0.006);
  expect(far).toBeLessThan(0.014);
});

test('access records have the stated share of errors, private addresses, and one agent for each visitor', () => {
  const records = data('access?errors=0.1&visitors=1000', 5_000) as { ip: string; status: number; agent: string }[];
  expect(records.filter(({ status }) => status >= 400).length / records.length).toBeCloseTo(0.1, 1);
  const agents = new Map<string, string>();
  for (const { ip, agent } of records) {
    expect(ip).toMatch(/^10\.\d{1,3}\.\d{1,3}\.\d{1,3}$/);
    expect(agents.get(ip) ?? agent).toBe(agent);
    agents.set(ip, agent);
  }
});
