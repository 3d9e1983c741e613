// Random arrays as numpy's users know them: shape, dtype, distribution. The data is what `tolist()` gives, nested.
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
  const sampler = distribution.sampler(values, random.next);
  const format = formatOf(dtype, numberOf(values, 'digits'), distribution.whole === 'down');
  const sizes = (values.shape as string).split('x').map(Number);
  const { open, separators } = layout(sizes);
  const structureBytes = open.length + separators.reduce((sum, separator) => sum + separator.length, 0);

  return {
    maxLineBytes: lineBytesOf(structureBytes + separators.length * maxValueBytes(dtype, values, sampler.largest)),
    data(offset) {
      random.place(offset);
      const sample = sampler.begin();
      let text = open;
      for (const separator of separators) text += format(sample()) + separator;
      return text;
    },
  };
}

function countOf(sizes: readonly number[]): number {
  return sizes.reduce((product, size) => product * size, 1);
}

/** The text before the first value, and that behind each: `,`, or the brackets of the rows that end there and begin. */
function layout(sizes: readonly number[]): { open: string; separators: string[] } {
  const separators = Array.from({ length: countOf(sizes) }, (_, index) => {
    let ended = 0;
    for (let rest = index + 1, axis = sizes.length - 1; axis > 0 && rest % (sizes[axis] as number) === 0; axis--) {
      rest /= sizes[axis] as number;
      ended++;
    }
    return `${']'.repeat(ended)},${'['.repeat(ended)}`;
  });
  separators[separators.length - 1] = ']'.repeat(sizes.length);
  return { open: '['.repeat(sizes.length), separators };
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
