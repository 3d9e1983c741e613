// Every limit there is: its name, unit, range, default, reason, and what happens at it. docs/limits.md prints this table
// (a test compares), code takes its numbers from here and from nowhere else.
import { maxLineBytes } from './message.ts';

export interface Range {
  readonly min: number;
  readonly max: number;
}

export interface Limit extends Range {
  readonly unit: 'bytes' | 'messages' | 'blocks' | 'ms' | 'count' | 'messages/s';
  /** The value where nothing is stated; Infinity: then the limit does not apply. */
  readonly default: number;
  readonly reason: string;
  readonly atLimit: string;
}

export type LimitName =
  | 'size'
  | 'waitMs'
  | 'bytes'
  | 'bytesCutMessages'
  | 'window'
  | 'lineBytes'
  | 'frameBytes'
  | 'controlBytes'
  | 'controlFragments'
  | 'headerBytes'
  | 'feedTextBytes'
  | 'subscriptions'
  | 'connections'
  | 'errors'
  | 'helloMs'
  | 'pingMs'
  | 'silentMs'
  | 'pausedMs'
  | 'heartbeatMs'
  | 'stalledMs'
  | 'leaveMs'
  | 'drainMs'
  | 'unsentBytes'
  | 'unsentBytesInAll'
  | 'controlUnsentBytes'
  | 'pageBytes'
  | 'cachedBytes'
  | 'feedCacheBytes'
  | 'turnMs'
  | 'consumers'
  | 'adHocFeeds'
  | 'adHocRate'
  | 'idleFeedMs'
  | 'logsPerSecond'
  | 'connectMs'
  | 'reconnectFirstMs'
  | 'reconnectCapMs'
  | 'reconnectResetMs'
  | 'receivedBytes'
  | 'talkBytes'
  | 'talkEndMs';

const int31 = 2_147_483_647;
const day = 86_400_000;

export const limits: Readonly<Record<LimitName, Limit>> = {
  // What a reader asks for.
  size: {
    unit: 'messages',
    min: 1,
    max: int31,
    default: 100,
    reason: 'a block of 100 shares its cost well and still comes often',
    atLimit: 'the block ends, cut size',
  },
  waitMs: {
    unit: 'ms',
    min: 1,
    max: day,
    default: 1_000,
    reason: 'somebody who watches sees something every second',
    atLimit: 'the block ends, cut wait',
  },
  bytes: {
    unit: 'bytes',
    min: 1_000,
    max: 1_073_741_824,
    default: Number.POSITIVE_INFINITY,
    reason: 'for sinks that take so many bytes at once and no more',
    atLimit: 'the block ends, cut bytes; a single longer message is a block of its own',
  },
  bytesCutMessages: {
    unit: 'messages',
    min: 4_096,
    max: 4_096,
    default: 4_096,
    reason: 'how far back a reader must look to know where blocks of a policy with bytes, and frames, begin',
    atLimit: 'with a policy of bytes the block ends, cut size; else only the frame',
  },
  window: {
    unit: 'blocks',
    min: 1,
    max: 1_000,
    default: 8,
    reason: '8 blocks under way are 40 % faster than 1, and more gain little',
    atLimit: 'nothing more is sent until an ack',
  },
  // The wire.
  lineBytes: {
    unit: 'bytes',
    min: maxLineBytes,
    max: maxLineBytes,
    default: maxLineBytes,
    reason: 'fits any log, and one message holds up the others for a moment only',
    atLimit: 'a feed whose lines could be longer is refused, bad-feed',
  },
  frameBytes: {
    unit: 'bytes',
    min: 524_288,
    max: 524_288,
    default: 524_288,
    reason: 'nobody has to hold a whole block to send or to store it',
    atLimit: 'the block goes on in another frame; a single longer line has a frame of its own',
  },
  controlBytes: {
    unit: 'bytes',
    min: 65_536,
    max: 65_536,
    default: 65_536,
    reason: 'the longest sensible control message from a client is an ack of 1,000 blocks',
    atLimit: 'the connection is closed with 1009',
  },
  controlFragments: {
    unit: 'count',
    min: 128,
    max: 128,
    default: 128,
    reason: 'nobody has a reason to send 64 KiB in more pieces; each piece costs memory',
    atLimit: 'the connection is closed with 1008',
  },
  headerBytes: {
    unit: 'bytes',
    min: 16_384,
    max: 16_384,
    default: 16_384,
    reason: "what Node's HTTP parser takes by default, ample for any URL we serve",
    atLimit: 'the request is answered 431',
  },
  feedTextBytes: {
    unit: 'bytes',
    min: 8_192,
    max: 8_192,
    default: 8_192,
    reason: 'a template with some hundred leaves fits, and it fits into a URL',
    atLimit: 'the specification is refused, bad-feed',
  },
  subscriptions: {
    unit: 'count',
    min: 1,
    max: 1_000,
    default: 64,
    reason: 'a client of more feeds than that opens a second connection',
    atLimit: 'the subscription is refused, subscription-limit',
  },
  connections: {
    unit: 'count',
    min: 1,
    max: 1_000_000,
    default: 10_000,
    reason: 'what a small machine carries at 10 kB each besides what they are sent',
    atLimit: 'a new connection is closed with 1013',
  },
  errors: {
    unit: 'count',
    min: 16,
    max: 16,
    default: 16,
    reason: 'somebody typing by hand may err some times; a program that errs on does not stop by itself',
    atLimit: 'the connection is closed with 4400',
  },
  // Waits.
  helloMs: {
    unit: 'ms',
    min: 100,
    max: 60_000,
    default: 5_000,
    reason: 'a connection that asks for nothing holds a place',
    atLimit: 'the connection is closed with 4408',
  },
  pingMs: {
    unit: 'ms',
    min: 1_000,
    max: 600_000,
    default: 25_000,
    reason: 'below the 30 to 60 s after which proxies drop a silent connection',
    atLimit: 'a ping is sent',
  },
  silentMs: {
    unit: 'ms',
    min: 2_000,
    max: 1_200_000,
    default: 50_000,
    reason: 'two pings without an answer',
    atLimit: 'a client to which nothing is unsent is closed with 4408',
  },
  pausedMs: {
    unit: 'ms',
    min: 2_000,
    max: 86_400_000,
    default: 900_000,
    reason: 'a client may be paused; 15 minutes without taking a byte is more than a pause',
    atLimit: 'a client to which bytes are unsent is cut off',
  },
  heartbeatMs: {
    unit: 'ms',
    min: 1_000,
    max: 600_000,
    default: 10_000,
    reason: 'browsers see no pings, and lag should be known while nothing comes',
    atLimit: 'a heartbeat is sent',
  },
  stalledMs: {
    unit: 'ms',
    min: 1_000,
    max: 3_600_000,
    default: 30_000,
    reason: 'a full window with no ack for that long is more than a slow disk',
    atLimit: 'the client is told stalled, and it is logged; nothing is lost',
  },
  leaveMs: {
    unit: 'ms',
    min: 100,
    max: 60_000,
    default: 5_000,
    reason: 'time for one block to become durable',
    atLimit: 'the subscription ends without the last ack',
  },
  drainMs: {
    unit: 'ms',
    min: 0,
    max: 600_000,
    default: 8_000,
    reason:
      'time for clients to store and ack what they were sent; Docker kills a container 10 s after it told it to stop',
    atLimit: 'what is unread is cut off; the client resumes where it was',
  },
  // Memory of the server.
  unsentBytes: {
    unit: 'bytes',
    min: 65_536,
    max: 16_777_216,
    default: 262_144,
    reason: 'enough to keep a fast link busy; a thousand stalled clients take 256 MiB at the worst',
    atLimit: 'nothing more is given to the socket until it has drained',
  },
  unsentBytesInAll: {
    unit: 'bytes',
    min: 1_048_576,
    max: 1_099_511_627_776,
    default: 268_435_456,
    reason: 'pages are shared between sockets; this bounds the case where each holds its own',
    atLimit: 'each socket is given one frame at a time',
  },
  controlUnsentBytes: {
    unit: 'bytes',
    min: 1_048_576,
    max: 1_048_576,
    default: 1_048_576,
    reason: 'answers to control messages are not data and have no cursor to wait at',
    atLimit: 'the connection is closed with 1013',
  },
  pageBytes: {
    unit: 'bytes',
    min: 262_144,
    max: 262_144,
    default: 262_144,
    reason: 'one write of a page costs the system a fifth less than two of half a page, and a socket holds one at most',
    atLimit: 'a new page is begun; a longer frame has a page of its own',
  },
  cachedBytes: {
    unit: 'bytes',
    min: 4_194_304,
    max: 68_719_476_736,
    default: 67_108_864,
    reason: 'what recent readers share; anything else can be made again from the feed',
    atLimit: 'the page used least recently is forgotten',
  },
  feedCacheBytes: {
    unit: 'bytes',
    min: 2_097_152,
    max: 2_097_152,
    default: 2_097_152,
    reason: 'readers with different policies are near the same place; lines can be made again',
    atLimit: 'the chunk of a generated feed used least recently is forgotten',
  },
  turnMs: {
    unit: 'ms',
    min: 2,
    max: 2,
    default: 2,
    reason: 'nobody may hold the event loop: acks, pings and other clients wait behind',
    atLimit: 'the rest is done in the next turn',
  },
  consumers: {
    unit: 'count',
    min: 1,
    max: 10_000_000,
    default: 100_000,
    reason: 'a remembered place costs some hundred bytes',
    atLimit: 'the place that was written to least recently is forgotten, and it is logged',
  },
  // Feeds made on request.
  adHocFeeds: {
    unit: 'count',
    min: 0,
    max: 100_000,
    default: 64,
    reason: 'each has a timer and some cached data while somebody reads it',
    atLimit: 'the subscription is refused, feed-limit',
  },
  adHocRate: {
    unit: 'messages/s',
    min: 0.001,
    max: 1_000_000,
    default: 1_000_000,
    reason: 'a machine that is shared may want less',
    atLimit: 'the subscription is refused, feed-refused',
  },
  idleFeedMs: {
    unit: 'ms',
    min: 60_000,
    max: 60_000,
    default: 60_000,
    reason: 'clients that reconnect find it warm; it can be made again at any time',
    atLimit: 'a feed made on request that nobody reads is forgotten',
  },
  logsPerSecond: {
    unit: 'count',
    min: 100,
    max: 100,
    default: 100,
    reason: 'more acks, or messages of a plain client, one by one tell nobody more than a sum does',
    atLimit: 'one summary a second is logged instead',
  },
  // The client.
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
  // The command line.
  talkBytes: {
    unit: 'bytes',
    min: 4_194_304,
    max: 4_194_304,
    default: 4_194_304,
    reason: 'the log of some busy seconds, for a terminal or a program that reads stderr and pauses',
    atLimit: 'lines are not shown; their number is logged once stderr is read again. Nobody waits for it',
  },
  talkEndMs: {
    unit: 'ms',
    min: 1_000,
    max: 1_000,
    default: 1_000,
    reason: 'the last lines say how it ended, and whoever reads stderr reads them in less',
    atLimit: 'the process ends, and what was not read of stderr is lost',
  },
};

/** The most bytes of lines that a frame carries, unless one line alone has more. */
export const frameBytes: number = limits.frameBytes.default;
