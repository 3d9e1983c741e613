// The cheapest kind: the offset itself, with padding for who wants messages of a certain length.
import { costs } from './costs.ts';
import type { Kind } from './kind.ts';
import { jsonBytes, lineBytesOf } from './lines.ts';
import { integer, numberOf } from './parameters.ts';

export const counter: Kind = {
  name: 'counter',
  summary: 'a count that goes up by one; the cheapest, for tests of speed',
  parameters: {
    pad: integer(0, 1_000_000, { meaning: 'characters of padding in each message', default: '0' }),
  },
  generator(values) {
    const characters = numberOf(values, 'pad');
    const end = characters === 0 ? '}' : `,"pad":"${'x'.repeat(characters)}"}`;
    return {
      maxLineBytes: lineBytesOf(jsonBytes({ n: Number.MAX_SAFE_INTEGER }) - 1 + end.length),
      dataMicros: costs.counter,
      data: (offset) => `{"n":${offset}${end}`,
    };
  },
};
