// The JSON text of a value that somebody appends. Whatever JSON.stringify would drop or change in silence is refused, so that
// what a reader parses is what was given.
import { BlockfeedError } from '../protocol/errors.ts';

/**
 * The value as JSON text. What has a `toJSON`, as a Date has, is what that returns; a property that is undefined is none.
 * Throws `bad-option`, with the place in the value, for what JSON cannot hold.
 */
export function jsonOf(value: unknown): string {
  let text: string | undefined;
  let fault: string | undefined;
  try {
    fault = faultOf(value, '', '');
    text = fault === undefined ? JSON.stringify(value) : undefined;
  } catch (cause) {
    // What refers to itself, and what is nested too deep, ends the stack. A getter or a toJSON may throw what it likes.
    throw notKept(
      cause instanceof RangeError ? 'it refers to itself, or is nested too deep' : 'it cannot be read',
      cause,
    );
  }
  if (text === undefined) throw notKept(fault ?? 'it is undefined');
  return text;
}

/** What JSON cannot hold of it, with its place; `name` is the key under which it stands. */
function faultOf(value: unknown, name: string, place: string): string | undefined {
  switch (typeof value) {
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : `${at(place)} is ${value}`;
    case 'string':
      return loneSurrogate.test(value) ? `${at(place)} has half of a surrogate pair` : undefined;
    case 'object':
      return value === null ? undefined : faultInside(value, name, place);
    default:
      return `${at(place)} is ${value === undefined ? 'undefined' : `a ${typeof value}`}`;
  }
}

function faultInside(value: object, name: string, place: string): string | undefined {
  if ('toJSON' in value && typeof value.toJSON === 'function') return faultOf(value.toJSON(name), name, place);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const fault = faultOf(value[index], `${index}`, `${place}[${index}]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  const prototype = Object.getPrototypeOf(value);
  // Of another realm, as a test runner's, it is plain too: nothing stands above its prototype.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    return `${at(place)} is a ${value.constructor?.name ?? 'object of a class'}, which has no toJSON`;
  for (const [key, of] of Object.entries(value)) {
    if (of === undefined) continue;
    if (loneSurrogate.test(key)) return `a name in ${at(place)} has half of a surrogate pair`;
    const fault = faultOf(of, key, `${place}.${key}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const loneSurrogate = /\p{Surrogate}/u;

function at(place: string): string {
  return place === '' ? 'it' : place.slice(0, 100);
}

function notKept(why: string, cause?: unknown): BlockfeedError {
  return new BlockfeedError('bad-option', `the message is no JSON value: ${why}`, {
    hint: 'Give what JSON can hold: null, true, false, finite numbers, text, and arrays and plain objects of these. Nothing was appended.',
    ...(cause === undefined ? {} : { cause }),
  });
}
