// What the journal's lines, read in order, say together: which offset is next, and how much of which file holds blocks.
// Pure. Whoever reads a journal uses it: opening a folder, verifying one, studying one.

import type { BlockEntry, JournalEntry } from './journal.ts';
import { dataFile } from './names.ts';

export interface Ledger {
  /** The offset that the next block or gap begins with; undefined before the first start, and where lines were unreadable. */
  readonly next: number | undefined;
  /** Everything before this offset was synced. */
  readonly durable: number;
  /** The data file that was written to last, and how many of its bytes belong to blocks. */
  readonly file: string | undefined;
  readonly fileBytes: number;
  /** The block of the last line; undefined after a gap or a start. */
  readonly lastBlock: BlockEntry | undefined;
  /** False where a line before was unreadable: then the next one is believed as to where it begins. */
  readonly known: boolean;
}

export const emptyLedger: Ledger = {
  next: undefined,
  durable: 0,
  file: undefined,
  fileBytes: 0,
  lastBlock: undefined,
  known: true,
};

/** The ledger after a line that could not be read. */
export function afterUnreadable(ledger: Ledger): Ledger {
  return { ...ledger, next: undefined, lastBlock: undefined, known: false };
}

/** The ledger after `entry`, and what is wrong with that entry where it stands, as a sentence, or undefined. */
export function follow(ledger: Ledger, entry: JournalEntry): { ledger: Ledger; fault: string | undefined } {
  const fault = ledger.known ? faultOf(ledger, entry) : undefined;
  switch (entry.kind) {
    case 'start':
      return {
        ledger: { ...ledger, next: entry.start, durable: entry.start, lastBlock: undefined, known: true },
        fault,
      };
    case 'gap':
      return {
        ledger: { ...ledger, next: entry.to, durable: entry.durable, lastBlock: undefined, known: true },
        fault,
      };
    case 'block': {
      const { to, durable, file, pos, bytes } = entry;
      return { ledger: { next: to, durable, file, fileBytes: pos + bytes, lastBlock: entry, known: true }, fault };
    }
  }
}

function faultOf(ledger: Ledger, entry: JournalEntry): string | undefined {
  const { next, durable, file, fileBytes, lastBlock } = ledger;
  if (entry.kind === 'start') {
    if (next === undefined || entry.start >= next) return undefined;
    return `a start at ${entry.start} goes back: the next offset is ${next}`;
  }
  if (next === undefined) return `a ${entry.kind} comes before any start`;
  const what = `the ${entry.kind} [${entry.from},${entry.to})`;
  if (entry.from !== next) return `${what} does not begin at the next offset, ${next}`;
  if (entry.durable < durable || entry.durable > entry.from)
    return `${what} says that ${entry.durable} is durable, where it can be ${durable} to ${entry.from}`;
  if (entry.kind === 'gap') return undefined;
  if (lastBlock?.cut === 'gap') return `${what} follows a block that was cut by a gap, but no gap follows`;
  if (entry.file === file)
    return entry.pos === fileBytes ? undefined : `${what} is at byte ${entry.pos} of ${file}, not at ${fileBytes}`;
  if (entry.file === dataFile(entry.from) && entry.pos === 0) return undefined;
  return `${what} is at byte ${entry.pos} of ${entry.file}; a new file is named by its first offset and begins at 0`;
}
