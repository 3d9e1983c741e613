// The limits of the frames that readers share.
import type { Limit } from '../protocol/limit.ts';

export type FramesLimitName =
  | 'pageBytes'
  | 'sparePages'
  | 'gatheredBytes'
  | 'idleFramers'
  | 'sliceMs'
  | 'lateMs'
  | 'visitMs';

export const framesLimits: Readonly<Record<FramesLimitName, Limit>> = {
  pageBytes: {
    unit: 'bytes',
    min: 262_144,
    max: 262_144,
    default: 262_144,
    reason: 'one write of a page costs the system a fifth less than two of half a page, and a socket holds one at most',
    atLimit: 'a new page is begun; a longer frame has a page of its own',
  },
  sparePages: {
    unit: 'count',
    min: 8,
    max: 8,
    default: 8,
    reason: 'pages are made about as fast as they are forgotten, and new memory costs more than filling it',
    atLimit: "a forgotten page's memory is given back; all of it is when no page is left",
  },
  gatheredBytes: {
    unit: 'bytes',
    min: 67_108_864,
    max: 67_108_864,
    default: 67_108_864,
    reason: 'lines of frames that are not whole yet: a thousand framers with a whole frame each',
    atLimit:
      'the framers that hold most forget theirs and begin again at an anchor; those who forgot first then keep theirs up to half of the limit',
  },
  idleFramers: {
    unit: 'count',
    min: 16,
    max: 16,
    default: 16,
    reason: 'a reader who comes back goes on cheaply where its framer is',
    atLimit: 'the framer of a policy that nobody waits for, used least recently, is dropped',
  },
  sliceMs: {
    unit: 'ms',
    min: 0.5,
    max: 0.5,
    default: 0.5,
    reason: 'who is at the tail has little to do; who needs more than a slice does not keep the others there waiting',
    atLimit: 'the framer is late from then on, until it has come to the tail',
  },
  lateMs: {
    unit: 'ms',
    min: 0.5,
    max: 0.5,
    default: 0.5,
    reason: 'a quarter of each turn: those who catch up do not starve where much is live',
    atLimit: 'live tasks leave so much of a turn to those who are late',
  },
  visitMs: {
    unit: 'ms',
    min: 10,
    max: 10,
    default: 10,
    reason:
      'one that is late makes a whole frame before the next begins, so few are half done; a dear one does not hold the others up',
    atLimit: 'the framer goes to the end of the queue, and keeps what it gathered',
  },
};
