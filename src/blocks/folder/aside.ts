// What is taken out of a folder's files is kept aside, in files that no `*.ndjson` matches, until its messages are stored
// anew. Where they never are (a gap lies there, or the collector begins further on) it stays: it may be all there is.
import { open, rename, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { abandon, FileReader, fileSize, storing, syncFolder, withFile, writeFully } from '../files.ts';
import { asideFile } from '../names.ts';

/** Moves the bytes behind `position` out of a file into one of their own. An older one of that name stays if it has more. */
export async function moveAside(folder: string, name: string, position: number, asideOf: string): Promise<void> {
  const [path, aside] = [join(folder, name), join(folder, asideFile(asideOf))];
  const size = (await fileSize(path)) ?? 0;
  // Of two with one name the longer is the later state of the same bytes.
  const isNeeded = ((await fileSize(aside)) ?? 0) < size - position;
  if (isNeeded && position > 0) await copy(path, position, size, aside);
  if (isNeeded && position === 0) await storing('rename', path, () => rename(path, aside));
  if (isNeeded) await syncFolder(folder);
  if (position > 0) await storing('truncate', path, () => truncate(path, position));
  else if (!isNeeded) await storing('remove', path, () => unlink(path));
}

/** Under another name first, so that the copy is there whole or not at all. The rename is durable once the folder is synced. */
async function copy(path: string, from: number, to: number, target: string): Promise<void> {
  const draft = `${target}.new`;
  const file = await storing('open', draft, () => open(draft, 'w'));
  try {
    await storing('read', path, () =>
      withFile(path, 'r', async (source) => {
        let at = 0;
        for await (const piece of new FileReader(source, path, to - from).range(from, to)) {
          await storing('write', draft, () => writeFully(file, piece, at));
          at += piece.length;
        }
      }),
    );
    await storing('sync', draft, () => file.sync());
  } catch (error) {
    await abandon(() => file.close());
    // The original is untouched, and a disk that is full needs the room.
    await abandon(() => unlink(draft));
    throw error;
  }
  await storing('close', draft, () => file.close());
  await storing('rename', draft, () => rename(draft, target));
}
