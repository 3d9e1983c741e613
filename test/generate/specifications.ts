// Specifications that reach every kind and every branch of its parameters, for tests that hold of all feeds.
import fc from 'fast-check';
import type { Specification } from '../../src/generate/specification.ts';
import { messageLine } from '../../src/protocol/message.ts';

export const someSpecifications: readonly string[] = [
  'user',
  'user?seed=7&rate=0.5',
  'array',
  'array?dist=uniform&low=-3&high=1000000&digits=9',
  'array?dist=normal&shape=2x3x4&seed=9007199254740991',
  'array?dist=normal&dtype=float32&shape=5',
  'array?dist=lognormal&mu=10&sigma=2&digits=0',
  'array?dist=lognormal&dtype=float32&digits=9',
  'array?dist=exponential&scale=0.001&digits=9',
  'array?dist=gamma&k=0.5&theta=3',
  'array?dist=gamma&k=1',
  'array?dist=poisson&dtype=int32',
  'array?dist=poisson&lambda=1000&shape=1',
  'array?dist=bernoulli&p=0.25&dtype=uint8&shape=1x1x7',
  'array?dist=binomial&n=1000&p=0.3&dtype=uint8',
  'array?dist=geometric&success=0.01&dtype=int32',
  'array?dtype=int32&low=-1000000&high=1000000&shape=64',
  'tick',
  'tick?symbol=X-1.A&start=1',
  'tick?volatility=20&start=1000000',
  'tick?volatility=0',
  'reading',
  'reading?sensors=1000&mean=-100000&amplitude=10000&noise=10000&outliers=1&unit=%C2%B5g%2Fm',
  'access',
  'access?visitors=1&pages=1&errors=1',
  'access?visitors=16000000&pages=1000000&errors=0.5',
  'counter',
  'counter?pad=100&rate=max',
  'template',
  `template?record=${encodeURIComponent(
    JSON.stringify({
      id: '{{string.uuid}}',
      when: '{{date.recent}}',
      joined: 'since {{date.past({"years":5})}} in {{location.city}}, {{location.country}}',
      tags: ['{{helpers.arrayElement(["a","b{{c"])}}', '{{word.noun}}', 1.5, null, true],
      nested: { big: '{{number.bigInt}}', currency: '{{finance.currency}}', text: '{{lorem.paragraphs(100)}}' },
      ulid: '{{string.ulid}}',
      'quote"key': 'ünï\n{{person.bio}}',
    }),
  )}`,
];

/** The lines at these offsets, newlines included. */
export function linesOf({ generator, schedule }: Specification, offsets: readonly number[]): string[] {
  return offsets.map((offset) => {
    const timeMicros = schedule.dueMicros(offset);
    return messageLine(offset, timeMicros, generator.data(offset, timeMicros));
  });
}

/** Offsets near the beginning, near the powers of two, and at the end. */
export function someOffsets(end: number): fc.Arbitrary<number> {
  return fc
    .oneof(
      fc.integer({ min: 0, max: 1_000 }),
      fc.integer({ min: 10, max: 52 }).chain((bits) => fc.integer({ min: 2 ** bits - 2, max: 2 ** bits + 2 })),
      fc.integer({ min: 0, max: end - 1 }),
      fc.integer({ min: end - 10, max: end - 1 }),
    )
    .map((offset) => Math.min(offset, end - 1));
}
