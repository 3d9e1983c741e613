// Reads what a journal says of a folder, and compares its end with the data: which blocks are whole.
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { FileReader, fileSize, storing, withFile } from '../files.ts';
import type { BlockEntry, JournalEntry } from '../journal.ts';
import { emptyLedger, follow, type Ledger } from '../ledger.ts';
import { journalFileName } from '../names.ts';
import { damaged, readHead, readJournal } from './journalfile.ts';

/** How far a journal's lines are right, and their blocks whole. */
export interface Journaled {
  readonly ledger: Ledger;
  /** Where the last line that counts ends. */
  readonly journalBytes: number;
  /** Bytes of each data file that belong to blocks. */
  readonly files: ReadonlyMap<string, number>;
  /** Whether messages from `holesFrom` on were left out: there is a gap, or a start further on. */
  readonly hasHole: boolean;
}

/** A line that may not have been synced, and how things stood before it. */
interface Unsure {
  readonly position: number;
  readonly entry: JournalEntry;
  readonly before: Ledger;
}

interface Lines extends Journaled {
  /** The last block that was certainly synced. */
  readonly lastSure: BlockEntry | undefined;
  readonly unsure: readonly Unsure[];
}

/** Reads the first `size` bytes of a journal. Rejects with `damaged` where no crash leaves a journal, or the data, like that. */
export async function readJournaled(
  folder: string,
  size: number,
  feedFile: number,
  holesFrom: number,
): Promise<Journaled> {
  const lines = await readLines(join(folder, journalFileName), size, feedFile, holesFrom);
  const { lastSure } = lines;
  if (lastSure !== undefined && (await hasBytes(folder, lastSure)) && !(await isWhole(folder, lastSure)))
    throw damaged(
      join(folder, lastSure.file),
      lastSure.pos,
      `the block [${lastSure.from},${lastSure.to}) has another checksum than its journal line`,
    );
  return await keepWhole(folder, lines);
}

async function readLines(path: string, size: number, feedFile: number, holesFrom: number): Promise<Lines> {
  return await storing('read', path, () =>
    withFile(path, 'r', async (file) => {
      const head = await readHead(file, path);
      if (head === undefined) throw damaged(path, 0, 'its first line is not one of this format');
      if (head.feedFile !== feedFile) throw damaged(path, 0, 'it belongs to another feed.json than the one beside it');
      let ledger = emptyLedger;
      let lastSure: BlockEntry | undefined;
      let unsure: Unsure[] = [];
      let unreadable: { readonly position: number; readonly message: string } | undefined;
      let hasHole = false;
      const files = new Map<string, number>();
      for await (const { position, entry } of readJournal(file, path, size)) {
        if (entry.kind === 'torn' || entry.kind === 'fault') {
          const message = entry.kind === 'torn' ? 'it was not written to its end' : entry.message;
          unreadable ??= { position, message };
          continue;
        }
        if (unreadable !== undefined) {
          // A line behind it says whether it had been synced. Then it was not a crash that made it unreadable.
          if (ledger.next !== undefined && entry.kind !== 'start' && entry.durable <= ledger.next) continue;
          throw damaged(path, unreadable.position, `the journal's line is damaged: ${unreadable.message}`);
        }
        const step = follow(ledger, entry);
        if (step.fault !== undefined) throw damaged(path, position, step.fault);
        if (entry.kind !== 'block' && endOf(entry) > holesFrom) hasHole = true;
        unsure.push({ position, entry, before: ledger });
        ledger = step.ledger;
        if (entry.kind === 'block') files.set(entry.file, entry.pos + entry.bytes);
        const durable = Math.max(head.durable, ledger.durable);
        const firstUnsure = unsure.findIndex((line) => endOf(line.entry) > durable);
        for (const line of firstUnsure < 0 ? unsure : unsure.slice(0, firstUnsure))
          if (line.entry.kind === 'block') lastSure = line.entry;
        if (firstUnsure !== 0) unsure = firstUnsure < 0 ? [] : unsure.slice(firstUnsure);
      }
      const journalBytes = unreadable?.position ?? size;
      if ((ledger.next ?? 0) < head.durable) {
        const what = `its lines end at offset ${ledger.next ?? 0}, and its first line says that ${head.durable} was durable`;
        throw damaged(path, journalBytes, what);
      }
      return { ledger, journalBytes, files, hasHole, lastSure, unsure };
    }),
  );
}

function endOf(entry: JournalEntry): number {
  return entry.kind === 'start' ? entry.start : entry.to;
}

/** Goes back to before the first block that is not whole, among those that may not have been synced. */
async function keepWhole(folder: string, lines: Lines): Promise<Journaled> {
  const { unsure, hasHole } = lines;
  for (const { position, entry, before } of unsure) {
    if (entry.kind !== 'block' || (await isWhole(folder, entry))) continue;
    const files = new Map(lines.files);
    for (const later of unsure)
      if (later.position >= position && later.entry.kind === 'block') files.delete(later.entry.file);
    if (before.file !== undefined) files.set(before.file, before.fileBytes);
    return { ledger: before, journalBytes: position, files, hasHole };
  }
  return lines;
}

/** Whether the file is there, and so long. Where it is shorter, whoever compares all sizes says so. */
async function hasBytes(folder: string, block: BlockEntry): Promise<boolean> {
  return ((await fileSize(join(folder, block.file))) ?? 0) >= block.pos + block.bytes;
}

async function isWhole(folder: string, block: BlockEntry): Promise<boolean> {
  if (!(await hasBytes(folder, block))) return false;
  const path = join(folder, block.file);
  let checksum = 0;
  await storing('read', path, () =>
    withFile(path, 'r', async (file) => {
      const reader = new FileReader(file, path, block.bytes);
      for await (const piece of reader.range(block.pos, block.pos + block.bytes)) checksum = crc32(piece, checksum);
    }),
  );
  return checksum === block.crc32;
}
