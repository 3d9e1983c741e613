// Writes the files of a report.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorName, storing } from '../blocks/files.ts';

/** Writes texts under their names into the directory, which is made where there is none. Resolves with the paths. Rejects with `storage`. */
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

/** Not by mkdir's `recursive`: where a file system lets no folder be made and says ENOENT (/proc), that tries for ever. */
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
