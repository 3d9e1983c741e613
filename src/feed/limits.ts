// The limits of feeds, of whatever kind.
import type { Limit } from '../protocol/limit.ts';

export type FeedLimitName = 'turnMs' | 'memoryFeedBytes';

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
};
