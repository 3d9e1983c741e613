// What is done when a folder is opened: to find how far its journal vouches for its data, to put aside what a crash left
// beyond that, and to refuse a folder that is damaged.
//
// The law. A crash leaves any part of what was written since the last sync, in any file, and all of what was synced before.
// One thing is assumed of the disk: of the journal's first line, which is written over in one sector, a crash leaves the old
// or the new one, whole. A mixture of both is refused as damaged.
// The writer keeps three rules, so three things hold after every crash:
//   - The journal's lines reach the offset in its first line. That line is written over only after a sync (at most every
//     `headMs`, and when the folder is closed).
//   - A data file is begun only when everything before it is synced. So a data file that is in no line of the journal has
//     the journal's next offset as its name, and without a journal there is no data file.
//   - No block is begun while `unsyncedBytes` of blocks are sealed and not synced. So behind the last block of the journal
//     lie fewer bytes than that, and one block.
// Where one of these does not hold it was no crash: the folder is refused as damaged, with the place, and nothing in it is
// changed. Where they hold, blocks are kept up to the first that is not whole. What lies behind was never acked. It is put
// aside until its messages are stored anew (see aside.ts).
// A data file that is gone was taken away by somebody. The journal says what was in it, and the folder goes on.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { lastLine, maxLineBytes } from '../../protocol/message.ts';
import { FileReader, fileSize, storing, syncFolder, withFile, writeWhole } from '../files.ts';
import { type BlockEntry, encodeHead, headBytes } from '../journal.ts';
import type { Ledger } from '../ledger.ts';
import { asideFile, dataFile, dataFileOffset, isAsideFile, journalFileName } from '../names.ts';
import type { StoredFeed } from '../sink.ts';
import { moveAside } from './aside.ts';
import { type Journaled, readJournaled } from './journaled.ts';
import { damaged } from './journalfile.ts';
import { mayBeLeft, readTail } from './tail.ts';

/** Where a folder stands when it has been opened. */
export interface Recovered {
  readonly ledger: Ledger;
  readonly journalBytes: number;
  readonly feedFile: number;
  /** crc32 of the line before `ledger.next`, where that line is stored here. */
  readonly check: number | undefined;
  /** The data file to go on in, and where it ends; undefined: the next block begins a new one. */
  readonly data: { readonly name: string; readonly bytes: number } | undefined;
  /** What is kept aside, and the offset up to which messages have to be stored before it is removed. */
  readonly aside: Aside | undefined;
  readonly repairs: Repairs;
}

export interface Aside {
  readonly paths: readonly string[];
  readonly to: number;
}

/** What was not as a collector leaves a folder when it ends by itself. */
export interface Repairs {
  /** Bytes behind the last whole block, taken out and kept aside. */
  readonly journalBytes: number;
  readonly dataBytes: number;
  /** Data files that are in the journal, and are gone. */
  readonly goneFiles: readonly string[];
}

/**
 * Brings a folder, whose lock is held, to the end of its last whole block. `feedFile` is the crc32 of its feed.json.
 * Rejects with `damaged` or `storage`.
 */
export async function recover(folder: string, stored: StoredFeed, feedFile: number): Promise<Recovered> {
  const names = await storing('read', folder, () => readdir(folder));
  const found = names.filter((name) => dataFileOffset(name) !== undefined).sort();
  const asides = names.filter(isAsideFile);
  const journalPath = join(folder, journalFileName);
  const size = (await fileSize(journalPath)) ?? 0;
  if (size === 0) {
    if (found.length > 0) throw damaged(journalPath, 0, 'it is missing or empty, and data files are there');
    await writeWhole(journalPath, encodeHead({ feedFile, durable: 0 }));
  }
  const journaled = await readJournaled(folder, Math.max(size, headBytes), feedFile, lowestOffset(asides));
  const { ledger, journalBytes } = journaled;
  const extra = await findExtra(folder, found, journaled, stored);
  // Up to here nothing was changed.
  const cutJournal = Math.max(size, headBytes) - journalBytes;
  if (cutJournal > 0) await moveAside(folder, journalFileName, journalBytes, journalFileName);
  if (extra !== undefined) await moveAside(folder, extra.name, extra.position, dataFile(ledger.next ?? 0));
  const goneFiles = [...journaled.files.keys()].filter((name) => !found.includes(name));
  const last = ledger.file === undefined || goneFiles.includes(ledger.file) ? undefined : ledger.file;
  await syncAll(folder, last);
  return {
    ledger,
    journalBytes,
    feedFile,
    check: last === undefined ? undefined : await lastChecksum(folder, ledger.lastBlock),
    data: last === undefined ? undefined : { name: last, bytes: ledger.fileBytes },
    aside: await findAside(folder, journaled, stored),
    repairs: { journalBytes: cutJournal, dataBytes: extra?.bytes ?? 0, goneFiles },
  };
}

interface Extra {
  readonly name: string;
  readonly position: number;
  readonly bytes: number;
}

/** What is in no line of the journal. Rejects with `damaged` where no crash leaves it. */
async function findExtra(
  folder: string,
  found: readonly string[],
  { ledger, files }: Journaled,
  stored: StoredFeed,
): Promise<Extra | undefined> {
  let extra: Extra | undefined;
  for (const name of found) {
    const path = join(folder, name);
    const size = (await fileSize(path)) ?? 0;
    const known = files.get(name);
    if (known !== undefined && size < known)
      throw damaged(path, size, `the file ends, and the journal has ${known} bytes of it`);
    if (size === known) continue;
    const position = known ?? 0;
    const isNew = known === undefined && ledger.next !== undefined && name === dataFile(ledger.next);
    // Two of them are one too many: a file is begun only behind one that is synced.
    if (extra !== undefined || !(isNew || name === ledger.file))
      throw damaged(
        path,
        position,
        known === undefined ? 'no line of the journal is about this file' : unknown(size - known),
      );
    const tail = await readTail(path, position, size, ledger.next ?? 0, stored);
    if (!mayBeLeft(tail, stored.policy)) throw damaged(path, position, unknown(tail.bytes));
    extra = { name, position, bytes: tail.bytes };
  }
  return extra;
}

function unknown(bytes: number): string {
  return `no line of the journal is about the ${bytes} bytes from here on, and no crash leaves them there`;
}

/** All that is kept aside now, unless some of its messages will not come any more. Then it stays for good. */
async function findAside(
  folder: string,
  { ledger, hasHole }: Journaled,
  stored: StoredFeed,
): Promise<Aside | undefined> {
  const names = (await storing('read', folder, () => readdir(folder))).filter(isAsideFile);
  if (names.length === 0 || hasHole) return undefined;
  let to = (ledger.next ?? 0) + 1;
  for (const name of names) {
    const from = asideOffset(name);
    const size = await fileSize(join(folder, name));
    if (from === undefined || size === undefined) continue;
    to = Math.max(to, (await readTail(join(folder, name), 0, size, from, stored)).to);
  }
  return { paths: names.map((name) => join(folder, name)), to };
}

function lowestOffset(asides: readonly string[]): number {
  return Math.min(...asides.map((name) => asideOffset(name) ?? Number.POSITIVE_INFINITY));
}

function asideOffset(name: string): number | undefined {
  return dataFileOffset(name.slice(0, -asideFile('').length));
}

/**
 * What a killed process wrote may be in memory only. From here on it counts as stored, so it has to be. Every other data
 * file was synced before the last one was begun.
 */
async function syncAll(folder: string, last: string | undefined): Promise<void> {
  for (const name of [journalFileName, ...(last === undefined ? [] : [last])]) {
    const path = join(folder, name);
    await storing('sync', path, () => withFile(path, 'r+', (file) => file.sync()));
  }
  await syncFolder(folder);
}

async function lastChecksum(folder: string, block: BlockEntry | undefined): Promise<number | undefined> {
  if (block === undefined) return undefined;
  const path = join(folder, block.file);
  const bytes = Math.min(block.bytes, maxLineBytes);
  const [from, to] = [block.pos + block.bytes - bytes, block.pos + block.bytes];
  const end = Buffer.alloc(bytes);
  await storing('read', path, () =>
    withFile(path, 'r', async (file) => {
      let done = 0;
      for await (const piece of new FileReader(file, path, bytes).range(from, to)) done += piece.copy(end, done);
    }),
  );
  return crc32(lastLine(end));
}
