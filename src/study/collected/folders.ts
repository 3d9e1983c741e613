// Finds the folders with journals in and below directories.
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { errorName, storageError, storing } from '../../blocks/files.ts';
import { journalFileName } from '../../blocks/folder/journalfile.ts';
import { BlockfeedError } from '../../protocol/errors.ts';

/** Below a collector's directory lie feed, policy and epoch. */
const maxDepth = 3;

/** The folders, in the order of the directories and of names, each once. Rejects with `storage` where a directory has none. */
export async function foldersIn(directories: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const directory of directories) {
    const root = await storing('read', resolve(directory), () => realpath(resolve(directory)));
    const folders = await below(root, maxDepth);
    if (folders.length === 0)
      throw new BlockfeedError('storage', `there are no stored blocks in ${root}`, {
        hint: 'Give the directory that `blockfeed collect --out` was given, or a folder below it.',
        about: root,
      });
    for (const folder of folders) found.add(folder);
  }
  return [...found];
}

async function below(path: string, depth: number): Promise<string[]> {
  const names = await storing('read', path, () => readdir(path));
  if (names.includes(journalFileName)) return [path];
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
