// The limits of feeds, of whatever kind.
import type { Limit } from '../protocol/limit.ts';

export type FeedLimitName = 'turnMs' | 'memoryFeedBytes' | 'wallLookMs' | 'feedMadeBytes' | 'abandonedMs';

export const feedLimits: Readonly<Record<FeedLimitName, Limit>> = {
  turnMs: {
    unit: 'ms',
    min: 2,
    max: 2,
    default: 2,
    reason: 'nobody may hold the event loop: acks, pings and other clients wait behind',
    atLimit: 'the rest is done in the next turn',
  },
  memoryFeedBytes: {
    unit: 'bytes',
    min: 262_144,
    max: Number.POSITIVE_INFINITY,
    default: 268_435_456,
    reason: 'a feed in memory would take all there is; this holds some million small messages',
    atLimit:
      'the oldest messages are forgotten, up to an anchor: readers behind it are told the gap; where no anchor is left, the message is refused, bad-option',
  },
  wallLookMs: {
    unit: 'ms',
    min: 1_000,
    max: 1_000,
    default: 1_000,
    reason: 'a timer does not see that the clock was set or that the machine slept',
    atLimit: 'whoever waits for a time of day looks at the clock again',
  },
  feedMadeBytes: {
    unit: 'bytes',
    min: 2_097_152,
    max: 2_097_152,
    default: 2_097_152,
    reason:
      'two lines of the greatest length, or thousands of short ones that readers of other policies share; they can be made again',
    atLimit: 'the lines used least recently are forgotten; while all are in use, reading waits for a later turn',
  },
  abandonedMs: {
    unit: 'ms',
    min: 1_000,
    max: 1_000,
    default: 1_000,
    reason: 'a reader asks again in each of its turns, which come many times as often',
    atLimit: 'a line that was begun, and that nobody asked for since, gives its memory to others that need it',
  },
};
