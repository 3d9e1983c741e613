// The limits of generated feeds.
import type { Limit } from '../protocol/limit.ts';

export type GenerateLimitName = 'feedCacheBytes' | 'lookBackBytes';

export const generateLimits: Readonly<Record<GenerateLimitName, Limit>> = {
  feedCacheBytes: {
    unit: 'bytes',
    min: 2_097_152,
    max: 2_097_152,
    default: 2_097_152,
    reason: 'readers with different policies are near the same place; lines can be made again',
    atLimit: 'the chunk of a generated feed used least recently is forgotten',
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
