// The limits of the client. Those that a user may state are options of `connect`.
import type { Limit } from '../protocol/limit.ts';

export type ClientLimitName =
  | 'connectMs'
  | 'reconnectFirstMs'
  | 'reconnectCapMs'
  | 'reconnectResetMs'
  | 'receivedBytes'
  | 'retry';

export const clientLimits: Readonly<Record<ClientLimitName, Limit>> = {
  connectMs: {
    unit: 'ms',
    min: 1,
    max: 3_600_000,
    default: 20_000,
    reason: 'a try should not cost more time than the longest wait between two',
    atLimit: 'the try has failed; the next one follows after a wait',
  },
  reconnectFirstMs: {
    unit: 'ms',
    min: 1,
    max: 60_000,
    default: 500,
    reason: 'full jitter begins here',
    atLimit: 'the next wait is drawn from twice the range',
  },
  reconnectCapMs: {
    unit: 'ms',
    min: 1,
    max: 3_600_000,
    default: 20_000,
    reason: 'a server that is back is noticed within half a minute',
    atLimit: 'the range of waits grows no more',
  },
  reconnectResetMs: {
    unit: 'ms',
    min: 60_000,
    max: 60_000,
    default: 60_000,
    reason: 'a session that lasted so long was a good one',
    atLimit: 'waits begin small again, as they do once a block was acked',
  },
  receivedBytes: {
    unit: 'bytes',
    min: 1_048_576,
    max: 1_073_741_824,
    default: 8_388_608,
    reason: 'what came and was not taken yet; keeps the reader busy while the next comes',
    atLimit: 'reading from the socket pauses; where it cannot (a browser), the connection is closed and resumed later',
  },
  retry: {
    unit: 'count',
    min: 0,
    max: Number.POSITIVE_INFINITY,
    default: Number.POSITIVE_INFINITY,
    reason: 'a server that is away for a night comes back in the morning',
    atLimit: 'it gives up with `unreachable`',
  },
};
