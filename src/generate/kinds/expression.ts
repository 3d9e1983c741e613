// The expressions of a template: {{module.method}} or {{module.method(arguments)}}, where the arguments are JSON. They name
// one of faker's methods that are listed here and nothing else, and what they ask for is bounded.
import { BlockfeedError } from '../../protocol/errors.ts';
import { faker } from './fakes.ts';
import { isKept, type Token, tokensOf } from './tokens.ts';

/** A text cut at its expressions: literal, expression, literal, …, literal. */
export interface Parsed {
  readonly literals: readonly string[];
  readonly calls: readonly Call[];
}

export interface Call {
  /** As it was written, braces included. */
  readonly written: string;
  readonly module: string;
  readonly method: string;
  readonly args: readonly unknown[];
  /** How many characters they were written with. */
  readonly argsLength: number;
}

/** Faker's modules and which of their methods may be called: all, only some, or all but some. */
export const modules: ReadonlyMap<string, { readonly only?: readonly string[]; readonly not?: readonly string[] }> =
  new Map(
    Object.entries({
      airline: {},
      animal: {},
      book: {},
      color: {},
      commerce: {},
      company: {},
      database: {},
      datatype: {},
      date: {},
      finance: {},
      food: {},
      git: {},
      hacker: {},
      // The rest either takes a pattern, which may be made to loop, or code.
      helpers: {
        only: ['arrayElement', 'arrayElements', 'shuffle', 'weightedArrayElement', 'slugify', 'replaceSymbols'],
      },
      // Faker warns on the console each time that it is going to be removed.
      image: { not: ['urlLoremFlickr'] },
      internet: {},
      location: {},
      lorem: {},
      music: {},
      number: {},
      person: {},
      phone: {},
      science: {},
      string: {},
      system: {},
      vehicle: {},
      word: {},
    }),
  );

// In number and date an argument is a value; elsewhere it says how much of something to make. Faker's draws are counted
// beside, which ends what is asked for in any other way.
const valueModules: readonly string[] = ['number', 'date'];
const countMax = 1_000;
const fewMax = 10;
const argumentDepthMax = 32;

/** Cuts a text at its expressions. Throws `bad-feed` naming the one that is wrong. */
export function parseExpressions(text: string): Parsed {
  const literals: string[] = [];
  const calls: Call[] = [];
  let rest = 0;
  for (let at = text.indexOf('{{'); at >= 0; at = text.indexOf('{{', rest)) {
    literals.push(text.slice(rest, at));
    const name = /^\{\{([A-Za-z]+)\.([A-Za-z0-9]+)(\(|\}\})/.exec(text.slice(at, at + 100));
    if (name === null) throw bad(text.slice(at, at + 60), 'it is not {{module.method}}');
    const bare = name[3] === '}}';
    const open = at + name[0].length;
    const close = bare ? open : text.indexOf(')}}', open);
    if (close < 0) throw bad(text.slice(at, at + 60), 'it does not end with )}}');
    rest = bare ? open : close + 3;
    const written = text.slice(at, rest);
    const args = bare ? [] : parseArguments(written, text.slice(open, close));
    const call = {
      written,
      module: name[1] as string,
      method: name[2] as string,
      args,
      argsLength: bare ? 0 : close - open,
    };
    calls.push(checked(call));
    if (!bare) checkKept(written, text.slice(open, close));
  }
  literals.push(text.slice(rest));
  return { literals, calls };
}

/** What makes the value of an expression, within `Fakes.make`. Throws `bad-feed` when faker has no such method. */
export function bind(call: Call): () => unknown {
  const target: Record<string, unknown> = faker[call.module as 'person'] as unknown as Record<string, unknown>;
  // Faker binds its methods to each module. So they are the module's own properties, and nothing inherited is reached.
  const method = Object.hasOwn(target, call.method) ? target[call.method] : undefined;
  if (typeof method !== 'function')
    throw bad(call.written, `${call.module} has no method ${call.method}`, methodsOf(call.module, target));
  return () => method(...call.args);
}

/** The error for an expression. */
export function bad(written: string, why: string, hint?: string, cause?: unknown): BlockfeedError {
  return new BlockfeedError('bad-feed', `the expression ${written} of record is wrong: ${why}`, {
    hint: hint ?? 'Write {{module.method}} or {{module.method(arguments in JSON)}} with a method of fakerjs.dev/api.',
    about: 'record',
    cause,
  });
}

function parseArguments(written: string, text: string): unknown[] {
  try {
    return JSON.parse(`[${text}]`);
  } catch (cause) {
    throw bad(written, 'its arguments are not JSON', 'Write text in double quotes, and options as {"min":1}.', cause);
  }
}

/** Refuses arguments that faker would not get as they were written: a number that becomes another one, a key that stands twice. */
function checkKept(written: string, args: string): void {
  let tokens: Token[];
  try {
    tokens = tokensOf(`[${args}]`, argumentDepthMax);
  } catch (cause) {
    throw bad(written, (cause as Error).message, 'Write arguments in JSON, each key once.', cause);
  }
  const changed = tokens.find((token) => token.is === 'number' && !isKept(token.written));
  if (changed !== undefined)
    throw bad(written, `the number ${changed.written} would become another one`, 'Write it as a text, in quotes.');
}

function checked(call: Call): Call {
  const { written, module, method, args } = call;
  const rule = modules.get(module);
  if (rule === undefined)
    throw bad(written, `there is no module ${module}`, `The modules are ${[...modules.keys()].join(', ')}.`);
  if (rule.only !== undefined && !rule.only.includes(method))
    throw bad(written, `of ${module} only some methods may be called`, `They are ${rule.only.join(', ')}.`);
  if (rule.not?.includes(method)) throw bad(written, `${method} may not be called`);
  for (const arg of args) checkArgument(call, arg, '');
  return call;
}

function checkArgument(call: Call, arg: unknown, name: string): void {
  if (typeof arg === 'number' || typeof arg === 'string') {
    // A text that is a number counts as one: faker's arithmetic takes it for one.
    const most = mostOf(call, name);
    if (Math.abs(Number(arg)) > most) throw bad(call.written, `${arg} is too much`, `Give at most ${most}.`);
    // Faker takes some texts for patterns. In a pattern, braces say how often a piece comes.
    if (typeof arg === 'string' && call.module !== 'helpers' && /[{}]/.test(arg))
      throw bad(call.written, 'a text in its arguments has a brace');
  } else if (arg !== null && typeof arg === 'object') {
    for (const [key, value] of Object.entries(arg)) {
      if (key === '__proto__') throw bad(call.written, 'an argument is named __proto__');
      // It formats by the machine's language, so that two servers would differ.
      if (key === 'autoFormat') throw bad(call.written, 'autoFormat may not be used');
      checkArgument(call, value, Array.isArray(arg) ? name : key);
    }
  }
}

function mostOf({ module, method }: Call, name: string): number {
  // A file name takes 40 µs for each extension.
  if (module === 'system') return fewMax;
  const isAmount = (method === 'amount' || method === 'price') && (name === 'min' || name === 'max');
  const isValue = valueModules.includes(module) || isAmount || module === 'helpers';
  return isValue && name !== 'count' && !/digits$/i.test(name) ? Number.POSITIVE_INFINITY : countMax;
}

function methodsOf(module: string, target: Record<string, unknown>): string {
  const methods = Object.keys(target).filter((name) => typeof target[name] === 'function');
  return `The methods of ${module} are ${methods.join(', ')}.`;
}
