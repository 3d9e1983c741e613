// Prints blocks to the end of a text file.
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { abandon, storing, syncFolder, writeFully } from '../files.ts';
import { FileIdentity } from '../identity.ts';
import type { Store } from '../sink.ts';
import { type PrintingOptions, printingSink } from './printing.ts';

/**
 * The store that is a text file, shared by its sinks and made if it is not there. `sync` is the disk's. After the first
 * write or sync that fails every later call rejects with the same error. Rejects with `storage` when it cannot be opened.
 */
export async function openTextStore(path: string, options: PrintingOptions = {}): Promise<Store> {
  const file: FileHandle = await storing('open', path, () => open(path, 'a'));
  let identity: FileIdentity | undefined;
  try {
    identity = await identityOfRegular(file, path);
  } catch (error) {
    await abandon(() => file.close());
    throw error;
  }
  let queue: Promise<void> = Promise.resolve();

  // One after another, each whole. What comes after one that failed fails with it.
  function next(action: string, work: () => Promise<void>): Promise<void> {
    queue = queue.then(() => storing(action, path, work));
    return queue;
  }

  const outlet = {
    write: (text: string) => next('write', () => writeFully(file, Buffer.from(text), null)),
    sync: () =>
      next('sync', async () => {
        if (identity === undefined) return;
        await file.datasync();
        identity.check();
      }),
  };

  return {
    reopen: async () => undefined,
    open: async (feed) => printingSink(outlet, feed.feed, options),
    async close() {
      // What failed before has reached those whom it concerns. Here the file is let go of, when nobody uses it any more.
      await abandon(() => queue);
      await storing('close', path, () => file.close());
    },
  };
}

/** Undefined for a terminal or a pipe: it has nothing to sync, and nobody can take it away. */
async function identityOfRegular(file: FileHandle, path: string): Promise<FileIdentity | undefined> {
  if (!(await storing('read', path, () => file.stat())).isFile()) return undefined;
  await syncFolder(dirname(await storing('read', path, () => realpath(path))));
  return await FileIdentity.of(file, path, 'followed');
}
