// Stores blocks in a folder: `<dir>/<feed>/<policy>/<epoch>/`, with feed.json (what the blocks are blocks of), data files
// of exactly the feed's lines, the journal blocks.journal, and a lock. The parts are in ../folder/.
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Clock, systemClock } from '../../base/clock.ts';
import { BlockfeedError } from '../../protocol/errors.ts';
import { wholeWithin } from '../../protocol/limit.ts';
import { type Policy, policyName } from '../../protocol/policy.ts';
import { abandon, errorName, fileSize, storageError, storing, syncFolder, withFile, writeWhole } from '../files.ts';
import { encodeFeedFile, feedFileName, folderNames, nameFault, parseFeedFile, sameBlocks } from '../folder/feedfile.ts';
import { damaged, readJournal } from '../folder/journalfile.ts';
import { takeLock } from '../folder/lock.ts';
import { type Repairs, recover } from '../folder/recover.ts';
import { FolderSink } from '../folder/writer.ts';
import { headBytes } from '../journal.ts';
import { blockLimits } from '../limits.ts';
import { dataFileOffset, journalFileName, lockFileName } from '../names.ts';
import type { Sink, Store, StoredFeed } from '../sink.ts';

export interface FolderStoreOptions {
  /**
   * A data file of this many bytes or more is followed by a new one at the next block, so files are longer than this by at
   * most a block. @default 67_108_864
   */
  readonly rollBytes?: number;
  /** Gives the times in the journal. @default the machine's */
  readonly clock?: Clock;
  /** Hears of a folder that was opened and was not as a collector leaves it that ends by itself. */
  readonly onRepaired?: (folder: string, repairs: Repairs) => void;
}

/** The store in a directory, which is made when the first block is to be stored. Throws `bad-option`. */
export function folderStore(directory: string, options: FolderStoreOptions = {}): Store {
  const root = resolve(directory);
  const { clock = systemClock, onRepaired } = options;
  const rollBytes = wholeWithin('rollBytes', options.rollBytes, blockLimits.rollBytes);

  async function openFolder(folder: string, stored: StoredFeed): Promise<Sink> {
    const lock = await takeLock(join(folder, lockFileName));
    try {
      const feedFile = await writeFeedFile(folder, stored);
      const recovered = await recover(folder, stored, feedFile);
      const { repairs } = recovered;
      if (repairs.dataBytes > 0 || repairs.journalBytes > 0 || repairs.goneFiles.length > 0)
        onRepaired?.(folder, repairs);
      return await FolderSink.open(folder, recovered, lock, { rollBytes, clock });
    } catch (error) {
      await abandon(() => lock.release());
      throw error;
    }
  }

  return {
    async reopen(requested, policy) {
      const found = await findFolder(root, requested, policy);
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
  return join(root, ...folderNames(stored));
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

/** Writes feed.json where there is none; else checks that it says the same. Resolves with the crc32 of the file. */
async function writeFeedFile(folder: string, stored: StoredFeed): Promise<number> {
  const path = join(folder, feedFileName);
  const found = await readFeedFile(path);
  if (found !== undefined) {
    if (!sameBlocks(found, stored)) throw damaged(path, 0, 'it speaks of another feed, epoch, specification or policy');
    return crc32(encodeFeedFile(found));
  }
  const names = await storing('read', folder, () => readdir(folder));
  if (names.some((name) => name === journalFileName || dataFileOffset(name) !== undefined))
    throw damaged(path, 0, 'it is missing, and a journal or data are there');
  const text = encodeFeedFile(stored);
  await writeWhole(path, Buffer.from(text));
  return crc32(text);
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

/** Of the folders whose feed was requested in these words: the one whose journal was written to last. */
async function findFolder(root: string, requested: string, policy: Policy): Promise<Found | undefined> {
  let best: (Found & { readonly at: number }) | undefined;
  for (const feedName of await list(root, true)) {
    const byPolicy = join(root, feedName, policyName(policy));
    for (const epoch of await list(byPolicy, false)) {
      const folder = join(byPolicy, epoch);
      const feed = await readFeedFile(join(folder, feedFileName));
      if (feed === undefined || feed.requested !== requested) continue;
      // One that was copied here from another folder: it says nothing of these blocks, and is refused when they are opened.
      if (folderOf(root, feed) !== folder) continue;
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
  // Three lines of the greatest length: the first of them begins somewhere inside.
  const begin = Math.max(headBytes, size - 3 * blockLimits.journalLineBytes.max);
  return await storing('read', path, () =>
    withFile(path, 'r', async (file) => {
      let at = 0;
      for await (const { entry } of readJournal(file, path, size, begin))
        if (entry.kind !== 'fault' && entry.kind !== 'torn') at = entry.at;
      return at;
    }),
  );
}
