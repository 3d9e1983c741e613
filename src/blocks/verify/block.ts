// Checks the bytes of one block against its journal line, line by line, in bounded memory: a block may be larger than that.
import { crc32 } from 'node:zlib';
import { BlockfeedError } from '../../protocol/errors.ts';
import { maxLineBytes, readLineHead } from '../../protocol/message.ts';
import type { FileReader } from '../files.ts';
import type { BlockEntry } from '../journal.ts';
import { LineJoiner } from '../lines.ts';
import type { CutChecker } from './cuts.ts';
import { Comparison, type Regenerate } from './regenerated.ts';

/** What goes on from block to block. */
export interface VerifyRun {
  /** Time of the last message of all before, in microseconds. */
  lastTime: number;
  /** Undefined where the policy is not known. */
  readonly cuts: CutChecker | undefined;
  readonly regenerate: Regenerate | undefined;
}

/** The first thing that is wrong with a block. */
export interface BlockFault {
  readonly position: number;
  readonly offset: number;
  readonly message: string;
  /** Its messages were not all followed, so the cut rule has to begin anew behind it. */
  readonly isUnreadable: boolean;
}

/** Reads a block and returns the first thing that is wrong with it. Rejects with what the file system or `regenerate` says. */
export async function checkBlock(
  block: BlockEntry,
  reader: FileReader,
  run: VerifyRun,
): Promise<BlockFault | undefined> {
  const walk = new BlockWalk(block, run);
  const generated = await Promise.resolve(run.regenerate?.(block.from, block.to));
  const comparison = generated === undefined ? undefined : new Comparison(generated);
  try {
    let isSame = true;
    for await (const piece of reader.range(block.pos, block.pos + block.bytes)) {
      const same: number = comparison !== undefined && isSame ? await comparison.same(piece) : piece.length;
      walk.take(piece, same);
      isSame &&= same === piece.length;
    }
    walk.end();
    if (comparison !== undefined && isSame && !(await comparison.isDone())) walk.generatedMore();
    return walk.fault();
  } finally {
    await comparison?.close();
  }
}

class BlockWalk {
  readonly #block: BlockEntry;
  readonly #what: string;
  readonly #run: VerifyRun;
  readonly #joiner = new LineJoiner();
  /** Behind what was taken, and the begin of the line that is under way, in bytes of the file. */
  #position: number;
  #linePosition: number;
  #next: number;
  #checksum = 0;
  #isUnreadable = false;
  #first: Omit<BlockFault, 'isUnreadable'> | undefined;

  constructor(block: BlockEntry, run: VerifyRun) {
    this.#block = block;
    this.#what = `the block [${block.from},${block.to})`;
    this.#run = run;
    this.#position = block.pos;
    this.#linePosition = block.pos;
    this.#next = block.from;
  }

  /** The next bytes. The first `same` of them are as they were generated again. */
  take(piece: Buffer, same: number): void {
    this.#checksum = crc32(piece, this.#checksum);
    if (same < piece.length) this.#tellDifference(piece, same);
    this.#position += piece.length;
    if (this.#isUnreadable) return;
    for (const line of this.#joiner.push(piece)) {
      this.#takeLine(line);
      if (this.#isUnreadable) return;
      this.#linePosition += line.length;
      this.#next++;
    }
    if (this.#joiner.isTooLong) this.#stop(`a line is longer than ${maxLineBytes} bytes`);
  }

  end(): void {
    const { to, cut, bytes, pos, lastTime } = this.#block;
    if (this.#position < pos + bytes) this.#stop(`the file ends at byte ${this.#position}, inside ${this.#what}`);
    else if (this.#joiner.unfinished > 0) this.#stop(`${this.#what} ends inside a line`);
    else if (this.#next !== to) this.#stop(`${this.#what} ends with the message before ${this.#next}`);
    if (this.#isUnreadable) return;
    if (this.#run.lastTime !== lastTime) this.#note(`its last message has another time than the journal says`);
    this.#note(this.#run.cuts?.blockEnds(to, cut));
  }

  /** More was generated again than is stored. */
  generatedMore(): void {
    this.#note(`${this.#what} has fewer bytes than when it is generated again`);
  }

  /** The checksum comes first, being the surest. What the lines themselves say comes with it. */
  fault(): BlockFault | undefined {
    const { pos, bytes, from, crc32 } = this.#block;
    const isUnreadable = this.#isUnreadable;
    const first = this.#first;
    if (this.#position < pos + bytes || this.#checksum === crc32) return first && { ...first, isUnreadable };
    const message = `${this.#what} has another checksum than its journal line`;
    if (first === undefined) return { position: pos, offset: from, message, isUnreadable };
    return { ...first, message: `${message}; ${first.message}`, isUnreadable };
  }

  #takeLine(line: Buffer): void {
    const { from, to, firstTime } = this.#block;
    if (line.length > maxLineBytes) return this.#stop(`a line is longer than ${maxLineBytes} bytes`);
    if (this.#next === to) return this.#stop(`${this.#what} has more messages than that`);
    let head: ReturnType<typeof readLineHead>;
    try {
      head = readLineHead(line, 0);
    } catch (error) {
      if (!(error instanceof BlockfeedError)) throw error;
      return this.#stop(error.message);
    }
    const { offset, time } = head;
    if (offset !== this.#next) return this.#stop(`the message has offset ${offset} in the place of ${this.#next}`);
    if (time < this.#run.lastTime) this.#note(`the time ${time} is before the time of the message before it`);
    if (offset === from && time !== firstTime) this.#note('its first message has another time than the journal says');
    this.#run.lastTime = time;
    this.#note(this.#run.cuts?.message(offset, time, line.length, offset === from));
  }

  #tellDifference(piece: Buffer, same: number): void {
    let offset = this.#next;
    for (let end = piece.indexOf(10); end >= 0 && end < same; end = piece.indexOf(10, end + 1)) offset++;
    const message = 'the byte is not the one that is generated again from the specification';
    this.#first ??= { position: this.#position + same, offset, message };
  }

  #stop(message: string): void {
    this.#note(message);
    this.#isUnreadable = true;
  }

  #note(message: string | undefined): void {
    if (message !== undefined) this.#first ??= { position: this.#linePosition, offset: this.#next, message };
  }
}
