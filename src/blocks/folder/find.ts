// Finds the folders of stored blocks in and below a directory.
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BlockfeedError } from '../../protocol/errors.ts';
import { errorName, storageError, storing } from '../files.ts';
import { dataFileOffset, journalFileName } from '../names.ts';
import { feedFileName } from './feedfile.ts';

/** Below a collector's directory lie feed, policy and epoch. */
const maxDepth = 3;

/** The folders, in the order of names. Rejects with `storage` where there is none, or something cannot be read. */
export async function findStoredFolders(directory: string): Promise<string[]> {
  const root = resolve(directory);
  const folders = await below(root, maxDepth);
  if (folders.length > 0) return folders;
  throw new BlockfeedError('storage', `there are no stored blocks in ${root}`, {
    hint: 'Give the directory that `blockfeed collect --out` was given, or a folder below it.',
    about: root,
  });
}

async function below(path: string, depth: number): Promise<string[]> {
  const names = await storing('read', path, () => readdir(path));
  // A folder that lost all but its data is one too: verifying it says that the rest is missing.
  if (names.some((name) => name === feedFileName || name === journalFileName || dataFileOffset(name) !== undefined))
    return [path];
  const found: string[] = [];
  if (depth === 0) return found;
  for (const name of names.sort()) {
    const inner = join(path, name);
    if (await isFolder(inner)) found.push(...(await below(inner, depth - 1)));
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
