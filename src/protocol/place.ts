// Where a subscription starts.

/**
 * - `latest`: the start of the block that is filling now
 * - `tail`: the next message to come (the remainder of its block)
 * - `earliest`: the oldest message that can be read
 * - `committed`: where the consumer of that name got to; `latest` where it has not been
 * - an offset from 0
 * - a negative count: so many messages before the tail
 * - `{ time }`: the first message of that time (microseconds since 1970) or later
 */
export type Place = 'latest' | 'tail' | 'earliest' | 'committed' | number | { readonly time: number };

export const namedPlaces: readonly string[] = ['latest', 'tail', 'earliest', 'committed'];

/** Whether a value from outside is a Place. */
export function isPlace(value: unknown): value is Place {
  if (typeof value === 'string') return namedPlaces.includes(value);
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1 || !('time' in value))
    return false;
  return typeof value.time === 'number' && Number.isSafeInteger(value.time);
}

/**
 * A place as it is written on the command line and in URLs: `latest`, `60`, `-100`, or a date and time as ISO 8601 has it
 * (`2026-01-01T00:00:00Z`). Undefined when it is none, when the day is in no calendar, and when the time is too far away
 * to be counted in microseconds (before 1684, after 2255).
 */
export function parsePlace(text: string): Place | undefined {
  if (namedPlaces.includes(text)) return text as Place;
  if (/^(\d|-0*[1-9])\d{0,15}$/.test(text)) return safePlace(Number(text));
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) || !isDay(text.slice(0, 10)) ? undefined : safePlace({ time: ms * 1_000 });
}

function safePlace(place: Place): Place | undefined {
  return isPlace(place) ? place : undefined;
}

// Date.parse takes the 30th of February for the 2nd of March.
function isDay(day: string): boolean {
  return new Date(day).toISOString().startsWith(day);
}
