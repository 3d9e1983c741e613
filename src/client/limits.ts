// The limits of the client. Those that a user may state are options of `connect`.
import type { Limit } from '../protocol/limit.ts';

export type ClientLimitName =
  | 'connectMs'
  | 'reconnectFirstMs'
  | 'reconnectCapMs'
  | 'reconnectResetMs'
  | 'retryAfterMs'
  | 'missedHeartbeats'
  | 'silentFrameMs'
  | 'requestMs'
  | 'closeMs'
  | 'receivedBytes'
  | 'unsentBytes'
  | 'browserWindowBytes'
  | 'rememberedAcks'
  | 'answerBytes'
  | 'feedListBytes'
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
  retryAfterMs: {
    unit: 'ms',
    min: 0,
    max: 3_600_000,
    default: 3_600_000,
    reason: 'a server that stops says when to come back; one that errs sends nobody away for days',
    atLimit: 'the client comes back after an hour',
  },
  missedHeartbeats: {
    unit: 'count',
    min: 3,
    max: 3,
    default: 3,
    reason: 'one may be late, and so may the client be that counts them',
    atLimit: 'the connection is given up, and made again',
  },
  silentFrameMs: {
    unit: 'ms',
    min: 120_000,
    max: 120_000,
    default: 120_000,
    reason: 'a browser shows whole frames only, and the longest line of 1,000,000 bytes takes 100 s over 10 kB/s',
    atLimit: 'a connection on which no frame came for so long is given up, and made again; in Node every byte counts',
  },
  requestMs: {
    unit: 'ms',
    min: 120_000,
    max: 120_000,
    default: 120_000,
    reason: 'the answer may stand behind the longest line, which takes 100 s over 10 kB/s',
    atLimit: 'a connection on which a request has no answer is given up, and made again',
  },
  closeMs: {
    unit: 'ms',
    min: 1_000,
    max: 1_000,
    default: 1_000,
    reason: 'enough for a slow network, and nobody waits in vain for a peer that is gone',
    atLimit: 'the socket is cut off without the answer to its close',
  },
  receivedBytes: {
    unit: 'bytes',
    min: 1_048_576,
    max: 1_073_741_824,
    default: 8_388_608,
    reason: 'what came and was not taken yet; keeps the reader busy while the next comes',
    atLimit: 'reading from the socket pauses; where it cannot (a browser), the connection is closed and resumed later',
  },
  unsentBytes: {
    unit: 'bytes',
    min: 16_777_216,
    max: 16_777_216,
    default: 16_777_216,
    reason: 'the acks of a hundred thousand blocks have 4 MB; more than that a network takes that works',
    atLimit: 'the connection is given up, and made again; acks are said anew',
  },
  browserWindowBytes: {
    unit: 'bytes',
    min: 1_048_576,
    max: 1_048_576,
    default: 1_048_576,
    reason: 'a socket that cannot be paused is closed when too much came: eight feeds fit beside one another',
    atLimit: 'the windowBytes of a subscription in a browser that states none',
  },
  rememberedAcks: {
    unit: 'count',
    min: 1_000,
    max: 1_000,
    default: 1_000,
    reason: 'how far each consumer of a client acked each feed, to see that a server forgot it',
    atLimit: 'the one acked least recently is forgotten, so a commit of it that is lost is not noticed',
  },
  answerBytes: {
    unit: 'bytes',
    min: 1_024,
    max: 1_024,
    default: 1_024,
    reason: 'what a proxy answers instead of the server says why in its first line',
    atLimit: 'the rest of the answer is not read',
  },
  feedListBytes: {
    unit: 'bytes',
    min: 16_777_216,
    max: 16_777_216,
    default: 16_777_216,
    reason: 'some ten thousand feeds with long specifications; a peer that is no server may answer without end',
    atLimit: 'the rest is not read, and the command ends with `bad-server`',
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
