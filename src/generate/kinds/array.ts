// Random arrays as numpy's users know them: shape, dtype, distribution. The data is what `tolist()` gives, nested.
import { costs } from './costs.ts';
import { distributions } from './distributions.ts';
import type { Generator, Kind, Parameter, Values } from './kind.ts';
import { lineBytesOf, rounded } from './lines.ts';
import { choice, integer, numberOf } from './parameters.ts';
import { PlacedRandom } from './random.ts';

const dtypes = ['float64', 'float32', 'int32', 'uint8'] as const;
type Dtype = (typeof dtypes)[number];

const valuesMax = 250_000;

const shape: Parameter = {
  meaning: 'the sizes of the dimensions',
  default: '3x4',
  range: '1 to 8 whole numbers from 1 with x between, at most 250,000 values in all',
  canonical(stated) {
    if (!/^\d{1,9}(x\d{1,9}){0,7}$/.test(stated)) return undefined;
    const sizes = stated.split('x').map(Number);
    const count = countOf(sizes);
    return count >= 1 && count <= valuesMax ? sizes.join('x') : undefined;
  },
};

export const array: Kind = {
  name: 'array',
  summary: 'an array of random numbers, nested as numpy lists it',
  parameters: {
    shape,
    dtype: choice(dtypes, {
      meaning: 'the type of the values; integers are held within its range',
      default: 'float64',
    }),
    dist: choice([...distributions.keys()], { meaning: 'how the values are distributed', default: 'uniform' }),
    digits: integer(0, 9, {
      meaning: 'digits after the point of float64 and float32',
      default: '6',
      when: { parameter: 'dtype', is: ['float64', 'float32'] },
    }),
    ...parametersOfDistributions(),
  },
  generator: makeGenerator,
};

function parametersOfDistributions(): Record<string, Parameter> {
  const parameters: Record<string, Parameter> = {};
  for (const { parameters: some } of distributions.values()) Object.assign(parameters, some);
  return parameters;
}

function makeGenerator(values: Values, seed: number): Generator {
  const random = new PlacedRandom('array', seed);
  const dtype = values.dtype as Dtype;
  const distribution = distributions.get(values.dist as string);
  if (distribution === undefined) throw new Error(`defect: no distribution ${values.dist}`);
  const sampler = distribution.sampler(values);
  const format = formatOf(dtype, numberOf(values, 'digits'), distribution.whole === 'down');
  const sizes = (values.shape as string).split('x').map(Number);
  const count = countOf(sizes);
  const nesting = nestingOf(sizes);
  const valueMicros = sampler.micros + (dtype.startsWith('float') ? costs.float : costs.whole);
  const pieceValues = Math.ceil(costs.piece / valueMicros);

  // Each piece is a text of its own. One long text, to which single values are added, makes garbage of many times its size.
  const textOf = (sample: () => number, from: number, to: number): string => {
    let text = from === 0 ? nesting.open : '';
    for (let index = from; index < to; index++) text += format(sample()) + nesting.behind(index);
    return text;
  };
  return {
    maxLineBytes: lineBytesOf(nesting.bytes + count * maxValueBytes(dtype, values, sampler.largest)),
    dataMicros: count * valueMicros,
    data(offset) {
      random.place(offset);
      return textOf(sampler.begin(random.next), 0, count);
    },
    *pieces(offset) {
      const sample = sampler.begin(random.at(offset));
      for (let from = 0; from < count; from += pieceValues)
        yield textOf(sample, from, Math.min(count, from + pieceValues));
    },
  };
}

function countOf(sizes: readonly number[]): number {
  return sizes.reduce((product, size) => product * size, 1);
}

interface Nesting {
  /** The text before the first value. */
  readonly open: string;
  /** The bytes of all brackets and commas. */
  readonly bytes: number;
  /** The text behind the value at `index`: `,`, or the brackets of the rows that end there and begin. */
  behind(index: number): string;
}

function nestingOf(sizes: readonly number[]): Nesting {
  const count = countOf(sizes);
  /** How many values a row has: of the innermost axis first, without the outermost, whose one row is the whole. */
  const rows = sizes
    .slice(1)
    .map((_, axis) => countOf(sizes.slice(axis + 1)))
    .reverse();
  const behindRows = Array.from({ length: sizes.length }, (_, ended) => `${']'.repeat(ended)},${'['.repeat(ended)}`);
  const close = ']'.repeat(sizes.length);
  const brackets = rows.reduce((sum, values) => sum + count / values, 1);
  return {
    open: '['.repeat(sizes.length),
    bytes: 2 * brackets + count - 1,
    behind(index) {
      const made = index + 1;
      if (made === count) return close;
      let ended = 0;
      while (ended < rows.length && made % (rows[ended] as number) === 0) ended++;
      return behindRows[ended] as string;
    },
  };
}

/** A value as JSON. Floats are rounded first; a float32 is then printed in full, as numpy does: 0.10000000149011612. */
function formatOf(dtype: Dtype, digits: number, down: boolean): (value: number) => number {
  switch (dtype) {
    case 'float64':
      return (value) => rounded(value, digits);
    case 'float32':
      return (value) => Math.fround(rounded(value, digits));
    case 'int32':
      return held(-2_147_483_648, 2_147_483_647, down);
    case 'uint8':
      return held(0, 255, down);
  }
}

function held(min: number, max: number, down: boolean): (value: number) => number {
  // Adding zero makes 0 of -0.
  return (value) => Math.min(max, Math.max(min, down ? Math.floor(value) : Math.round(value))) + 0;
}

function maxValueBytes(dtype: Dtype, values: Values, largest: number): number {
  switch (dtype) {
    case 'float64': {
      // Sign, digits before the point, point, digits behind it. What rounds up may have a digit more.
      return 2 + String(Math.ceil(largest) + 1).length + numberOf(values, 'digits');
    }
    case 'float32':
      // The longest that any number prints: -1.2345678901234567e-100.
      return 24;
    case 'int32':
      return Math.min(11, 1 + String(Math.ceil(largest) + 1).length);
    case 'uint8':
      return 3;
  }
}
