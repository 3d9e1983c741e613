// Fields of control messages as data: what a field may hold is stated once, in messages.ts, and from that statement both
// the parser here and the tests' malformed cases are made.
import { BlockfeedError } from './errors.ts';
import { isOffset } from './message.ts';
import { isPlace } from './place.ts';

/** What a field may hold. */
export type Field = (
  | { readonly is: 'text'; readonly maxLength: number; readonly pattern?: RegExp }
  | { readonly is: 'integer'; readonly min: number; readonly max: number; readonly multipleOf?: number }
  | { readonly is: 'boolean' }
  | { readonly is: 'choice'; readonly of: readonly string[] }
  | { readonly is: 'place' }
  | { readonly is: 'pairs'; readonly maxLength: number }
  | { readonly is: 'integers-by-name'; readonly maxLength: number }
  | { readonly is: 'names'; readonly maxLength: number; readonly pattern: RegExp }
) & { readonly optional: boolean };

/** Why `value` may not stand in the field, as the end of a sentence that begins with the field's name; or undefined. */
export function fieldFault(field: Field, value: unknown): string | undefined {
  if (value === undefined) return field.optional ? undefined : 'is missing';
  switch (field.is) {
    case 'text':
      if (typeof value !== 'string') return 'must be text';
      if (value.length === 0 || value.length > field.maxLength) return `must have 1 to ${field.maxLength} characters`;
      return field.pattern === undefined || field.pattern.test(value) ? undefined : `must match ${field.pattern}`;
    case 'integer':
      if (!isInteger(value) || value < field.min || value > field.max)
        return `must be a whole number from ${field.min} to ${field.max}`;
      if (field.multipleOf === undefined || value % field.multipleOf === 0) return undefined;
      return `must be a multiple of ${field.multipleOf}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'choice':
      return typeof value === 'string' && field.of.includes(value)
        ? undefined
        : `must be one of ${field.of.join(', ')}`;
    case 'place':
      return isPlace(value)
        ? undefined
        : 'must be "latest", "tail", "earliest", an offset, a negative count, {"time": microseconds}, or {"committed": {"else": "latest", "earliest" or "refuse"}}';
    case 'pairs':
      if (Array.isArray(value) && value.length <= field.maxLength && value.every(isPair)) return undefined;
      return `must be at most ${field.maxLength} pairs [to, took] of whole numbers from 0`;
    case 'integers-by-name':
      if (isRecord(value) && Object.keys(value).length <= field.maxLength && Object.values(value).every(isOffset))
        return undefined;
      return `must be an object of at most ${field.maxLength} offsets`;
    case 'names':
      if (Array.isArray(value) && value.length <= field.maxLength && value.every((name) => isName(name, field.pattern)))
        return undefined;
      return `must be an array of at most ${field.maxLength} names that match ${field.pattern}`;
  }
}

/** The fields of a message, by name. */
export type Fields = Readonly<Record<string, Field>>;

/**
 * Parses a control message by its table, `type` to fields. Throws `bad-message` when it is none of them, or a field is
 * wrong. Fields that the table does not know: an error when `strict` (a misspelt `windw` must not be lost silently), else
 * left out (a newer server may say more). Text with half a surrogate pair: an error when `strict`.
 */
export function parseByTable(text: string, table: Readonly<Record<string, Fields>>, strict: boolean): object {
  const value = parseObject(text);
  const type = value.type;
  const fields = typeof type === 'string' && Object.hasOwn(table, type) ? table[type] : undefined;
  if (typeof type !== 'string' || fields === undefined)
    throw bad(`type must be one of ${Object.keys(table).join(', ')}`, 'type');
  const parsed: Record<string, unknown> = { type };
  let known = 1;
  for (const [name, field] of entriesOf(fields)) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    const fault = fieldFault(field, given) ?? (strict ? surrogateFault(given) : undefined);
    if (fault !== undefined) throw bad(`${type}: ${name} ${fault}`, name);
    if (given === undefined) continue;
    parsed[name] = given;
    known++;
  }
  const names = strict ? Object.keys(value) : [];
  if (names.length > known)
    for (const name of names)
      if (name !== 'type' && !Object.hasOwn(fields, name))
        throw bad(`${type} has no field ${JSON.stringify(name.slice(0, 64))}`, 'type');
  return parsed;
}

/** The field `name` of an object in JSON, where the text is one whose `type` is among these: for what is refused. */
export function fieldOf(text: string, types: readonly string[], name: string): unknown {
  try {
    const value = parseObject(text);
    return types.includes(value.type as string) && Object.hasOwn(value, name) ? value[name] : undefined;
  } catch (error) {
    if (!(error instanceof BlockfeedError)) throw error;
    return undefined;
  }
}

// Half a surrogate pair has no bytes in UTF-8: what a server logs, stores or says again would not be what was said to it.
// In what a server says it does no harm, and its explanations may have been cut off there.
function surrogateFault(value: unknown): string | undefined {
  return typeof value === 'string' && /\p{Surrogate}/u.test(value) ? 'must have no lone surrogates' : undefined;
}

// An ack comes for every block or two, to a thousand clients: the table's entries are not listed anew for each.
const entries = new WeakMap<Fields, readonly [string, Field][]>();

function entriesOf(fields: Fields): readonly [string, Field][] {
  let listed = entries.get(fields);
  if (listed === undefined) {
    listed = Object.entries(fields);
    entries.set(fields, listed);
  }
  return listed;
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw bad('a control message must be JSON', undefined, cause);
  }
  if (!isRecord(value)) throw bad('a control message must be a JSON object');
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isInteger(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

function isName(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}

function isPair(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(isOffset);
}

function bad(message: string, about?: string, cause?: unknown): BlockfeedError {
  return new BlockfeedError('bad-message', message, {
    hint: 'Send a control message as PROTOCOL.md states it; this one had no effect.',
    ...(about === undefined ? {} : { about }),
    cause,
  });
}
