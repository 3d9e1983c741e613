// Stores blocks in a folder: `<dir>/<feed>/<policy>/<epoch>/`, with feed.json (what the blocks are blocks of), data files
// of exactly the feed's lines, the journal blocks.ndjson, and a lock. The parts are in ../folder/.
import { mkdir, open, readdir, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Clock, systemClock } from '../../base/clock.ts';
import { BlockfeedError } from '../../protocol/errors.ts';
import { type Policy, policyName } from '../../protocol/policy.ts';
import { errorName, storageError, storing, syncFolder, withFile } from '../files.ts';
import { encodeFeedFile, feedFileName, nameFault, parseFeedFile, sameBlocks } from '../folder/feedfile.ts';
import { journalFileName, readJournal } from '../folder/journalfile.ts';
import { takeLock } from '../folder/lock.ts';
import { type CutOff, damaged, fileSize, recover } from '../folder/recover.ts';
import { FolderSink } from '../folder/writer.ts';
import { maxJournalLineBytes } from '../journal.ts';
import type { Sink, Store, StoredFeed } from '../sink.ts';

export interface FolderStoreOptions {
  /**
   * A data file of this many bytes or more is followed by a new one at the next block, so files are longer than this by at
   * most a block. @default 67_108_864
   */
  readonly rollBytes?: number;
  /** Gives the times in the journal. @default the machine's */
  readonly clock?: Clock;
  /** Told when a folder is opened behind whose last whole block something lay: what a crash left, now cut off. */
  readonly onCutOff?: (folder: string, cutOff: CutOff) => void;
}

/** The store in a directory, which is made when the first block is to be stored. */
export function folderStore(directory: string, options: FolderStoreOptions = {}): Store {
  const root = resolve(directory);
  const { rollBytes = 67_108_864, clock = systemClock, onCutOff } = options;

  async function openFolder(folder: string, stored: StoredFeed): Promise<Sink> {
    const lock = await takeLock(folder);
    try {
      await writeFeedFile(folder, stored);
      const recovered = await recover(folder);
      const { cutOff } = recovered;
      if (cutOff.dataBytes > 0 || cutOff.journalBytes > 0) onCutOff?.(folder, cutOff);
      return await FolderSink.open(folder, recovered, lock, { rollBytes, clock });
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  return {
    async reopen(asked, policy) {
      const found = await findFolder(root, asked, policy);
      return found === undefined ? undefined : { sink: await openFolder(found.folder, found.feed), feed: found.feed };
    },
    async open(feed) {
      const folder = folderOf(root, feed);
      await makeFolder(folder);
      return await openFolder(folder, feed);
    },
    async close() {
      // Each sink holds its own files and lock.
    },
  };
}

/** Feed and epoch come from a server and become names of folders. */
function folderOf(root: string, stored: StoredFeed): string {
  const fault = nameFault(stored.feed, stored.epoch);
  if (fault !== undefined)
    throw new BlockfeedError('bad-server', `nothing can be stored under these names: ${fault}`, {
      hint: 'Check that the peer is a blockfeed server of this protocol version.',
      about: 'feed',
    });
  return join(root, stored.feed, policyName(stored.policy), stored.epoch);
}

/**
 * Makes the folder and those above it, and their names durable. Not by mkdir's `recursive`: where a file system lets no
 * folder be made and says ENOENT (/proc), that tries for ever, and elsewhere it hides why (EROFS).
 */
async function makeFolder(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  const above = dirname(folder);
  if (above !== folder) await makeFolder(above);
  try {
    await mkdir(folder);
  } catch (error) {
    // Made by another process meanwhile is as good.
    if (errorName(error) === 'EEXIST' && (await isFolder(folder))) return;
    throw storageError('make', folder, error);
  }
  await syncFolder(above);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isAbsent(error)) return false;
    throw storageError('read', path, error);
  }
}

/** Writes feed.json where there is none; else checks that it says the same. */
async function writeFeedFile(folder: string, stored: StoredFeed): Promise<void> {
  const path = join(folder, feedFileName);
  const found = await readFeedFile(path);
  if (found !== undefined) {
    if (!sameBlocks(found, stored)) throw damaged(path, 0, 'it speaks of another feed, epoch, specification or policy');
    return;
  }
  if ((await fileSize(join(folder, journalFileName))) !== undefined)
    throw damaged(path, 0, 'it is missing, and a journal lies beside its place');
  // Under another name first, so that a feed.json is always whole.
  const draft = `${path}.new`;
  await storing('write', draft, async () => {
    const file = await open(draft, 'w');
    try {
      await file.writeFile(encodeFeedFile(stored));
      await file.sync();
    } finally {
      await file.close();
    }
  });
  await storing('rename', draft, () => rename(draft, path));
  await syncFolder(folder);
}

/** Undefined when there is no such file, or something in its path is not a folder. */
async function readFeedFile(path: string): Promise<StoredFeed | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw storageError('read', path, error);
  }
  const stored = parseFeedFile(bytes);
  if (typeof stored === 'string') throw damaged(path, 0, stored);
  return stored;
}

interface Found {
  readonly folder: string;
  readonly feed: StoredFeed;
}

/** Of the folders whose feed was asked for in these words: the one whose journal was written to last. */
async function findFolder(root: string, asked: string, policy: Policy): Promise<Found | undefined> {
  let best: (Found & { readonly at: number }) | undefined;
  for (const feedName of await list(root, true)) {
    const byPolicy = join(root, feedName, policyName(policy));
    for (const epoch of await list(byPolicy, false)) {
      const folder = join(byPolicy, epoch);
      const feed = await readFeedFile(join(folder, feedFileName));
      if (feed === undefined || feed.asked !== asked) continue;
      const at = await lastWritten(join(folder, journalFileName));
      if (best === undefined || at > best.at) best = { folder, feed, at };
    }
  }
  return best;
}

async function list(path: string, mustBeFolder: boolean): Promise<string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    if (errorName(error) === 'ENOENT' || (isAbsent(error) && !mustBeFolder)) return [];
    throw storageError('read', path, error);
  }
}

function isAbsent(error: unknown): boolean {
  return errorName(error) === 'ENOENT' || errorName(error) === 'ENOTDIR';
}

/** The time of the last whole line of a journal, in microseconds; 0 where there is none. */
async function lastWritten(path: string): Promise<number> {
  const size = await fileSize(path);
  if (size === undefined) return 0;
  return await storing('read', path, () =>
    withFile(path, 'r', async (file) => {
      let at = 0;
      for await (const { entry } of readJournal(file, path, size, Math.max(0, size - 3 * maxJournalLineBytes)))
        if (entry.kind !== 'fault' && entry.kind !== 'torn') at = entry.at;
      return at;
    }),
  );
}
