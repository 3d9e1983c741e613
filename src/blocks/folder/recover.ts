// What is done when a folder is opened: to find how far its journal vouches for its data, to cut off what a crash left
// beyond that, and to refuse a folder that was damaged further back.
//
// The line between the two is the journal's own `durable`: what was synced must be there, and whole. What came after the
// last sync may lie there in any state, for data and journal are written back by the system in any order; of it the
// blocks up to the first that is not whole are kept. The blocks of the last sync itself cannot be told from unsynced ones,
// as no later line speaks of them; should they be torn they are cut off too, and are fetched again.
import { lstat, readdir, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { BlockfeedError } from '../../protocol/errors.ts';
import { lastLine, maxLineBytes } from '../../protocol/message.ts';
import { errorName, FileReader, storageError, storing, syncFolder, withFile } from '../files.ts';
import type { BlockEntry, JournalEntry } from '../journal.ts';
import { emptyLedger, follow, type Ledger } from '../ledger.ts';
import { journalFileName, readJournal } from './journalfile.ts';

/** Where a folder stands when it has been opened. */
export interface Recovered {
  readonly ledger: Ledger;
  readonly journalBytes: number;
  /** crc32 of the line before `ledger.next`, where that line is stored here. */
  readonly check: number | undefined;
  readonly cutOff: CutOff;
}

/** What lay beyond the last whole block and was cut off, in bytes. */
export interface CutOff {
  readonly journalBytes: number;
  readonly dataBytes: number;
}

/** Brings a folder, whose lock is held, to the end of its last whole block. Rejects with `damaged` or `storage`. */
export async function recover(folder: string): Promise<Recovered> {
  const journalPath = join(folder, journalFileName);
  const journalSize = (await fileSize(journalPath)) ?? 0;
  const read = await readAll(journalPath, journalSize);
  const kept = await keepWhole(folder, read);
  const cutJournal = journalSize - kept.journalBytes;
  if (cutJournal > 0) await storing('cut off', journalPath, () => truncate(journalPath, kept.journalBytes));
  const dataBytes = await cutData(folder, kept);
  await syncAll(folder, kept, journalSize > 0);
  const check = await lastChecksum(folder, kept.ledger.lastBlock);
  return {
    ledger: kept.ledger,
    journalBytes: kept.journalBytes,
    check,
    cutOff: { journalBytes: cutJournal, dataBytes },
  };
}

interface Kept {
  readonly ledger: Ledger;
  readonly journalBytes: number;
  /** Bytes of each data file that belong to blocks. */
  readonly files: ReadonlyMap<string, number>;
}

/** A line behind the last sync that is known of, and how things stood before it. */
interface Unsure {
  readonly position: number;
  readonly entry: JournalEntry;
  readonly before: Ledger;
}

interface Read extends Kept {
  /** The last block that was certainly synced. */
  readonly lastSure: BlockEntry | undefined;
  readonly unsure: readonly Unsure[];
}

async function readAll(path: string, size: number): Promise<Read> {
  let ledger = emptyLedger;
  let journalBytes = size;
  let lastSure: BlockEntry | undefined;
  let unsure: Unsure[] = [];
  let unreadable: { readonly position: number; readonly message: string } | undefined;
  const files = new Map<string, number>();
  if (size === 0) return { ledger, journalBytes, files, lastSure, unsure };
  await storing('read', path, () =>
    withFile(path, 'r', async (file) => {
      for await (const { position, entry } of readJournal(file, path, size)) {
        if (entry.kind === 'torn' || entry.kind === 'fault') {
          const message = entry.kind === 'torn' ? 'it was not written to its end' : entry.message;
          unreadable ??= { position, message };
          continue;
        }
        if (unreadable !== undefined) {
          // A line behind it says whether it had been synced; then it was not a crash that made it unreadable.
          if (ledger.next !== undefined && entry.kind !== 'start' && entry.durable <= ledger.next) continue;
          throw damaged(path, unreadable.position, `the journal's line is damaged: ${unreadable.message}`);
        }
        const step = follow(ledger, entry);
        if (step.fault !== undefined) throw damaged(path, position, step.fault);
        unsure.push({ position, entry, before: ledger });
        ledger = step.ledger;
        if (entry.kind === 'block') files.set(entry.file, entry.pos + entry.bytes);
        if (entry.kind === 'start' || entry.durable > (unsure[0] as Unsure).before.durable) {
          const firstUnsure = unsure.findIndex((line) => endOf(line.entry) > ledger.durable);
          const sure = firstUnsure < 0 ? unsure : unsure.slice(0, firstUnsure);
          for (const line of sure) if (line.entry.kind === 'block') lastSure = line.entry;
          unsure = firstUnsure < 0 ? [] : unsure.slice(firstUnsure);
        }
      }
    }),
  );
  if (unreadable !== undefined) journalBytes = unreadable.position;
  return { ledger, journalBytes, files, lastSure, unsure };
}

function endOf(entry: JournalEntry): number {
  return entry.kind === 'start' ? entry.start : entry.to;
}

/** Checks sizes and the blocks at the end, and goes back to before the first unsure block that is not whole. */
async function keepWhole(folder: string, read: Read): Promise<Kept> {
  const files = new Map(read.files);
  let { ledger, journalBytes } = read;
  for (const { position, entry, before } of read.unsure) {
    if (entry.kind !== 'block' || (await blockFault(folder, entry)) === undefined) continue;
    for (const later of read.unsure)
      if (later.position >= position && later.entry.kind === 'block') files.delete(later.entry.file);
    if (before.file !== undefined) files.set(before.file, before.fileBytes);
    ledger = before;
    journalBytes = position;
    break;
  }
  if (read.lastSure !== undefined) {
    const fault = await blockFault(folder, read.lastSure);
    if (fault !== undefined) throw damaged(join(folder, read.lastSure.file), read.lastSure.pos, fault);
  }
  for (const [name, told] of files) {
    const size = await fileSize(join(folder, name));
    if (size === undefined || size < told)
      throw damaged(
        join(folder, name),
        size ?? 0,
        `the file has ${size ?? 'gone'}, and the journal tells of ${told} bytes`,
      );
  }
  return { ledger, journalBytes, files };
}

/** Why a block's bytes are not those that its journal line tells of, or undefined. */
async function blockFault(folder: string, block: BlockEntry): Promise<string | undefined> {
  const path = join(folder, block.file);
  const what = `the block [${block.from},${block.to})`;
  const size = await fileSize(path);
  if (size === undefined) return `${what} is missing with its file`;
  if (size < block.pos + block.bytes) return `the file ends at byte ${size}, inside ${what}`;
  let checksum = 0;
  await storing('read', path, () =>
    withFile(path, 'r', async (file) => {
      const reader = new FileReader(file, path, block.bytes);
      for await (const piece of reader.range(block.pos, block.pos + block.bytes)) checksum = crc32(piece, checksum);
    }),
  );
  return checksum === block.crc32 ? undefined : `${what} has another checksum than its journal line`;
}

async function cutData(folder: string, kept: Kept): Promise<number> {
  let cut = 0;
  const names = await storing('read', folder, () => readdir(folder));
  for (const name of names) {
    if (!/^\d{20}\.ndjson$/.test(name)) continue;
    const path = join(folder, name);
    const size = (await fileSize(path)) ?? 0;
    const told = kept.files.get(name);
    if (told === undefined) {
      // Begun for a block that was never sealed. A name from before the journal's end is nothing that a crash leaves.
      if (Number(name.slice(0, 20)) < (kept.ledger.next ?? 0))
        throw damaged(path, 0, 'no line of the journal tells of this file');
      await storing('remove', path, () => unlink(path));
      cut += size;
    } else if (size > told) {
      if (name !== kept.ledger.file) throw damaged(path, told, 'no line of the journal tells of the bytes behind');
      await storing('cut off', path, () => truncate(path, told));
      cut += size - told;
    }
  }
  return cut;
}

/**
 * What a killed process wrote may be in memory only; from here on it counts as stored, so it has to be. All files of
 * unsure blocks end where the ledger ends, or are among those a roll has synced before it went on.
 */
async function syncAll(folder: string, kept: Kept, hasJournal: boolean): Promise<void> {
  const names = [
    ...(hasJournal ? [journalFileName] : []),
    ...(kept.ledger.file === undefined ? [] : [kept.ledger.file]),
  ];
  for (const name of names) {
    const path = join(folder, name);
    await storing('sync', path, () => withFile(path, 'r+', (file) => file.sync()));
  }
  await syncFolder(folder);
}

async function lastChecksum(folder: string, block: BlockEntry | undefined): Promise<number | undefined> {
  if (block === undefined) return undefined;
  const path = join(folder, block.file);
  const bytes = Math.min(block.bytes, maxLineBytes);
  const end = Buffer.alloc(bytes);
  await storing('read', path, () =>
    withFile(path, 'r', async (file) => {
      let done = 0;
      for await (const piece of new FileReader(file, path, bytes).range(
        block.pos + block.bytes - bytes,
        block.pos + block.bytes,
      ))
        done += piece.copy(end, done);
    }),
  );
  return crc32(lastLine(end));
}

/** Size of a regular file, undefined when there is none. Anything else of that name is refused, also a symbolic link. */
export async function fileSize(path: string): Promise<number | undefined> {
  try {
    const found = await lstat(path);
    if (found.isFile()) return found.size;
  } catch (error) {
    if (errorName(error) === 'ENOENT') return undefined;
    throw storageError('read', path, error);
  }
  throw new BlockfeedError('storage', `${path} is not a regular file`, {
    hint: 'Something else lies at that path: move it away, or choose another place.',
    about: path,
  });
}

export function damaged(path: string, position: number, what: string): BlockfeedError {
  return new BlockfeedError('damaged', `${path}, byte ${position}: ${what}`, {
    hint: 'See it with `blockfeed verify`; keep the folder and collect into another one.',
    about: path,
  });
}
