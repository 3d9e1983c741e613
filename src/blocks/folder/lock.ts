// The lock of a folder: one process at a time writes there. The file `lock` names its holder. Who wants it must look at
// it and replace it in one step, or two processes that find a dead holder would both take over; files have no such step,
// so it is done under claims (claims.ts).
import { readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BlockfeedError } from '../../protocol/errors.ts';
import { errorName, storageError, storing } from '../files.ts';
import { withClaim } from './claims.ts';
import { isLiving, ownIdentity, type ProcessIdentity } from './process.ts';

const lockFileName = 'lock';

export interface Lock {
  /** Gives it back. Harmless when it was given back already. */
  release(): Promise<void>;
}

/**
 * Takes the lock of a folder. One whose holder is dead is taken over. Rejects with `locked`, naming the pid, when a
 * living process holds it, also this one; with `storage` when the folder cannot be written to.
 */
export async function takeLock(folder: string): Promise<Lock> {
  const path = join(folder, lockFileName);
  await withClaim(folder, async () => {
    const holder = await readHolder(path);
    if (holder !== undefined && isLiving(holder)) throw lockedBy(folder, holder);
    if (holder !== undefined) await storing('remove', path, () => unlink(path));
    const text = `${JSON.stringify(ownIdentity())}\n`;
    await storing('write', path, () => writeFile(path, text, { flag: 'wx' }));
  });
  let held = true;
  return {
    async release() {
      if (!held) return;
      held = false;
      await storing('remove', path, () => unlink(path));
    },
  };
}

/** A pid that no process has. */
const nobody: ProcessIdentity = { pid: 2 ** 31 - 1, started: 'unreadable' };

/** Who is named in the lock; undefined when there is none. */
async function readHolder(path: string): Promise<ProcessIdentity | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorName(error) === 'ENOENT') return undefined;
    throw storageError('read', path, error);
  }
  return parseHolder(text) ?? nobody;
}

/** Undefined for a lock that was not written whole: its writer died at it (a living one would be under a claim). */
function parseHolder(text: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('started' in value)) return undefined;
    const { pid, started } = value;
    return Number.isSafeInteger(pid) && Number(pid) > 0 && typeof started === 'string'
      ? { pid: Number(pid), started }
      : undefined;
  } catch {
    return undefined;
  }
}

function lockedBy(folder: string, holder: ProcessIdentity): BlockfeedError {
  const who = holder.pid === process.pid ? `this process (${holder.pid})` : `process ${holder.pid}`;
  return new BlockfeedError('locked', `${folder} is in use by ${who}`, {
    hint: 'Let that collector leave first, or choose another folder.',
    about: folder,
  });
}
