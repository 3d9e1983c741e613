// The limits of the command line.
import type { Limit } from '../protocol/limit.ts';

export type CliLimitName = 'talkBytes' | 'talkEndMs' | 'sameStopMs' | 'sparedFiles';

export const cliLimits: Readonly<Record<CliLimitName, Limit>> = {
  talkBytes: {
    unit: 'bytes',
    min: 4_194_304,
    max: 4_194_304,
    default: 4_194_304,
    reason: 'the log of some busy seconds, for a terminal or a program that reads stderr and pauses',
    atLimit: 'lines are not shown; their number is logged once stderr is read again. Nobody waits for it',
  },
  talkEndMs: {
    unit: 'ms',
    min: 1_000,
    max: 1_000,
    default: 1_000,
    reason: 'the last lines say how it ended, and whoever reads stderr reads them in less',
    atLimit: 'the process ends, and what was not read of stderr is lost',
  },
  sameStopMs: {
    unit: 'ms',
    min: 500,
    max: 500,
    default: 500,
    reason: 'one Ctrl-C may come several times: the terminal, timeout(1) and npx each send it on',
    atLimit: 'a further signal does not wait for what is under way',
  },
  sparedFiles: {
    unit: 'count',
    min: 64,
    max: 64,
    default: 64,
    reason:
      'of the open files that the system allows: for the process itself, and for connections that are being closed',
    atLimit: '`serve` takes so many connections fewer than files may be open, and logs it',
  },
};
