// Who a process is, so that a lock it left behind can be told from one it holds: its pid, and the moment it started,
// since pids are used again. Where there is no /proc the pid alone has to do.
import { readFileSync } from 'node:fs';
import { errorName } from '../files.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** Boot of the machine and clock tick of the start, as `<boot id>-<ticks>`; empty where it cannot be known. */
  readonly started: string;
}

/** This process. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, started: lookUp(process.pid).started };
}

/** Whether that very process lives. One that was killed and not yet collected by its parent does not. */
export function isLiving(identity: ProcessIdentity): boolean {
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    if (errorName(error) !== 'EPERM') return false;
  }
  const { started, dead } = lookUp(identity.pid);
  // What cannot be compared (no /proc, or one that hides other users' processes) counts as the same: rather a lock that
  // has to be removed by hand than two writers.
  return !dead && (identity.started === '' || started === '' || started === identity.started);
}

const bootId = readText('/proc/sys/kernel/random/boot_id').trim();

function lookUp(pid: number): { readonly started: string; readonly dead: boolean } {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === '') return { started: '', dead: false };
  // The second field is the program's name in parentheses and may hold anything, also parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { started: `${bootId}-${fields[19] ?? ''}`, dead: fields[0] === 'Z' || fields[0] === 'X' };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not there: that is the answer.
    return '';
  }
}
