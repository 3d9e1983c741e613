// When a generated message is due: origin + floor(n * 10^6 / rate) microseconds, in exact integer arithmetic, and the
// same the other way round. Pure; everything else about a generated feed's time follows from here.

/** Messages a second as a fraction of integers; `max`: as many as are wanted, there is no waiting. */
export type Rate = { readonly messages: number; readonly seconds: number } | 'max';

export interface Schedule {
  /** False for rate `max`: every message is there already. */
  readonly paced: boolean;
  /** One beyond the last offset whose time is still a safe integer. */
  readonly end: number;
  /** The time of the message at `offset`, in microseconds; Infinity from `end` on. */
  dueMicros(offset: number): number;
  /** How many messages are due at that time, one due in that very microsecond counted. At most `end`. */
  tailAt(timeMicros: number): number;
  /** The first offset whose message has that time or a later one. At most `end`. */
  firstAt(timeMicros: number): number;
}

/**
 * `rate` is of integers with a product of 10^6 and `seconds` up to 10^9, `messages` up to 10^9; `originMicros` is an
 * integer from 0. With `max` the message at offset n has the time origin + n microseconds.
 */
export function makeSchedule(rate: Rate, originMicros: number): Schedule {
  // n messages take n * micros / messages microseconds.
  const messages = rate === 'max' ? 1_000_000 : rate.messages;
  const micros = 1_000_000 * (rate === 'max' ? 1 : rate.seconds);
  const paced = rate !== 'max';
  const divisor = greatestCommonDivisor(messages, micros);
  const times = micros / divisor;
  const over = messages / divisor;

  const firstAfter = (sinceMicros: number): number => floorOf(sinceMicros, over, times, times - 1);
  const lastSinceMicros = Number.MAX_SAFE_INTEGER - originMicros;
  // The end is an offset too, so it must be safe itself, and it must stay so while it is worked out.
  const end = capped(lastSinceMicros, over, times);

  const firstAt = (timeMicros: number): number => {
    const since = Math.ceil(timeMicros) - originMicros;
    if (since <= 0) return 0;
    return since > lastSinceMicros ? end : Math.min(end, firstAfter(since));
  };
  return {
    paced,
    end,
    dueMicros: (offset) => (offset >= end ? Number.POSITIVE_INFINITY : originMicros + floorOf(offset, times, over, 0)),
    tailAt: (timeMicros) => (paced ? firstAt(Math.floor(timeMicros) + 1) : end),
    firstAt,
  };
}

/**
 * floor((value * times + plus) / over), exactly, for non-negative safe integers with plus < over and a safe result.
 * A quotient of safe integers is rounded to a neighbour less than 1/over away, so its floor is right.
 */
function floorOf(value: number, times: number, over: number, plus: number): number {
  const product = value * times + plus;
  if (product <= Number.MAX_SAFE_INTEGER) return Math.floor(product / over);
  const whole = Math.floor(value / over);
  const rest = (value - whole * over) * times + plus;
  if (rest <= Number.MAX_SAFE_INTEGER) return whole * times + Math.floor(rest / over);
  return Number((BigInt(value) * BigInt(times) + BigInt(plus)) / BigInt(over));
}

/** How many messages have a time of at most `sinceMicros` after the origin, at most 2^53-1. */
function capped(sinceMicros: number, over: number, times: number): number {
  const count = ((BigInt(sinceMicros) + 1n) * BigInt(over) + BigInt(times) - 1n) / BigInt(times);
  return count > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(count);
}

function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right);
}
