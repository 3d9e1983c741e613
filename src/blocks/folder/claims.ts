// Mutual exclusion between processes by plain files, such that a process that dies in it blocks nobody. Who wants in puts
// down a claim, a file of a name that nobody else uses; then looks. So of two, the one that looks later sees the other.
// A claim is removed by its owner, or by anyone once the owner is dead, which is safe just because names are never used
// twice: the trouble with a shared lock file is that the one removed may no longer be the one that was looked at.
import { randomBytes } from 'node:crypto';
import { readdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { BlockfeedError } from '../../protocol/errors.ts';
import { errorName, storageError, storing } from '../files.ts';
import { isLiving, ownIdentity } from './process.ts';

const prefix = 'lock.claim.';
/** The section takes about a millisecond; who cannot enter for so long is told. In ms. */
const patienceMs = 10_000;

/** Runs `section` while no other process, and nobody else in this one, runs one for the same folder. */
export async function withClaim<Result>(folder: string, section: () => Promise<Result>): Promise<Result> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const own = claimName();
    const path = join(folder, own);
    await storing('write', path, () => writeFile(path, '', { flag: 'wx' }));
    try {
      if (await isFirst(folder, own, giveUpAt)) return await section();
    } finally {
      await storing('remove', path, () => unlink(path));
    }
    if (performance.now() > giveUpAt) throw busy(folder);
    await wait(1 + Math.random() * 5);
  }
}

/**
 * True once no other claim is there. With a smaller one there this one has to make way: false. A larger one is waited
 * for: its owner either looked before this claim was there, and is inside, or will see it and make way.
 */
async function isFirst(folder: string, own: string, giveUpAt: number): Promise<boolean> {
  for (;;) {
    const others = await livingClaims(folder, own);
    if (others.length === 0) return true;
    if (others.some((other) => other < own) || performance.now() > giveUpAt) return false;
    await wait(1);
  }
}

async function livingClaims(folder: string, own: string): Promise<string[]> {
  const names = await storing('read', folder, () => readdir(folder));
  const living: string[] = [];
  for (const name of names) {
    if (!name.startsWith(prefix) || name === own) continue;
    const [pid, started] = name.slice(prefix.length).split('.');
    if (isLiving({ pid: Number(pid), started: started ?? '' })) living.push(name);
    else await removeDead(join(folder, name));
  }
  return living;
}

async function removeDead(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    // Another process was quicker.
    if (errorName(error) !== 'ENOENT') throw storageError('remove', path, error);
  }
}

function claimName(): string {
  const { pid, started } = ownIdentity();
  return `${prefix}${pid}.${started}.${randomBytes(8).toString('hex')}`;
}

function busy(folder: string): BlockfeedError {
  return new BlockfeedError('locked', `${folder}: other processes have been trying to lock it for ${patienceMs} ms`, {
    hint: 'See which collectors are being started there, and start one.',
    about: folder,
  });
}
