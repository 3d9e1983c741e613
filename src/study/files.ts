// Writes the files of a report.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorName, storing } from '../blocks/files.ts';

/**
 * Writes each text to a file of its name in the directory, and makes the directory if needed. Resolves with the paths.
 * Rejects with `storage`.
 */
export async function writeFiles(directory: string, files: Readonly<Record<string, string>>): Promise<string[]> {
  await storing('make', directory, () => make(directory));
  const paths: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    await storing('write', path, () => writeFile(path, text));
    paths.push(path);
  }
  return paths;
}

/**
 * Makes a directory and those above it. mkdir's `recursive` is not used: it tries for ever on a file system that allows
 * no new folder and answers ENOENT (/proc).
 */
async function make(directory: string): Promise<void> {
  try {
    await mkdir(directory);
  } catch (error) {
    const [name, above] = [errorName(error), dirname(directory)];
    if (name === 'EEXIST') return;
    if (name !== 'ENOENT' || above === directory) throw error;
    await make(above);
    await mkdir(directory);
  }
}
