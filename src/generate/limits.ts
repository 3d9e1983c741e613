// The limits of generated feeds.
import type { Limit } from '../protocol/limit.ts';

export type GenerateLimitName = 'messageMicros' | 'trialMicros' | 'lookBackMicros' | 'lookBackBytes';

export const generateLimits: Readonly<Record<GenerateLimitName, Limit>> = {
  messageMicros: {
    unit: 'µs',
    min: 50_000,
    max: 50_000,
    default: 50_000,
    reason:
      'a line of a million bytes of simple numbers costs half of it; one that is dearer keeps a processor for one reader',
    atLimit: 'the specification is refused, feed-refused',
  },
  trialMicros: {
    unit: 'µs',
    min: 3_000,
    max: 3_000,
    default: 3_000,
    reason: 'expressions are tried before anybody has subscribed; a hundred usual ones cost half of it',
    atLimit: 'the specification is refused, feed-refused',
  },
  lookBackMicros: {
    unit: 'µs',
    min: 65_536,
    max: 65_536,
    default: 65_536,
    reason: 'what the same reader has made may cost so much: little more than the dearest message alone',
    atLimit: 'a feed of dearer messages has closer anchors; at least every message is one',
  },
  lookBackBytes: {
    unit: 'bytes',
    min: 1_048_576,
    max: 1_048_576,
    default: 1_048_576,
    reason: 'a reader who begins anywhere has so much made at most to know where frames and blocks by bytes begin',
    atLimit: 'a feed of longer lines has closer anchors; at least every message is one',
  },
};
