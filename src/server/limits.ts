// The limits of a server. They are what is valid and what holds where nothing is stated; the values that one server has are
// a ServerLimits, which it was given.
import { BlockfeedError } from '../protocol/errors.ts';
import { type Limit, numberWithin, wholeWithin } from '../protocol/limit.ts';
import { limits } from '../protocol/limits.ts';

export type ServerLimitName =
  | 'headerBytes'
  | 'controlUnsentBytes'
  | 'connections'
  | 'handshakes'
  | 'handshakesPerTurn'
  | 'handshakeMs'
  | 'messagesPerTurn'
  | 'requestsPerConnection'
  | 'helloMs'
  | 'pingMs'
  | 'silentMs'
  | 'pausedMs'
  | 'heartbeatMs'
  | 'stalledMs'
  | 'leaveMs'
  | 'drainMs'
  | 'clockStepMs'
  | 'unsentBytes'
  | 'unsentBytesInAll'
  | 'windowMemoryBytes'
  | 'cachedBytes'
  | 'madeBytes'
  | 'consumers'
  | 'adHocFeeds'
  | 'adHocRate'
  | 'idleFeedMs'
  | 'specifications'
  | 'logsPerSecond';

export const serverLimits: Readonly<Record<ServerLimitName, Limit>> = {
  headerBytes: {
    unit: 'bytes',
    min: 16_384,
    max: 16_384,
    default: 16_384,
    reason: "what Node's HTTP parser takes by default, ample for any URL we serve",
    atLimit: 'the request is answered 431',
  },
  controlUnsentBytes: {
    unit: 'bytes',
    min: 1_048_576,
    max: 1_048_576,
    default: 1_048_576,
    reason: 'answers to control messages are not data and have no cursor to wait at',
    atLimit: 'the connection is closed with 1013',
  },
  connections: {
    unit: 'count',
    min: 1,
    max: 1_000_000,
    default: 10_000,
    reason: 'what a small machine carries at 10 kB each besides what they are sent',
    atLimit: 'an upgrade is answered 503 before it is done',
  },
  handshakes: {
    unit: 'count',
    min: 1,
    max: 100_000,
    default: 1_000,
    reason: 'connections that are none of `connections` yet, or were refused and are not closed yet',
    atLimit: 'a further one is dropped without an answer, and it is logged',
  },
  handshakesPerTurn: {
    unit: 'count',
    min: 1,
    max: 1_000,
    default: 8,
    reason:
      'a handshake costs some tenths of a millisecond, and whoever waits for the event loop should not wait for many',
    atLimit: 'the next ones are begun in the next turn; on an http.Server of your own only what is ours of them',
  },
  handshakeMs: {
    unit: 'ms',
    min: 100,
    max: 60_000,
    default: 10_000,
    reason: 'time for a request over a slow line; a connection that says nothing holds a place',
    atLimit: 'the connection is ended; on an http.Server of your own its own times hold',
  },
  messagesPerTurn: {
    unit: 'count',
    min: 1,
    max: 100_000,
    default: 128,
    reason: 'a message costs some microseconds, and a single read may bring ten thousand from one client',
    atLimit: 'the rest is treated in turns with all other work, and nothing more is read of that client until it is',
  },
  requestsPerConnection: {
    unit: 'count',
    min: 100,
    max: 100,
    default: 100,
    reason: "Node's HTTP parser hands out all requests of one read at once",
    atLimit: 'the answer says that the connection is closed, and further requests on it are answered 503',
  },
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
  clockStepMs: {
    unit: 'ms',
    min: 1_000,
    max: 1_000,
    default: 1_000,
    reason: 'a smaller correction of the clock is not noticed by anybody',
    atLimit: 'it is logged that the clock was set; a heartbeat says how far feeds are ahead of it',
  },
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
    reason: 'pages that sockets hold, each once however many share it, and what is theirs alone',
    atLimit:
      'from half of it on each socket is given one frame at a time; at it the connection that has taken nothing for longest is ended, and it is logged',
  },
  windowMemoryBytes: {
    unit: 'bytes',
    min: 1_048_576,
    max: 68_719_476_736,
    default: 134_217_728,
    reason: 'what is remembered of blocks that are under way: 32 bytes each, so of 4 million in all windows',
    atLimit: 'windows grow no further, and none is held below 8 blocks',
  },
  cachedBytes: {
    unit: 'bytes',
    min: 4_194_304,
    max: 68_719_476_736,
    default: 67_108_864,
    reason: 'what recent readers share; anything else can be made again from the feed',
    atLimit: 'the page used least recently is forgotten',
  },
  madeBytes: {
    unit: 'bytes',
    min: 8_388_608,
    max: 68_719_476_736,
    default: 67_108_864,
    reason:
      'lines of generated feeds that readers of other policies share, and those that are being made; they can be made again',
    atLimit: 'the lines used least recently are forgotten; while all are in use, reading waits for a later turn',
  },
  consumers: {
    unit: 'count',
    min: 1,
    max: 10_000_000,
    default: 100_000,
    reason: 'a remembered place costs some hundred bytes',
    atLimit: 'the place that was written to least recently is forgotten, and it is logged',
  },
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
  specifications: {
    unit: 'count',
    min: 1,
    max: 10_000,
    default: 256,
    reason: 'checking the words of a feed costs more than remembering what came of it',
    atLimit: 'what came of the words used least recently is forgotten',
  },
  logsPerSecond: {
    unit: 'count',
    min: 1,
    max: 1_000_000,
    default: 100,
    reason:
      'of acks, of comings and goings, of warnings and the like, of all clients together, a sum tells more than lines that nobody can read',
    atLimit: 'of each sort one sum a second is logged instead',
  },
};

/** The values of one server. */
export type ServerLimits = Readonly<Record<ServerLimitName | 'subscriptions', number>>;

/** Fills in the defaults. Throws `bad-option` for a value out of its range. */
export function resolveServerLimits(stated: Partial<ServerLimits>): ServerLimits {
  const table: Readonly<Record<string, Limit>> = { subscriptions: limits.subscriptions, ...serverLimits };
  for (const name of Object.keys(stated))
    if (!Object.hasOwn(table, name))
      throw new BlockfeedError('bad-option', `a server has no limit ${JSON.stringify(name)}`, {
        hint: `Its limits are ${Object.keys(table).join(', ')}.`,
        about: name,
      });
  const resolved: Record<string, number> = {};
  for (const [name, limit] of Object.entries(table)) {
    const value = stated[name as keyof ServerLimits];
    resolved[name] = limit.unit === 'messages/s' ? numberWithin(name, value, limit) : wholeWithin(name, value, limit);
  }
  return Object.freeze(resolved) as ServerLimits;
}
