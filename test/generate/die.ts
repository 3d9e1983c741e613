// A die that is thrown.
import type { Kind } from '../../src/generate/kinds/kind.ts';
import { lineBytesOf } from '../../src/generate/kinds/lines.ts';
import { integer, numberOf } from '../../src/generate/kinds/parameters.ts';
import { PlacedRandom } from '../../src/generate/kinds/random.ts';

export const die: Kind = {
  name: 'die',
  summary: 'a throw: face',
  parameters: { faces: integer(2, 100, { meaning: 'how many faces it has', default: '6' }) },
  generator(values, seed) {
    const random = new PlacedRandom('die', seed);
    const faces = numberOf(values, 'faces');
    return {
      maxLineBytes: lineBytesOf('{"face":100}'.length),
      data(offset) {
        random.place(offset);
        return `{"face":${1 + random.below(faces)}}`;
      },
    };
  },
};
