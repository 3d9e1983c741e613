// The distributions that arrays draw from: d3-random's, with the names and the meaning of their parameters, and how far
// from zero they can come.
import {
  randomBernoulli,
  randomBinomial,
  randomExponential,
  randomGamma,
  randomGeometric,
  randomLogNormal,
  randomNormal,
  randomPoisson,
  randomUniform,
} from 'd3-random';
import { BlockfeedError } from '../../protocol/errors.ts';
import { costs, countMicros } from './costs.ts';
import type { Parameter, Values } from './kind.ts';
import { decimal, integer, numberOf } from './parameters.ts';

/** How the values of an array are distributed. */
export interface ValueDistribution {
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** How a value becomes whole for an integer dtype: `down` makes uniform [0, 6) the numbers 0 to 5, each as likely. */
  readonly whole: 'down' | 'nearest';
  sampler(values: Values): Sampler;
}

interface Sampler {
  /** No value is further from zero. */
  readonly largest: number;
  /** What drawing one value costs, by costs.ts. */
  readonly micros: number;
  /** Starts on a message, whose numbers come from `source`. Several of d3's keep half of what they drew; none keeps it for the next message. */
  begin(source: () => number): () => number;
}

// The numbers of a source are multiples of 2^-53, and that bounds the tails: a normal is within 12.1 deviations
// (sqrt(-2 ln r) with r from 2^-104), and -ln(1 - u) within 36.8. A gamma, from which larger Poisson and binomial numbers
// are made, is within k times (1 + 12.1 / (3 sqrt(k - 1/3)))^3.
const normalMax = 12.1;
const exponentialMax = 36.8;

const onlyWith = (...is: string[]) => ({ when: { parameter: 'dist', is } });

const mean = decimal(-1_000_000, 1_000_000, 6, {
  meaning: 'mean',
  default: '0',
  ...onlyWith('normal'),
});
const deviation = decimal(0, 100_000, 6, { meaning: 'standard deviation', default: '1', ...onlyWith('normal') });
const chance = decimal(0, 1, 6, {
  meaning: 'chance of a success',
  default: '0.5',
  ...onlyWith('bernoulli', 'binomial'),
});

export const distributions: ReadonlyMap<string, ValueDistribution> = new Map<string, ValueDistribution>([
  [
    'uniform',
    {
      parameters: {
        low: decimal(-1_000_000, 1_000_000, 6, { meaning: 'the least value', default: '0', ...onlyWith('uniform') }),
        high: decimal(-1_000_000, 1_000_000, 6, {
          meaning: 'above all values; more than low',
          default: '1',
          ...onlyWith('uniform'),
        }),
      },
      whole: 'down',
      sampler(values) {
        const [low, high] = [numberOf(values, 'low'), numberOf(values, 'high')];
        if (low >= high)
          throw new BlockfeedError('bad-feed', `high is ${high} and low is ${low}`, {
            hint: 'Give a high that is more than low.',
            about: 'high',
          });
        return {
          largest: Math.max(Math.abs(low), Math.abs(high)),
          micros: costs.uniform,
          begin: (source) => {
            const draw = randomUniform.source(source)(low, high);
            // Adding low may round up to high.
            return () => {
              const value = draw();
              return value < high ? value : low;
            };
          },
        };
      },
    },
  ],
  [
    'normal',
    {
      parameters: { mean, sd: deviation },
      whole: 'nearest',
      sampler(values) {
        const [mu, sigma] = [numberOf(values, 'mean'), numberOf(values, 'sd')];
        return {
          largest: Math.abs(mu) + normalMax * sigma,
          micros: costs.normal,
          begin: (source) => randomNormal.source(source)(mu, sigma),
        };
      },
    },
  ],
  [
    'lognormal',
    {
      parameters: {
        mu: decimal(-10, 10, 6, { meaning: 'mean of the logarithm', default: '0', ...onlyWith('lognormal') }),
        sigma: decimal(0, 2, 6, {
          meaning: 'standard deviation of the logarithm',
          default: '1',
          ...onlyWith('lognormal'),
        }),
      },
      whole: 'nearest',
      sampler(values) {
        const [mu, sigma] = [numberOf(values, 'mu'), numberOf(values, 'sigma')];
        return {
          largest: Math.exp(mu + normalMax * sigma),
          micros: costs.lognormal,
          begin: (source) => randomLogNormal.source(source)(mu, sigma),
        };
      },
    },
  ],
  [
    'exponential',
    {
      parameters: {
        scale: decimal(0.000001, 1_000_000, 6, { meaning: 'mean', default: '1', ...onlyWith('exponential') }),
      },
      whole: 'nearest',
      sampler(values) {
        const scale = numberOf(values, 'scale');
        return {
          largest: exponentialMax * scale,
          micros: costs.exponential,
          begin: (source) => randomExponential.source(source)(1 / scale),
        };
      },
    },
  ],
  [
    'gamma',
    {
      parameters: {
        k: decimal(0.001, 100_000, 6, { meaning: 'shape parameter', default: '2', ...onlyWith('gamma') }),
        theta: decimal(0.000001, 1_000, 6, { meaning: 'scale parameter', default: '1', ...onlyWith('gamma') }),
      },
      whole: 'nearest',
      sampler(values) {
        const [k, theta] = [numberOf(values, 'k'), numberOf(values, 'theta')];
        return {
          largest: theta * Math.max(exponentialMax, gammaMax(k)),
          micros: costs.gamma,
          begin: (source) => randomGamma.source(source)(k, theta),
        };
      },
    },
  ],
  [
    'poisson',
    {
      parameters: {
        lambda: decimal(0, 1_000_000, 6, { meaning: 'mean', default: '4', ...onlyWith('poisson') }),
      },
      whole: 'nearest',
      sampler(values) {
        const lambda = numberOf(values, 'lambda');
        // 40 deviations do not come in the age of the world. The bound is enforced all the same.
        const largest = Math.ceil(lambda + 40 * Math.sqrt(lambda) + 100);
        return {
          largest,
          micros: countMicros(lambda),
          begin: (source) => {
            const draw = randomPoisson.source(source)(lambda);
            return () => Math.min(largest, draw());
          },
        };
      },
    },
  ],
  [
    'bernoulli',
    {
      parameters: { p: chance },
      whole: 'nearest',
      sampler(values) {
        const p = numberOf(values, 'p');
        return { largest: 1, micros: costs.bernoulli, begin: (source) => randomBernoulli.source(source)(p) };
      },
    },
  ],
  [
    'binomial',
    {
      parameters: {
        n: integer(0, 1_000_000, { meaning: 'tries', default: '10', ...onlyWith('binomial') }),
        p: chance,
      },
      whole: 'nearest',
      sampler(values) {
        const [n, p] = [numberOf(values, 'n'), numberOf(values, 'p')];
        return {
          largest: n,
          micros: countMicros(n * Math.min(p, 1 - p)),
          begin: (source) => randomBinomial.source(source)(n, p),
        };
      },
    },
  ],
  [
    'geometric',
    {
      parameters: {
        success: decimal(0.0001, 1, 6, {
          meaning: 'chance of a success; the value is the tries it takes',
          default: '0.5',
          ...onlyWith('geometric'),
        }),
      },
      whole: 'nearest',
      sampler(values) {
        const p = numberOf(values, 'success');
        return {
          largest: p === 1 ? 1 : 1 + exponentialMax / -Math.log1p(-p),
          micros: costs.geometric,
          begin: (source) => randomGeometric.source(source)(p),
        };
      },
    },
  ],
]);

/** The most of a gamma by Marsaglia's and Tsang's method, as d3 has it. */
function gammaMax(k: number): number {
  const d = (k < 1 ? k + 1 : k) - 1 / 3;
  return d * (1 + normalMax / (3 * Math.sqrt(d))) ** 3;
}
