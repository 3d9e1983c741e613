// What a message costs is known before one is made: what is too dear is refused, and looking at a specification makes nothing.
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { anchorEveryOf } from '../../src/generate/anchors.ts';
import { costs } from '../../src/generate/kinds/costs.ts';
import { faker } from '../../src/generate/kinds/fakes.ts';
import { PlacedRandom } from '../../src/generate/kinds/random.ts';
import { generateLimits } from '../../src/generate/limits.ts';
import { parseSpecification } from '../../src/generate/specification.ts';
import { limits } from '../../src/protocol/limits.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const templateOf = (texts: readonly string[]) => `template?record=${encodeURIComponent(JSON.stringify(texts))}`;
const most = generateLimits.messageMicros.default;

test.each([
  ['array?shape=240000&dtype=uint8&dist=binomial&n=1000000', 'array'],
  ['array?shape=500x480&dtype=uint8&dist=poisson&lambda=1000', 'array'],
  ['array?shape=100000&dtype=uint8&dist=poisson&lambda=1000000', 'array'],
])('%s is refused: a message of it costs too much to make', (text, about) => {
  expect(() => parseSpecification(text)).toThrow(
    expect.objectContaining({
      code: 'feed-refused',
      about,
      message: expect.stringMatching(/^a message of it costs [\d,]+ µs to make$/),
      hint: expect.stringContaining('at most 50,000'),
    }),
  );
});

test.each([
  'array?shape=238000&dtype=uint8',
  'array?shape=238000&dtype=uint8&dist=normal',
  'array?shape=88000&dist=normal',
  'array?shape=42000&dtype=uint8&dist=binomial&n=1000000',
  'counter?pad=999000',
  templateOf(Array.from({ length: 200 }, () => '{{lorem.sentence}}')),
])('%s is allowed: lines of a million bytes may be had, of simple numbers', (text) => {
  expect(parseSpecification(text).messageMicros).toBeLessThanOrEqual(most);
});

test('more values, and values that are drawn in more steps, cost more', () => {
  const micros = (rest: string) => parseSpecification(`array?dtype=uint8&${rest}`).messageMicros;
  expect(micros('shape=2000')).toBeGreaterThan(1.9 * micros('shape=1000'));
  const means = [0, 1, 4, 16, 17, 100, 10_000, 1_000_000].map((mean) =>
    micros(`shape=1000&dist=poisson&lambda=${mean}`),
  );
  expect(means).toEqual(means.toSorted((left, right) => left - right));
  expect(micros('shape=1000&dist=binomial&n=1000000&p=0.000001')).toBeLessThan(
    micros('shape=1000&dist=binomial&n=100'),
  );
});

test('looking at a specification draws nothing', () => {
  const places = [vi.spyOn(PlacedRandom.prototype, 'place'), vi.spyOn(PlacedRandom.prototype, 'at')];
  for (const text of ['user', 'tick', 'reading?sensors=1000', 'access', 'counter', 'array?shape=4x238000&dtype=uint8'])
    try {
      parseSpecification(text);
    } catch (error) {
      expect(error).toMatchObject({ code: 'bad-feed' });
    }
  for (const place of places) expect(place).not.toHaveBeenCalled();
});

test('each expression of a template is tried once, however often it stands there', () => {
  const make = vi.spyOn(faker.number, 'int');
  parseSpecification(templateOf(Array.from({ length: 100 }, (_, index) => `{{number.int(${index % 10})}}`)));
  expect(make).toHaveBeenCalledTimes(10);
});

test('trying ends where it has cost too much: that is refused, with what to change', () => {
  const make = vi.spyOn(faker.string, 'alpha');
  const text = templateOf(Array.from({ length: 100 }, (_, index) => `{{string.alpha(${1_000 - index})}}`));
  expect(() => parseSpecification(text)).toThrow(
    expect.objectContaining({
      code: 'feed-refused',
      about: 'record',
      hint: expect.stringContaining('at most 3,000 µs'),
    }),
  );
  expect(make.mock.calls.length).toBeLessThan(8);
});

test.each([
  'array?shape=42000&dtype=uint8&dist=binomial&n=1000000',
  'array?shape=88000&dist=normal',
  'array?shape=238000&dtype=uint8&dist=bernoulli',
])('%s is made in pieces of which none costs much more than a piece may', (text) => {
  const { generator } = parseSpecification(text);
  const pieces = [...(generator.pieces?.(0, 0) ?? [])];
  expect(pieces.length).toBeGreaterThan((0.9 * (generator.dataMicros as number)) / costs.piece);
  const longest = Math.max(...pieces.map(({ length }) => length));
  expect(longest).toBeLessThan((2 * generator.data(0, 0).length) / pieces.length);
});

test('anchors are a power of two apart, up to 4,096, so that what lies between two is bounded in bytes and in cost', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 60, max: limits.lineBytes.max }),
      fc.integer({ min: 1, max: most }),
      (lineBytes, micros) => {
        const every = anchorEveryOf(lineBytes, micros);
        expect(Number.isInteger(Math.log2(every))).toBe(true);
        expect(every).toBeLessThanOrEqual(4_096);
        if (every > 1) {
          expect(every * lineBytes).toBeLessThanOrEqual(generateLimits.lookBackBytes.default);
          expect(every * micros).toBeLessThanOrEqual(generateLimits.lookBackMicros.default);
        }
      },
    ),
  );
  expect(anchorEveryOf(100, 1)).toBe(4_096);
  expect(anchorEveryOf(1_000_000, 1)).toBe(1);
  expect(anchorEveryOf(100, most)).toBe(1);
});
