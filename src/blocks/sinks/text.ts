// Tells blocks to the end of a text file.
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { storing, syncFolder, writeFully } from '../files.ts';
import type { Store } from '../sink.ts';
import { type TellingOptions, tellingSink } from './telling.ts';

/**
 * The store that is a text file, shared by its sinks and made if it is not there. `sync` is the disk's. After the first
 * write or sync that fails every later call rejects with the same error. Rejects with `storage` when it cannot be opened.
 */
export async function openTextStore(path: string, options: TellingOptions = {}): Promise<Store> {
  const file: FileHandle = await storing('open', path, () => open(path, 'a'));
  // A terminal or a pipe has nothing to sync.
  const isRegular = (await storing('read', path, () => file.stat())).isFile();
  if (isRegular) await syncFolder(dirname(path));
  let queue: Promise<void> = Promise.resolve();

  // One after another, each whole; what comes after one that failed fails with it.
  function next(action: string, work: () => Promise<void>): Promise<void> {
    queue = queue.then(() => storing(action, path, work));
    return queue;
  }

  const outlet = {
    write: (text: string) => next('write', () => writeFully(file, Buffer.from(text), null)),
    sync: () => next('sync', async () => (isRegular ? await file.datasync() : undefined)),
  };

  return {
    reopen: async () => undefined,
    open: async (feed) => tellingSink(outlet, feed.feed, options),
    async close() {
      // What failed before was told to whom it concerned; here only the file is let go of, when nobody uses it any more.
      await queue.catch(() => undefined);
      await storing('close', path, () => file.close());
    },
  };
}
