// The limits of the frames that readers share.
import type { Limit } from '../protocol/limit.ts';

export type FramesLimitName = 'pageBytes';

export const framesLimits: Readonly<Record<FramesLimitName, Limit>> = {
  pageBytes: {
    unit: 'bytes',
    min: 262_144,
    max: 262_144,
    default: 262_144,
    reason: 'one write of a page costs the system a fifth less than two of half a page, and a socket holds one at most',
    atLimit: 'a new page is begun; a longer frame has a page of its own',
  },
};
