// The user's own record: a JSON text with expressions in its strings, each replaced by one of faker's values.
import { BlockfeedError } from '../../protocol/errors.ts';
import { costs } from './costs.ts';
import { bind, parseExpressions } from './expression.ts';
import { Fakes } from './fakes.ts';
import type { Generator, Kind, Parameter } from './kind.ts';
import { jsonBytes, lineBytesOf } from './lines.ts';
import { PlacedRandom } from './random.ts';
import { tokensOf } from './tokens.ts';
import { type Bound, tried } from './trial.ts';

const depthMax = 32;
/** Each expression's value, as JSON: a longer text is cut there, anything else that is longer becomes null. */
const valueBytes = 2_000;
/** A record has no more expressions, and a message draws no more numbers: so a message takes milliseconds at most. */
const expressionsMax = 200;
const drawsMax = 10_000;

const record: Parameter = {
  meaning: 'a JSON text; expressions in its strings are replaced',
  default:
    '{"name":"{{person.fullName}}","age":"{{number.int({\\"min\\":18,\\"max\\":80})}}","city":"{{location.city}}"}',
  range: `JSON, at most ${depthMax} deep, with at most ${expressionsMax} expressions like {{person.fullName}} in the strings`,
  canonical(stated) {
    try {
      return tokensOf(stated, depthMax)
        .map(({ written }) => written)
        .join('');
    } catch (cause) {
      throw badRecord((cause as Error).message, cause);
    }
  },
};

export const template: Kind = {
  name: 'template',
  summary: "a record of your own, faker's expressions in its strings; one alone in a string keeps its type",
  parameters: { record },
  generator: (values, seed) => makeGenerator(values.record as string, seed),
};

/** A part of the message's JSON: always the same text, or made anew by an expression. */
type Part = string | { readonly written: string; readonly make: () => string };

function makeGenerator(written: string, seed: number): Generator {
  const random = new PlacedRandom('template', seed);
  const { parts, calls } = compiled(written);
  const joined = joinTexts(parts);
  const literalBytes = joined.reduce((sum, part) => sum + (typeof part === 'string' ? Buffer.byteLength(part) : 0), 0);
  const microsOf = tried(calls, random.at(0), drawsMax);

  function* made(offset: number, timeMicros: number, pieceMicros: number): Iterable<string> {
    const fakes = new Fakes(random.at(offset), timeMicros, drawsMax);
    let text = '';
    let micros = 0;
    for (const part of joined) {
      if (typeof part === 'string') {
        text += part;
        continue;
      }
      text += fakes.make(part.make);
      micros += microsOf.get(part.written) as number;
      if (micros < pieceMicros) continue;
      yield text;
      text = '';
      micros = 0;
    }
    yield text;
  }
  return {
    maxLineBytes: lineBytesOf(literalBytes + calls.length * valueBytes),
    dataMicros: calls.reduce((sum, { call }) => sum + (microsOf.get(call.written) as number), 0),
    data: (offset, timeMicros) => [...made(offset, timeMicros, Number.POSITIVE_INFINITY)].join(''),
    pieces: (offset, timeMicros) => made(offset, timeMicros, costs.piece),
  };
}

/** The parts of a record's text: all of it but for the strings that have expressions. */
function compiled(written: string): { parts: Part[]; calls: Bound[] } {
  const parts: Part[] = [];
  const calls: Bound[] = [];
  for (const token of tokensOf(written, depthMax)) {
    if (token.is !== 'text' || !token.written.includes('{{')) parts.push(token.written);
    else compileText(JSON.parse(token.written), parts, calls);
  }
  return { parts, calls };
}

function compileText(text: string, parts: Part[], calls: Bound[]): void {
  const parsed = parseExpressions(text);
  if (calls.length + parsed.calls.length > expressionsMax)
    throw badRecord(`it has more than ${expressionsMax} expressions`);
  const made = parsed.calls.map((call) => ({ call, make: bind(call) }));
  calls.push(...made);
  const [alone] = made;
  if (alone !== undefined && made.length === 1 && parsed.literals.every((literal) => literal === '')) {
    parts.push({ written: alone.call.written, make: () => valueJson(alone.make) });
    return;
  }
  parts.push('"');
  parsed.literals.forEach((literal, index) => {
    parts.push(insideQuotes(JSON.stringify(literal)));
    const bound = made[index];
    if (bound === undefined) return;
    const { call, make } = bound;
    parts.push({ written: call.written, make: () => insideQuotes(valueJson(() => words(make()))) });
  });
  parts.push('"');
}

/**
 * A value as JSON of at most `valueBytes` bytes. An expression may fail for some draws only, and no trial can rule that out.
 * Its value is null then, or nothing within a text. It is the same for everybody.
 */
function valueJson(make: () => unknown): string {
  try {
    return json(make());
  } catch {
    return 'null';
  }
}

function json(value: unknown): string {
  const text: string | undefined = JSON.stringify(typeof value === 'bigint' ? String(value) : value);
  if (text === undefined) return 'null';
  // A UTF-16 unit of JSON text has 3 bytes at the most.
  if (text.length * 3 <= valueBytes || Buffer.byteLength(text) <= valueBytes) return text;
  return typeof value === 'string' ? JSON.stringify(fitting(value)) : 'null';
}

/** What is between the quotes of a JSON string; null, which has none, is nothing. */
function insideQuotes(text: string): string {
  return text === 'null' ? '' : text.slice(1, -1);
}

/** A value as it reads within a text. */
function words(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

/** The longest beginning that fits, found by halving. */
function fitting(text: string): string {
  let fits = 0;
  for (let step = 1_024; step >= 1; step /= 2)
    if (fits + step <= text.length && jsonBytes(text.slice(0, fits + step)) <= valueBytes) fits += step;
  return text.slice(0, fits);
}

function joinTexts(parts: readonly Part[]): Part[] {
  const joined: Part[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (typeof part === 'string' && typeof last === 'string') joined[joined.length - 1] = last + part;
    else joined.push(part);
  }
  return joined;
}

function badRecord(why: string, cause?: unknown): BlockfeedError {
  return new BlockfeedError('bad-feed', `record is wrong: ${why}`, {
    hint: 'Give a JSON text such as {"name":"{{person.fullName}}"}, percent-encoded where it stands in a URL.',
    about: 'record',
    cause,
  });
}
