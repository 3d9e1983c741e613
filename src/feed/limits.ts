// The limits of feeds, of whatever kind.
import type { Limit } from '../protocol/limit.ts';

export type FeedLimitName = 'turnMs';

export const feedLimits: Readonly<Record<FeedLimitName, Limit>> = {
  turnMs: {
    unit: 'ms',
    min: 2,
    max: 2,
    default: 2,
    reason: 'nobody may hold the event loop: acks, pings and other clients wait behind',
    atLimit: 'the rest is done in the next turn',
  },
};
