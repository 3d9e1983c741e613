// Reads a journal from its file, line by line, in bounded memory.
import type { FileHandle } from 'node:fs/promises';
import { FileReader } from '../files.ts';
import { type JournalEntry, type JournalFault, maxJournalLineBytes, parseEntry } from '../journal.ts';

export const journalFileName = 'blocks.ndjson';

export interface JournalLine {
  /** Where the line begins in the file, in bytes. */
  readonly position: number;
  /** What it says, or what is wrong with it; `torn` when it is the begin of a line that was not written to its end. */
  readonly entry: JournalEntry | JournalFault | { readonly kind: 'torn'; readonly bytes: number };
}

/** The lines in the first `size` bytes of a journal, from the byte `begin`: what is there first may be part of a line. */
export async function* readJournal(
  file: FileHandle,
  path: string,
  size: number,
  begin = 0,
): AsyncGenerator<JournalLine, void, undefined> {
  let position = begin;
  // The line that is under way; of one that is too long only enough is kept to know that it is.
  let carried: Buffer = Buffer.alloc(0);
  let carriedBytes = 0;
  for await (const piece of new FileReader(file, path, size - begin).range(begin, size)) {
    let start = 0;
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, start)) {
      const rest = piece.subarray(start, end);
      const line = carriedBytes === 0 ? rest : Buffer.concat([carried, rest.subarray(0, maxJournalLineBytes)]);
      const bytes = carriedBytes + rest.length + 1;
      yield { position, entry: bytes > maxJournalLineBytes ? tooLong : parseEntry(line) };
      position += bytes;
      start = end + 1;
      carried = Buffer.alloc(0);
      carriedBytes = 0;
    }
    const room = Math.max(0, maxJournalLineBytes - carriedBytes);
    carried = Buffer.concat([carried, piece.subarray(start, Math.min(piece.length, start + room))]);
    carriedBytes += piece.length - start;
  }
  if (carriedBytes > 0) yield { position, entry: unfinished(carried, carriedBytes) };
}

const tooLong: JournalFault = { kind: 'fault', message: `it is longer than ${maxJournalLineBytes} bytes` };

/** What does not end with a newline was torn; unless a whole line is in it, for then its newline has become another byte. */
function unfinished(carried: Buffer, bytes: number): JournalLine['entry'] {
  if (bytes > maxJournalLineBytes) return tooLong;
  for (let end = carried.indexOf('}'); end >= 0 && end < carried.length - 1; end = carried.indexOf('}', end + 1))
    if (parseEntry(carried.subarray(0, end + 1)).kind !== 'fault')
      return { kind: 'fault', message: 'a whole line is not followed by a newline' };
  return { kind: 'torn', bytes };
}
