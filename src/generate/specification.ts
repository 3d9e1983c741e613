// A generated feed in words: `array?shape=3x4&dist=normal&rate=100`. One canonical form is what the feed is known by, so
// that any number of servers agree on it without talking.
import { createHash } from 'node:crypto';
import { BlockfeedError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import { commonParameters, originMicrosOf, rateOf } from './common.ts';
import { costs } from './kinds/costs.ts';
import { kinds } from './kinds/index.ts';
import type { Generator, Kind, Parameter, Values } from './kinds/kind.ts';
import { withCommas } from './kinds/parameters.ts';
import { generatorVersion } from './kinds/version.ts';
import { generateLimits } from './limits.ts';
import { nearest } from './nearest.ts';
import { makeSchedule, type Rate, type Schedule } from './schedule.ts';

export interface Specification {
  readonly kind: Kind;
  /** Every parameter that applies, rate, seed and origin too, in canonical form. */
  readonly values: Values;
  readonly seed: number;
  readonly originMicros: number;
  readonly rate: Rate;
  readonly schedule: Schedule;
  /** The one way to write it: parameters sorted, defaults written out. Parses to the same specification. */
  readonly canonical: string;
  /** 32 hex digits that follow from `canonical` and the generators' version. */
  readonly epoch: string;
  readonly generator: Generator;
  /** What a message costs to make, in the microseconds of costs.ts. */
  readonly messageMicros: number;
  /** What the feed is called where nobody has named it: the kind, `-`, and the first 12 digits of the epoch. */
  readonly adHocName: string;
}

/**
 * Parses `kind` or `kind?name=value&…`, the values percent-decoded (a `+` is a plus). Throws BlockfeedError `bad-feed`
 * naming what is wrong and what is valid: an unknown kind or parameter, one stated twice or where it does not apply, a
 * value out of range, lines that could be too long; `feed-refused` where a message costs too much to make. Makes no message.
 */
export function parseSpecification(text: string): Specification {
  checkText(text);
  const question = text.indexOf('?');
  const kind = kindNamed(question < 0 ? text : text.slice(0, question));
  const stated = question < 0 ? new Map<string, string>() : parseQuery(text.slice(question + 1));
  const parameters: Readonly<Record<string, Parameter>> = { ...commonParameters, ...kind.parameters };
  const values = valuesOf(kind, parameters, stated);

  const canonical = `${kind.name}?${Object.keys(values)
    .sort()
    .map((name) => `${name}=${encodeValue(values[name] as string)}`)
    .join('&')}`;
  // The canonical form may be longer. It must be a specification too.
  checkText(canonical);

  const seed = Number(values.seed);
  const originMicros = originMicrosOf(values.origin as string);
  const rate = rateOf(values.rate as string);
  const generator = kind.generator(values, seed);
  if (generator.maxLineBytes > limits.lineBytes.max)
    throw new BlockfeedError('bad-feed', `a message of it may have ${withCommas(generator.maxLineBytes)} bytes`, {
      hint: `Choose parameters of ${kind.name} with which no message has more than ${withCommas(limits.lineBytes.max)}.`,
      about: kind.name,
    });
  const messageMicros = Math.ceil((generator.dataMicros ?? costs.data) + generator.maxLineBytes * costs.byte);
  if (messageMicros > generateLimits.messageMicros.default)
    throw new BlockfeedError('feed-refused', `a message of it costs ${withCommas(messageMicros)} µs to make`, {
      hint:
        `Choose parameters of ${kind.name} with which it costs at most ${withCommas(generateLimits.messageMicros.default)}: ` +
        'fewer values, or values that are cheaper.',
      about: kind.name,
    });
  const epoch = createHash('sha256').update(`${generatorVersion}\n${canonical}`).digest('hex').slice(0, 32);
  return Object.freeze({
    kind,
    values,
    seed,
    originMicros,
    rate,
    schedule: makeSchedule(rate, originMicros),
    canonical,
    epoch,
    generator,
    messageMicros,
    adHocName: `${kind.name}-${epoch.slice(0, 12)}`,
  });
}

function checkText(text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.feedTextBytes.max)
    throw new BlockfeedError(
      'bad-feed',
      `the specification has ${withCommas(bytes)} bytes, with defaults written out`,
      {
        hint: `Use at most ${withCommas(limits.feedTextBytes.max)}.`,
      },
    );
}

function kindNamed(name: string): Kind {
  const kind = kinds.get(name);
  if (kind !== undefined) return kind;
  throw new BlockfeedError('bad-feed', `there is no kind ${shown(name)}`, {
    hint: `${meant(name, kinds.keys())}The kinds are ${[...kinds.keys()].join(', ')}.`,
    about: 'kind',
  });
}

function parseQuery(query: string): Map<string, string> {
  const stated = new Map<string, string>();
  if (query === '') return stated;
  for (const part of query.split('&')) {
    const equals = part.indexOf('=');
    if (equals < 0)
      throw new BlockfeedError('bad-feed', `${shown(part)} is not name=value`, {
        hint: 'Write kind?name=value&name=value, and & in a value as %26.',
      });
    const name = decode(part.slice(0, equals));
    if (stated.has(name))
      throw new BlockfeedError('bad-feed', `${name} is stated twice`, { hint: 'State it once.', about: name });
    stated.set(name, decode(part.slice(equals + 1)));
  }
  return stated;
}

function valuesOf(
  kind: Kind,
  parameters: Readonly<Record<string, Parameter>>,
  stated: ReadonlyMap<string, string>,
): Values {
  for (const name of stated.keys())
    if (!Object.hasOwn(parameters, name))
      throw new BlockfeedError('bad-feed', `${kind.name} has no parameter ${shown(name)}`, {
        hint: `${meant(name, Object.keys(parameters))}Its parameters are ${Object.keys(parameters).join(', ')}.`,
        about: name.slice(0, 100),
      });
  const values: Record<string, string> = {};
  // What a parameter depends on stands before it.
  for (const [name, parameter] of Object.entries(parameters)) {
    const value = stated.get(name);
    if (parameter.when !== undefined && !parameter.when.is.includes(values[parameter.when.parameter] as string)) {
      if (value === undefined) continue;
      throw new BlockfeedError('bad-feed', `${name} means nothing with ${settingOf(parameter, values)}`, {
        hint: `It belongs to ${parameter.when.parameter}=${parameter.when.is.join(' or ')}.`,
        about: name,
      });
    }
    values[name] = value === undefined ? parameter.default : canonicalOf(name, parameter, value);
  }
  return Object.freeze(values);
}

function canonicalOf(name: string, parameter: Parameter, value: string): string {
  const canonical = parameter.canonical(value);
  if (canonical !== undefined) return canonical;
  throw new BlockfeedError('bad-feed', `${name} is ${shown(value)}`, {
    hint: `Give ${parameter.range}.`,
    about: name,
  });
}

function settingOf(parameter: Parameter, values: Values): string {
  const name = parameter.when?.parameter as string;
  return `${name}=${values[name]}`;
}

function decode(text: string): string {
  try {
    const decoded = decodeURIComponent(text);
    // Half of a surrogate pair has no bytes in UTF-8, and the canonical form is hashed.
    if (!/\p{Surrogate}/u.test(decoded)) return decoded;
  } catch (cause) {
    throw badEncoding(text, cause);
  }
  throw badEncoding(text, undefined);
}

function badEncoding(text: string, cause: unknown): BlockfeedError {
  return new BlockfeedError('bad-feed', `${shown(text)} is not percent-encoded UTF-8`, {
    hint: 'Write % as %25.',
    cause,
  });
}

/** Encodes only what must be: so that it parses to the same again, also in a URL's query, where some take a plus for a space. */
function encodeValue(value: string): string {
  return value.replace(/[%&#+\s\p{Cc}]/gu, encodeURIComponent);
}

function meant(stated: string, words: Iterable<string>): string {
  const word = nearest(stated.slice(0, 100), words);
  return word === undefined ? '' : `Did you mean ${word}? `;
}

function shown(value: string): string {
  return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value);
}
