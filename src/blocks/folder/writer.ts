// The sink of one folder: lines into data files, blocks into the journal. What it is about is the order in `sync`.
//
// A block lies in one data file. A file that has reached its size is followed by another at the next block, so it may be
// longer by a block. Once the disk has refused anything, nothing is known of what it holds: the sink is dead, every later
// call rejects with the same error, and what was not synced is taken back.
import { constants, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { assert, unreachable } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import { BlockfeedError } from '../../protocol/errors.ts';
import { lastLine } from '../../protocol/message.ts';
import { abandon, settleAll, storing, syncFolder } from '../files.ts';
import { encodeEntry, encodeHead, type JournalEntry } from '../journal.ts';
import { blockLimits } from '../limits.ts';
import { dataFile, journalFileName } from '../names.ts';
import type { BlockFacts, Sink, StoredPosition } from '../sink.ts';
import { Appender } from './appender.ts';
import type { Lock } from './lock.ts';
import type { Aside, Recovered } from './recover.ts';

const dataGatherBytes = blockLimits.dataGatherBytes.default;
const unsyncedBytes = blockLimits.unsyncedBytes.default;
const headMs = blockLimits.headMs.default;

export interface FolderSinkOptions {
  /** A data file of this many bytes is followed by a new one. */
  readonly rollBytes: number;
  readonly clock: Clock;
}

type Phase =
  | { readonly name: 'open' }
  | { readonly name: 'dead'; readonly error: unknown }
  | { readonly name: 'closed' };

export class FolderSink implements Sink {
  readonly #folder: string;
  readonly #options: FolderSinkOptions;
  readonly #lock: Lock;
  readonly #journal: Appender;
  readonly #feedFile: number;
  #phase: Phase = { name: 'open' };
  #data: Appender | undefined;
  #dataName: string;
  /** Where the sealed part of the data file ends, and the durable part of that. */
  #sealedBytes: number;
  #durableBytes: number;
  #position: StoredPosition | undefined;
  /** Of the block that is coming. */
  #blockBytes = 0;
  #blockChecksum = 0;
  #lastLineChecksum = 0;
  #durable: number;
  #durableJournalBytes: number;
  #hasNewNames = false;
  #headAtMs = 0;
  #aside: Aside | undefined;

  private constructor(
    folder: string,
    options: FolderSinkOptions,
    lock: Lock,
    journal: Appender,
    data: Appender | undefined,
    recovered: Recovered,
  ) {
    this.#folder = folder;
    this.#options = options;
    this.#lock = lock;
    this.#journal = journal;
    this.#data = data;
    const { ledger, check } = recovered;
    if (ledger.next !== undefined) this.#position = { next: ledger.next, check };
    this.#feedFile = recovered.feedFile;
    this.#durable = ledger.next ?? 0;
    this.#durableJournalBytes = recovered.journalBytes;
    this.#dataName = recovered.data?.name ?? '';
    this.#sealedBytes = recovered.data?.bytes ?? 0;
    this.#durableBytes = this.#sealedBytes;
    this.#aside = recovered.aside;
  }

  /** Opens the files of a folder that was recovered and whose lock is held. The sink gives it back when it is closed. */
  static async open(folder: string, recovered: Recovered, lock: Lock, options: FolderSinkOptions): Promise<FolderSink> {
    const { journalBytes, data } = recovered;
    const journalPath = join(folder, journalFileName);
    const journal = await openAppender(journalPath, 0, journalBytes, blockLimits.journalGatherBytes.default);
    let appender: Appender | undefined;
    try {
      if (data !== undefined && data.bytes < options.rollBytes)
        appender = await openAppender(join(folder, data.name), 0, data.bytes, dataGatherBytes);
      const sink = new FolderSink(folder, options, lock, journal, appender, recovered);
      await sink.#writeHead();
      return sink;
    } catch (error) {
      await abandon(() => settleAll([appender?.close(), journal.close()]));
      throw error;
    }
  }

  get position(): StoredPosition | undefined {
    return this.#position;
  }

  start(from: number): Promise<void> {
    return this.#living(async () => {
      assert(this.#blockBytes === 0, 'no block is open at a start');
      if (this.#position?.next === from) return;
      assert(from > (this.#position?.next ?? -1), 'a start goes forward');
      // A start vouches for everything before it, so that is synced first.
      await this.#syncSealed();
      await this.#note({ kind: 'start', start: from, at: this.#options.clock.nowMicros() });
      this.#moveTo({ next: from, check: undefined });
      await this.#syncSealed();
    });
  }

  append(lines: Uint8Array): Promise<void> {
    return this.#living(async () => {
      if (lines.length === 0) return;
      assert(lines[lines.length - 1] === 0x0a, 'whole lines are appended');
      const data = await this.#dataForBlock();
      const appended = data.append(lines);
      // While the disk writes. The memory is the caller's again only when this call has resolved.
      this.#blockChecksum = crc32(lines, this.#blockChecksum);
      this.#lastLineChecksum = crc32(lastLine(lines));
      this.#blockBytes += lines.length;
      await appended;
    });
  }

  seal(block: BlockFacts): Promise<string> {
    return this.#living(async () => {
      assert(block.from === this.#position?.next && block.to > block.from, 'a block begins where the last one ended');
      assert(block.bytes === this.#blockBytes && block.bytes > 0, 'a block has the bytes that were appended');
      const { from, to, cut, bytes, firstTime, lastTime, firstReceived, lastReceived, delivery } = block;
      const facts = { from, to, cut, bytes, firstTime, lastTime, firstReceived, lastReceived, delivery };
      const stored = { file: this.#dataName, pos: this.#sealedBytes, crc32: this.#blockChecksum };
      const times = { at: this.#options.clock.nowMicros(), durable: this.#durable };
      const record = await this.#note({ kind: 'block', ...facts, ...stored, ...times });
      this.#position = { next: to, check: this.#lastLineChecksum };
      this.#sealedBytes += bytes;
      this.#blockBytes = 0;
      this.#blockChecksum = 0;
      return record;
    });
  }

  gap(from: number, to: number): Promise<string> {
    return this.#living(async () => {
      assert(
        from === this.#position?.next && to > from && this.#blockBytes === 0,
        'a gap begins where the last block ended',
      );
      const at = this.#options.clock.nowMicros();
      const record = await this.#note({ kind: 'gap', from, to, at, durable: this.#durable });
      this.#moveTo({ next: to, check: undefined });
      return record;
    });
  }

  sync(): Promise<void> {
    return this.#living(() => this.#syncSealed());
  }

  async close(): Promise<void> {
    const phase = this.#phase;
    this.#phase = { name: 'closed' };
    switch (phase.name) {
      case 'closed':
        return;
      case 'dead':
        await this.#takeBack();
        return await this.#letGo();
      case 'open':
        try {
          await this.#dropUnsealed();
          await this.#syncSealed();
          await this.#writeHead();
        } catch (error) {
          await this.#takeBack();
          await abandon(() => this.#letGo());
          throw error;
        }
        return await this.#letGo();
      default:
        return unreachable(phase);
    }
  }

  /**
   * Data is written before the journal, so that whoever reads the folder meanwhile never finds a line whose block is not
   * there. On the disk they may arrive in any order. After a crash a journal line whose block is missing does not pass its
   * checksum, and is taken for what it is, a block that was never acked.
   */
  async #syncSealed(): Promise<void> {
    if (this.#journal.length === this.#durableJournalBytes) return;
    await this.#data?.flush();
    await this.#journal.flush();
    await settleAll([
      this.#data?.sync(),
      this.#journal.sync(),
      this.#hasNewNames ? syncFolder(this.#folder) : undefined,
    ]);
    this.#lock.check();
    this.#hasNewNames = false;
    this.#durable = this.#position?.next ?? 0;
    this.#durableJournalBytes = this.#journal.length;
    this.#durableBytes = this.#sealedBytes;
    if (this.#options.clock.monotonicMs() - this.#headAtMs >= headMs) await this.#writeHead();
    await this.#removeAside();
  }

  /** Says in the journal's first line what is durable. Not synced: a crash may leave an older number, which is true as well. */
  async #writeHead(): Promise<void> {
    this.#headAtMs = this.#options.clock.monotonicMs();
    await this.#journal.overwrite(encodeHead({ feedFile: this.#feedFile, durable: this.#durable }));
  }

  /** Once all that is kept aside is stored anew, and durable. */
  async #removeAside(): Promise<void> {
    if (this.#aside === undefined || this.#durable < this.#aside.to) return;
    const { paths } = this.#aside;
    this.#aside = undefined;
    for (const path of paths) await storing('remove', path, () => rm(path, { force: true }));
  }

  /** To an offset that the last message does not lead to: what is between will not come. */
  #moveTo(position: StoredPosition): void {
    this.#position = position;
    this.#aside = undefined;
  }

  /** Appends the entry to the journal; returns its line without the newline. */
  async #note(entry: JournalEntry): Promise<string> {
    const text = encodeEntry(entry);
    const line = Buffer.from(text);
    if (!this.#journal.hasRoom(line.length)) {
      await this.#data?.flush();
      await this.#journal.flush();
    }
    await this.#journal.append(line);
    return text.trimEnd();
  }

  async #dataForBlock(): Promise<Appender> {
    if (this.#data !== undefined && this.#blockBytes > 0) return this.#data;
    // Nothing of this block is there yet. Recovery relies on both of these: see recover.ts.
    const isFull = this.#data === undefined || this.#data.length >= this.#options.rollBytes;
    if (isFull || this.#sealedBytes - this.#durableBytes >= unsyncedBytes) await this.#syncSealed();
    if (this.#data !== undefined && !isFull) return this.#data;
    const next = this.#position?.next;
    assert(next !== undefined, 'a start comes before the first block');
    const full = this.#data;
    this.#data = undefined;
    await full?.close();
    if (full !== undefined) await this.#writeHead();
    this.#dataName = dataFile(next);
    const path = join(this.#folder, this.#dataName);
    this.#data = await openAppender(path, constants.O_CREAT | constants.O_EXCL, 0, dataGatherBytes);
    this.#sealedBytes = 0;
    this.#durableBytes = 0;
    this.#hasNewNames = true;
    return this.#data;
  }

  async #dropUnsealed(): Promise<void> {
    const data = this.#data;
    if (data === undefined || this.#blockBytes === 0) return;
    await data.truncate(this.#sealedBytes);
    if (this.#sealedBytes > 0) return;
    // Begun for the block that is dropped, so there is nothing else in it.
    this.#data = undefined;
    await data.close();
    await storing('remove', data.path, () => unlink(data.path));
  }

  /**
   * After a failed sync the system may hold in memory, and show to the next reader, what the disk never got. So what was
   * not durable is taken back, which also makes room. Where even that fails nothing is lost but time: it was never acked.
   */
  async #takeBack(): Promise<void> {
    await abandon(async () => {
      // Without the lock somebody else may be writing there.
      this.#lock.check();
      await this.#journal.truncate(this.#durableJournalBytes);
      await this.#data?.truncate(this.#durableBytes);
      await this.#writeHead();
    });
  }

  async #letGo(): Promise<void> {
    // The lock last, and always: whoever gets it finds nothing that is still written to.
    try {
      await settleAll([this.#data?.close(), this.#journal.close()]);
    } finally {
      await this.#lock.release();
    }
  }

  async #living<Result>(work: () => Promise<Result>): Promise<Result> {
    switch (this.#phase.name) {
      case 'open':
        break;
      case 'dead':
        throw this.#phase.error;
      case 'closed':
        throw new BlockfeedError('closed', `the folder ${this.#folder} was closed`, {
          hint: 'Open it again.',
          about: this.#folder,
        });
      default:
        return unreachable(this.#phase);
    }
    try {
      return await work();
    } catch (error) {
      this.#phase = { name: 'dead', error };
      throw error;
    }
  }
}

/** Symbolic links are not followed: what is written to is what was looked at. */
function openAppender(path: string, flags: number, length: number, gatherBytes: number): Promise<Appender> {
  return Appender.open(path, constants.O_RDWR | constants.O_NOFOLLOW | flags, length, gatherBytes);
}
