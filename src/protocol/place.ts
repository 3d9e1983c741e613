// Where a subscription starts.

/**
 * - `latest`: the start of the block that is filling now
 * - `tail`: the next message to come (the remainder of its block)
 * - `earliest`: the oldest message that can be read
 * - an offset from 0
 * - a negative count: so many messages before the tail
 * - `{ time }`: the first message of that time (microseconds since 1970) or later
 * - `{ committed: { else } }`: where the consumer of that name got to; where the server knows no commit of it, the place
 *   that `else` names, or with `refuse` the error `no-commit`
 */
export type Place =
  | 'latest'
  | 'tail'
  | 'earliest'
  | number
  | { readonly time: number }
  | { readonly committed: { readonly else: CommittedElse } };

/** What is to be done where a consumer has no commit. */
export type CommittedElse = 'latest' | 'earliest' | 'refuse';

/** Where a subscription from `committed` began: at the commit, or else where. */
export type CommittedStart = 'committed' | 'latest' | 'earliest';

export const namedPlaces: readonly string[] = ['latest', 'tail', 'earliest'];
export const committedElses: readonly CommittedElse[] = ['latest', 'earliest', 'refuse'];
export const committedStarts: readonly CommittedStart[] = ['committed', 'latest', 'earliest'];

/** Whether a value from outside is a Place. */
export function isPlace(value: unknown): value is Place {
  if (typeof value === 'string') return namedPlaces.includes(value);
  if (typeof value === 'number') return Number.isSafeInteger(value);
  const time = onlyMember(value, 'time');
  if (time !== undefined) return typeof time === 'number' && Number.isSafeInteger(time);
  const otherwise = onlyMember(onlyMember(value, 'committed'), 'else');
  return (committedElses as readonly unknown[]).includes(otherwise);
}

/** Whether the place is where a consumer got to. */
export function isCommitted(place: Place): place is { readonly committed: { readonly else: CommittedElse } } {
  return typeof place === 'object' && 'committed' in place;
}

/**
 * A place as it is written on the command line and in URLs: `latest`, `60`, `-100`, a date and time as ISO 8601 has it
 * (`2026-01-01T00:00:00Z`), `committed` (else `latest`), `committed/earliest`, `committed/refuse`. Undefined when it is none,
 * when the day is in no calendar, and when the time is too far away to be counted in microseconds (before 1684, after 2255).
 */
export function parsePlace(text: string): Place | undefined {
  if (namedPlaces.includes(text)) return text as Place;
  const [word, otherwise = 'latest', ...rest] = text.split('/');
  if (word === 'committed' && rest.length === 0) return safePlace({ committed: { else: otherwise as CommittedElse } });
  if (/^(\d|-0*[1-9])\d{0,15}$/.test(text)) return safePlace(Number(text));
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) || !isDay(text.slice(0, 10)) ? undefined : safePlace({ time: ms * 1_000 });
}

/** The member of that name, where the value is an object that has it and no other. */
function onlyMember(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return undefined;
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function safePlace(place: Place): Place | undefined {
  return isPlace(place) ? place : undefined;
}

// Date.parse takes the 30th of February for the 2nd of March.
function isDay(day: string): boolean {
  return new Date(day).toISOString().startsWith(day);
}
