// Verifies what collectors have stored, from nothing but the folders: that the journal is whole, that every byte is the
// one it vouches for, that every offset is there once or accounted for, that blocks end where the cut rule says, and,
// where it is asked for, that the messages come out the same when they are made again. Reads everything, changes nothing.
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BlockfeedError } from '../protocol/errors.ts';
import { errorName, storageError } from './files.ts';
import { feedFileName } from './folder/feedfile.ts';
import { journalFileName } from './folder/journalfile.ts';
import { type VerifiedFolder, type VerifyOptions, verifyOne } from './verify/folder.ts';

export type { VerifiedFolder, VerifyOptions } from './verify/folder.ts';

/** Below a collector's directory lie feed, policy and epoch. */
const maxDepth = 3;

/**
 * Verifies a collector's directory or any folder below it, in the order of names. Rejects with `storage` when there is
 * nothing to verify or something cannot be read; what is wrong with the contents is in the result.
 */
export async function verifyFolder(directory: string, options: VerifyOptions = {}): Promise<VerifiedFolder[]> {
  const root = resolve(directory);
  const folders = await findFolders(root, maxDepth);
  if (folders.length === 0)
    throw new BlockfeedError('storage', `there are no stored blocks in ${root}`, {
      hint: 'Give the directory that `blockfeed collect --out` was given, or a folder below it.',
      about: root,
    });
  const results: VerifiedFolder[] = [];
  for (const folder of folders) results.push(await verifyOne(folder, options));
  return results;
}

async function findFolders(path: string, depth: number): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(path);
  } catch (error) {
    throw storageError('read', path, error);
  }
  if (names.includes(feedFileName) || names.includes(journalFileName)) return [path];
  const found: string[] = [];
  if (depth === 0) return found;
  for (const name of names.sort()) {
    const below = join(path, name);
    if (await isFolder(below)) found.push(...(await findFolders(below, depth - 1)));
  }
  return found;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    // A link to nowhere is no folder.
    if (errorName(error) === 'ENOENT') return false;
    throw storageError('read', path, error);
  }
}
