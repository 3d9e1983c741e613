// The limits of feeds, of whatever kind.
import type { Limit } from '../protocol/limit.ts';

export type FeedLimitName = 'turnMs' | 'wallLookMs';

export const feedLimits: Readonly<Record<FeedLimitName, Limit>> = {
  turnMs: {
    unit: 'ms',
    min: 2,
    max: 2,
    default: 2,
    reason: 'nobody may hold the event loop: acks, pings and other clients wait behind',
    atLimit: 'the rest is done in the next turn',
  },
  wallLookMs: {
    unit: 'ms',
    min: 1_000,
    max: 1_000,
    default: 1_000,
    reason: 'a timer does not see that the clock was set or that the machine slept',
    atLimit: 'whoever waits for a time of day looks at the clock again',
  },
};
