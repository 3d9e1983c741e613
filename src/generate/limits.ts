// The limits of generated feeds.
import type { Limit } from '../protocol/limit.ts';

export type GenerateLimitName = 'feedCacheBytes';

export const generateLimits: Readonly<Record<GenerateLimitName, Limit>> = {
  feedCacheBytes: {
    unit: 'bytes',
    min: 2_097_152,
    max: 2_097_152,
    default: 2_097_152,
    reason: 'readers with different policies are near the same place; lines can be made again',
    atLimit: 'the chunk of a generated feed used least recently is forgotten',
  },
};
