// The limits of the wire, which both ends know. Each other room has a table of its own; docs/limits.md prints them all (a test
// compares). Code takes its numbers from these tables and from nowhere else.
import type { Limit } from './limit.ts';
import { maxLineBytes } from './message.ts';

const int31 = 2_147_483_647;
const dayMs = 86_400_000;

export type WireLimitName =
  | 'size'
  | 'waitMs'
  | 'bytes'
  | 'anchorEvery'
  | 'window'
  | 'windowBytes'
  | 'ackBlocks'
  | 'lineBytes'
  | 'frameBytes'
  | 'controlBytes'
  | 'controlFragments'
  | 'feedTextBytes'
  | 'subscriptions'
  | 'errors';

export const limits: Readonly<Record<WireLimitName, Limit>> = {
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
    max: dayMs,
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
  anchorEvery: {
    unit: 'messages',
    min: 1,
    max: 4_096,
    default: 4_096,
    reason:
      'how far back a reader must look to know where frames and blocks by bytes begin; retention removes whole runs of so many',
    atLimit: 'with a policy of bytes the block ends, cut size; else only the frame',
  },
  window: {
    unit: 'blocks',
    min: 1,
    max: 100_000,
    default: 1_000,
    reason: 'blocks of 5 messages over a round trip of 50 ms still come at 100,000 messages/s',
    atLimit: 'no other block is begun until an ack',
  },
  windowBytes: {
    unit: 'bytes',
    min: 1_000,
    max: 1_073_741_824,
    default: 4_194_304,
    reason: '80 MB/s over a round trip of 50 ms; half of what a client keeps for whoever takes slowly',
    atLimit: 'no other block is begun until an ack; where none is begun, one is, however large',
  },
  ackBlocks: {
    unit: 'blocks',
    min: 1_000,
    max: 1_000,
    default: 1_000,
    reason: 'so many of the longest pairs have 37 kB, and a control message may have 64 KiB',
    atLimit: 'the client says another ack for the next ones',
  },
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
    min: 65_536,
    max: 65_536,
    default: 65_536,
    reason: 'nobody has to hold a whole block to send or to store it, and a slow link gets whole frames often',
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
  errors: {
    unit: 'count',
    min: 16,
    max: 16,
    default: 16,
    reason: 'somebody typing by hand may err some times; a program that errs on does not stop by itself',
    atLimit: 'the connection is closed with 4400',
  },
};

/** The most bytes of lines that a frame carries, unless one line alone has more. */
export const frameBytes: number = limits.frameBytes.default;
