// The time as every process of a study reads it, and how far a server's is from it.
import { type Clock, systemClock } from '../../base/clock.ts';
import { requestFeedList } from '../../client/feedList.ts';
import { withoutCredentialsOfOne } from '../../protocol/address.ts';
import { BlockfeedError } from '../../protocol/errors.ts';

/**
 * The machine's wall clock, read once when a process starts and then counted on by the monotonic one. A study measures
 * differences of two times, so a clock that is set while it runs must not come between them.
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

/**
 * Estimates the offset as NTP does (D. Mills, RFC 5905, section 8). The server reads its time somewhere between request and
 * answer, so the quickest of some exchanges is the best, and its error is at most half of its round trip. Rejects with
 * `unreachable`, or with `bad-server` where a server does not state its time.
 */
export async function estimateClockOffset(address: string): Promise<ClockOffset> {
  let best: ClockOffset = { offsetMicros: 0, errorMicros: Number.POSITIVE_INFINITY };
  for (let probe = 0; probe < probes; probe++) {
    const requestedMicros = studyClock.nowMicros();
    const { answeredMicros, body } = await requestFeedList(address, studyClock.nowMicros);
    const errorMicros = Math.ceil((answeredMicros - requestedMicros) / 2);
    if (errorMicros >= best.errorMicros) continue;
    best = { offsetMicros: Math.round(timeIn(body, address) - (requestedMicros + answeredMicros) / 2), errorMicros };
  }
  return best;
}

function timeIn(body: unknown, address: string): number {
  if (typeof body === 'object' && body !== null && 'time' in body && typeof body.time === 'number') return body.time;
  throw new BlockfeedError('bad-server', `${withoutCredentialsOfOne(address)} does not state its time at /feeds`, {
    hint: 'Check that the peer is a blockfeed server of this version.',
  });
}
