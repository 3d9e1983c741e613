// The time as every process of a study reads it, and how far a server's is from it.
import { type Clock, systemClock } from '../../base/clock.ts';
import { BlockfeedError } from '../../protocol/errors.ts';

/**
 * The machine's wall clock, read once when a process starts and then counted on by the monotonic one: all that a study
 * measures is the difference of two times, so a clock that is set while it runs must not come between them.
 */
export const studyClock: Clock = {
  nowMicros: () => Math.floor(wallMinusMonotonicMicros + systemClock.monotonicMs() * 1_000),
  monotonicMs: systemClock.monotonicMs,
  after: systemClock.after,
};

const wallMinusMonotonicMicros = systemClock.nowMicros() - systemClock.monotonicMs() * 1_000;

/** Another clock minus ours, and by how much that may be wrong. */
export interface ClockOffset {
  readonly offsetMicros: number;
  readonly errorMicros: number;
}

const probes = 20;
const answerMs = 10_000;

/**
 * Estimated as NTP does (D. Mills, RFC 5905, section 8): the server's time is read somewhere between question and answer, so
 * the quickest of some exchanges says it best, wrong by at most half its round trip. Rejects with `unreachable`, or
 * `bad-server` where a server does not tell its time.
 */
export async function estimateClockOffset(serverUrl: string): Promise<ClockOffset> {
  const url = new URL(serverUrl);
  url.protocol = url.protocol === 'wss:' ? 'https:' : 'http:';
  url.pathname = `${url.pathname.replace(/\/$/, '')}/feeds`;
  let best: ClockOffset = { offsetMicros: 0, errorMicros: Number.POSITIVE_INFINITY };
  for (let probe = 0; probe < probes; probe++) {
    const asked = studyClock.nowMicros();
    const { answered, time } = await ask(url, serverUrl);
    const errorMicros = Math.ceil((answered - asked) / 2);
    if (errorMicros < best.errorMicros) best = { offsetMicros: Math.round(time - (asked + answered) / 2), errorMicros };
  }
  return best;
}

async function ask(url: URL, serverUrl: string): Promise<{ answered: number; time: number }> {
  let body: unknown;
  let answered: number;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerMs) });
    answered = studyClock.nowMicros();
    body = await response.json();
  } catch (cause) {
    const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw noAnswer(serverUrl, why, cause);
  }
  if (typeof body === 'object' && body !== null && 'time' in body && typeof body.time === 'number')
    return { answered, time: body.time };
  throw new BlockfeedError('bad-server', `${serverUrl} does not tell its time at /feeds`, {
    hint: 'Check that the peer is a blockfeed server of this version.',
  });
}

function noAnswer(serverUrl: string, why: string, cause: unknown): BlockfeedError {
  const hint = 'Check the address, and that the server runs.';
  return new BlockfeedError('unreachable', `${serverUrl} does not answer: ${why}`, { hint, cause });
}
