// The user's own record: a JSON text with expressions in its strings, each replaced by one of faker's values.
import { BlockfeedError } from '../../protocol/errors.ts';
import { bad, bind, type Call, parseExpressions } from './expression.ts';
import { type Fakes, makeFakes } from './fakes.ts';
import type { Generator, Kind, Parameter } from './kind.ts';
import { jsonBytes, lineBytesOf } from './lines.ts';
import { PlacedRandom } from './random.ts';

const depthMax = 32;
/** Each expression's value, as JSON: a longer text is cut there, anything else that is longer becomes null. */
const valueBytes = 2_000;
/** So many messages are tried when the specification is parsed, to refuse expressions that faker cannot do. */
const trials = 3;
/** 2026-01-01: trials read the present no more than messages do. */
const trialMicros = 1_767_225_600_000_000;
/** A record has no more expressions, and no message of it draws more numbers, so that one takes milliseconds at the most. */
const expressionsMax = 200;
const drawsMax = 10_000;

const record: Parameter = {
  meaning: 'a JSON text; expressions in its strings are replaced',
  default:
    '{"name":"{{person.fullName}}","age":"{{number.int({\\"min\\":18,\\"max\\":80})}}","city":"{{location.city}}"}',
  range: `JSON, at most ${depthMax} deep, with at most ${expressionsMax} expressions like {{person.fullName}} in the strings`,
  canonical(stated) {
    let value: unknown;
    try {
      value = JSON.parse(stated);
    } catch (cause) {
      throw badRecord(`it is not JSON (${(cause as Error).message})`, cause);
    }
    check(value, 0);
    return JSON.stringify(value);
  },
};

export const template: Kind = {
  name: 'template',
  summary: "a record of your own, faker's expressions in its strings; one alone in a string keeps its type",
  parameters: { record },
  generator: (values, seed) => makeGenerator(JSON.parse(values.record as string), seed),
};

/** A piece of the message's JSON: always the same text, or made anew. */
type Piece = string | (() => string);

function makeGenerator(value: unknown, seed: number): Generator {
  const random = new PlacedRandom('template', seed);
  const fakes = makeFakes(random, drawsMax);
  const pieces: Piece[] = [];
  const calls: Trial[] = [];
  compile(value, fakes, pieces, calls);
  if (calls.length > expressionsMax)
    throw badRecord(`it has ${calls.length} expressions, and ${expressionsMax} is the most`);
  const joined = joinTexts(pieces);
  const literalBytes = joined.reduce(
    (sum, piece) => sum + (typeof piece === 'string' ? Buffer.byteLength(piece) : 0),
    0,
  );
  tryOut(calls, random, fakes);

  return {
    maxLineBytes: lineBytesOf(literalBytes + calls.length * valueBytes),
    data(offset, timeMicros) {
      random.place(offset);
      fakes.begin(timeMicros);
      let text = '';
      for (const piece of joined) text += typeof piece === 'string' ? piece : piece();
      return text;
    },
  };
}

interface Trial {
  readonly call: Call;
  readonly make: () => unknown;
}

function compile(value: unknown, fakes: Fakes, pieces: Piece[], calls: Trial[]): void {
  if (typeof value === 'string') {
    compileText(value, fakes, pieces, calls);
    return;
  }
  if (value === null || typeof value !== 'object') {
    pieces.push(JSON.stringify(value));
    return;
  }
  const isList = Array.isArray(value);
  pieces.push(isList ? '[' : '{');
  Object.entries(value).forEach(([key, item], index) => {
    pieces.push(`${index === 0 ? '' : ','}${isList ? '' : `${JSON.stringify(key)}:`}`);
    compile(item, fakes, pieces, calls);
  });
  pieces.push(isList ? ']' : '}');
}

function compileText(text: string, fakes: Fakes, pieces: Piece[], calls: Trial[]): void {
  const parsed = parseExpressions(text);
  const made = parsed.calls.map((call) => ({ call, make: bind(call, fakes) }));
  calls.push(...made);
  const [alone] = made;
  if (alone !== undefined && made.length === 1 && parsed.literals.every((literal) => literal === '')) {
    pieces.push(() => valueJson(alone.make));
    return;
  }
  pieces.push('"');
  parsed.literals.forEach((literal, index) => {
    pieces.push(insideQuotes(JSON.stringify(literal)));
    const make = made[index]?.make;
    if (make !== undefined) pieces.push(() => insideQuotes(valueJson(() => words(make()))));
  });
  pieces.push('"');
}

/**
 * A value as JSON of at most `valueBytes` bytes. An expression may fail for some draws only, which no trial can rule out:
 * its value is null then, or nothing within a text, the same for everybody.
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

function tryOut(calls: readonly Trial[], random: PlacedRandom, fakes: Fakes): void {
  for (let offset = 0; offset < trials; offset++) {
    random.place(offset);
    fakes.begin(trialMicros);
    for (const { call, make } of calls) {
      try {
        make();
      } catch (cause) {
        throw bad(call.written, `faker says: ${(cause as Error).message.split('\n')[0]}`, undefined, cause);
      }
    }
  }
}

function joinTexts(pieces: readonly Piece[]): Piece[] {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') joined[joined.length - 1] = last + piece;
    else joined.push(piece);
  }
  return joined;
}

function check(value: unknown, depth: number): void {
  if (depth > depthMax) throw badRecord(`it is more than ${depthMax} deep`);
  if (typeof value === 'string') parseExpressions(value);
  if (typeof value === 'number' && !Number.isFinite(value)) throw badRecord('a number is too large');
  if (value !== null && typeof value === 'object') for (const item of Object.values(value)) check(item, depth + 1);
}

function badRecord(why: string, cause?: unknown): BlockfeedError {
  return new BlockfeedError('bad-feed', `record is wrong: ${why}`, {
    hint: 'Give a JSON text such as {"name":"{{person.fullName}}"}, percent-encoded where it stands in a URL.',
    about: 'record',
    cause,
  });
}
