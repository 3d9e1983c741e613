// How many connections the system lets this process have. Each is an open file, and the system drops what comes beyond the
// limit without a word to anybody. So a server takes fewer, and answers the others.
import { readFileSync } from 'node:fs';
import { errorName } from '../blocks/files.ts';
import { cliLimits } from './limits.ts';

/** Undefined where there is no limit, or no way to know it: outside of Linux. */
export function connectionsThatFit(): { readonly openFiles: number; readonly connections: number } | undefined {
  const openFiles = Number(/^Max open files +(\d+)/m.exec(limitsOfProcess())?.[1] ?? Number.NaN);
  if (Number.isNaN(openFiles)) return undefined;
  return { openFiles, connections: Math.max(1, openFiles - cliLimits.sparedFiles.default) };
}

function limitsOfProcess(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch (error) {
    if (errorName(error) === 'ENOENT') return '';
    throw error;
  }
}
