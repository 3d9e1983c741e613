// What lies behind the last block of a journal: lines of blocks that were never synced, or anything at all.
import type { FileHandle } from 'node:fs/promises';
import { Cutter } from '../../protocol/cut.ts';
import { BlockfeedError } from '../../protocol/errors.ts';
import { maxLineBytes, readLineHead } from '../../protocol/message.ts';
import type { Policy } from '../../protocol/policy.ts';
import { FileReader, storing, withFile } from '../files.ts';
import { blockLimits } from '../limits.ts';
import { LineJoiner } from '../lines.ts';
import type { StoredFeed } from '../sink.ts';

export interface Tail {
  readonly bytes: number;
  /** The offset behind its last whole line, as far as its lines follow each other. */
  readonly to: number;
  /** How many bytes lie before the last block that begins in it, by the cut rule. */
  readonly bytesBeforeLastBlock: number;
}

/** Reads the bytes [position, size) of a data file, where a block that begins with the message `next` should lie. */
export async function readTail(
  path: string,
  position: number,
  size: number,
  next: number,
  stored: StoredFeed,
): Promise<Tail> {
  return await storing('read', path, () =>
    withFile(path, 'r', (file) => readLines(file, path, position, size, next, stored)),
  );
}

async function readLines(
  file: FileHandle,
  path: string,
  position: number,
  size: number,
  next: number,
  { policy, anchorEvery }: StoredFeed,
): Promise<Tail> {
  const joiner = new LineJoiner();
  const cutter = new Cutter(policy, anchorEvery);
  let to = next;
  let bytes = 0;
  let bytesBeforeLastBlock = 0;
  let hasEnded = false;
  for await (const piece of new FileReader(file, path, size - position).range(position, size)) {
    for (const line of joiner.push(piece)) {
      const time = line.length > maxLineBytes ? undefined : timeOf(line, to);
      if (time === undefined) return { bytes: size - position, to, bytesBeforeLastBlock };
      const end = cutter.endBefore(time, line.length);
      if (hasEnded || end === 'wait' || end === 'bytes') bytesBeforeLastBlock = bytes;
      hasEnded = cutter.take(to, time, line.length) === 'size';
      bytes += line.length;
      to++;
    }
    if (joiner.isTooLong) break;
  }
  return { bytes: size - position, to, bytesBeforeLastBlock };
}

/** Whether a crash may leave this: a folder begins no block before it has synced, once so much is sealed and not synced. */
export function mayBeLeft(tail: Tail, policy: Policy): boolean {
  // Bytes are counted from the last cut, which may lie before the tail: then the cuts found here are off by up to a block.
  return tail.bytesBeforeLastBlock < blockLimits.unsyncedBytes.max + (policy.bytes ?? 0);
}

/** The time of the message of this offset, or undefined where the line is not that message. */
function timeOf(line: Buffer, offset: number): number | undefined {
  try {
    const head = readLineHead(line, 0);
    return head.offset === offset ? head.time : undefined;
  } catch (error) {
    if (error instanceof BlockfeedError) return undefined;
    throw error;
  }
}
