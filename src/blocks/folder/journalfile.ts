// Reads a journal from its file, line by line, in bounded memory.
import type { FileHandle } from 'node:fs/promises';
import { BlockfeedError } from '../../protocol/errors.ts';
import { FileReader, storing } from '../files.ts';
import {
  headBytes,
  type JournalEntry,
  type JournalFault,
  type JournalHead,
  parseEntry,
  parseHead,
} from '../journal.ts';
import { blockLimits } from '../limits.ts';

const maxLineBytes = blockLimits.journalLineBytes.max;

export interface JournalLine {
  /** Where the line begins in the file, in bytes. */
  readonly position: number;
  /** What it says, or what is wrong with it; `torn` when it is the begin of a line that was not written to its end. */
  readonly entry: JournalEntry | JournalFault | { readonly kind: 'torn'; readonly bytes: number };
}

/** What is wrong in a folder, and where. */
export function damaged(path: string, position: number, what: string): BlockfeedError {
  return new BlockfeedError('damaged', `${path}, byte ${position}: ${what}`, {
    hint: 'Nothing was changed. See all of it with `blockfeed verify`; keep the folder and collect into another one.',
    about: path,
  });
}

/** What the first line says, or undefined where it is none. */
export async function readHead(file: FileHandle, path: string): Promise<JournalHead | undefined> {
  const line = Buffer.alloc(headBytes);
  // A living collector writes over the line now and then, and a reader may see it half done: then it looks once more.
  for (const _ of ['first', 'again', 'last']) {
    const { bytesRead } = await storing('read', path, () => file.read(line, 0, headBytes, 0));
    const head = bytesRead < headBytes ? undefined : parseHead(line);
    if (head !== undefined) return head;
  }
  return undefined;
}

/** The lines behind the first in the first `size` bytes of a journal, from the byte `begin`: there may be only the end of one. */
export async function* readJournal(
  file: FileHandle,
  path: string,
  size: number,
  begin: number = headBytes,
): AsyncGenerator<JournalLine, void, undefined> {
  let position = begin;
  // The line that is under way. Of one that is too long only enough is kept to know that it is.
  let carried: Buffer = Buffer.alloc(0);
  let carriedBytes = 0;
  for await (const piece of new FileReader(file, path, size - begin).range(begin, size)) {
    let start = 0;
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, start)) {
      const rest = piece.subarray(start, end);
      const line = carriedBytes === 0 ? rest : Buffer.concat([carried, rest.subarray(0, maxLineBytes)]);
      const bytes = carriedBytes + rest.length + 1;
      yield { position, entry: bytes > maxLineBytes ? tooLong : parseEntry(line) };
      position += bytes;
      start = end + 1;
      carried = Buffer.alloc(0);
      carriedBytes = 0;
    }
    const room = Math.max(0, maxLineBytes - carriedBytes);
    carried = Buffer.concat([carried, piece.subarray(start, Math.min(piece.length, start + room))]);
    carriedBytes += piece.length - start;
  }
  if (carriedBytes > 0) yield { position, entry: unfinished(carried, carriedBytes) };
}

const tooLong: JournalFault = { kind: 'fault', message: `it is longer than ${maxLineBytes} bytes` };

/** What does not end with a newline was torn. But where a whole line is in it, its newline has become another byte. */
function unfinished(carried: Buffer, bytes: number): JournalLine['entry'] {
  if (bytes > maxLineBytes) return tooLong;
  for (let end = carried.indexOf('}'); end >= 0 && end < carried.length - 1; end = carried.indexOf('}', end + 1))
    if (parseEntry(carried.subarray(0, end + 1)).kind !== 'fault')
      return { kind: 'fault', message: 'a whole line is not followed by a newline' };
  return { kind: 'torn', bytes };
}
