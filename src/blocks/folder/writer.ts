// The sink of one folder: lines into data files, blocks into the journal. What it is about is the order in `sync`.
//
// A block lies in one data file; a file that has reached its size is followed by another at the next block, so it may be
// longer by a block. Once the disk has refused anything nothing is known of what it holds: the sink is dead, every
// later call rejects with the same error, and what was not synced is taken back from the journal.
import { constants, type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { assert, unreachable } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import { BlockfeedError } from '../../protocol/errors.ts';
import { lastLine } from '../../protocol/message.ts';
import { storing, syncFolder } from '../files.ts';
import { encodeEntry, type JournalEntry } from '../journal.ts';
import { dataFile } from '../ledger.ts';
import type { BlockFacts, Sink, StoredPlace } from '../sink.ts';
import { Appender } from './appender.ts';
import { journalFileName } from './journalfile.ts';
import type { Lock } from './lock.ts';
import type { Recovered } from './recover.ts';

/** Waits in memory for the next write, at most, of a folder's data. */
const dataGatherBytes = 65_536;
/** The same of its journal: about two hundred lines. */
const journalGatherBytes = 65_536;

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
  #phase: Phase = { name: 'open' };
  #data: Appender | undefined;
  #dataName = '';
  /** Where the sealed part of the data file ends. */
  #sealedBytes = 0;
  #place: StoredPlace | undefined;
  /** Of the block that is coming. */
  #blockBytes = 0;
  #blockChecksum = 0;
  #lastLineChecksum = 0;
  #durable = 0;
  #durableJournalBytes: number;
  #newNames = false;

  private constructor(
    folder: string,
    options: FolderSinkOptions,
    lock: Lock,
    journal: Appender,
    recovered: Recovered,
    data: Appender | undefined,
  ) {
    this.#folder = folder;
    this.#options = options;
    this.#lock = lock;
    this.#journal = journal;
    const { next, file, fileBytes } = recovered.ledger;
    if (next !== undefined) this.#place = { next, check: recovered.check };
    this.#durable = next ?? 0;
    this.#durableJournalBytes = recovered.journalBytes;
    this.#data = data;
    this.#dataName = file ?? '';
    this.#sealedBytes = fileBytes;
  }

  /** Opens the files of a folder that was recovered and whose lock is held; the sink gives it back when it is closed. */
  static async open(folder: string, recovered: Recovered, lock: Lock, options: FolderSinkOptions): Promise<FolderSink> {
    const { file, fileBytes } = recovered.ledger;
    const { journalBytes } = recovered;
    const journalPath = join(folder, journalFileName);
    const journal = await openAppender(journalPath, constants.O_CREAT, journalBytes, journalGatherBytes);
    try {
      if (journalBytes === 0) await syncFolder(folder);
      const goesOn = file !== undefined && fileBytes < options.rollBytes;
      const data = goesOn ? await openAppender(join(folder, file), 0, fileBytes, dataGatherBytes) : undefined;
      return new FolderSink(folder, options, lock, journal, recovered, data);
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  get place(): StoredPlace | undefined {
    return this.#place;
  }

  start(from: number): Promise<void> {
    return this.#living(async () => {
      assert(this.#blockBytes === 0, 'no block is open at a start');
      if (this.#place?.next === from) return;
      assert(from > (this.#place?.next ?? -1), 'a start goes forward');
      // A start vouches for everything before it, so that is synced first.
      await this.#syncSealed();
      await this.#note({ kind: 'start', start: from, at: this.#options.clock.nowMicros() });
      this.#place = { next: from, check: undefined };
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
      assert(block.from === this.#place?.next && block.to > block.from, 'a block begins where the last one ended');
      assert(block.bytes === this.#blockBytes && block.bytes > 0, 'a block has the bytes that were appended');
      const { from, to, cut, bytes, firstTime, lastTime, firstReceived, lastReceived, delivery } = block;
      const facts = { from, to, cut, bytes, firstTime, lastTime, firstReceived, lastReceived, delivery };
      const stored = { file: this.#dataName, pos: this.#sealedBytes, crc32: this.#blockChecksum };
      const times = { at: this.#options.clock.nowMicros(), durable: this.#durable };
      const record = await this.#note({ kind: 'block', ...facts, ...stored, ...times });
      this.#place = { next: to, check: this.#lastLineChecksum };
      this.#sealedBytes += bytes;
      this.#blockBytes = 0;
      this.#blockChecksum = 0;
      return record;
    });
  }

  gap(from: number, to: number): Promise<string> {
    return this.#living(async () => {
      assert(
        from === this.#place?.next && to > from && this.#blockBytes === 0,
        'a gap begins where the last block ended',
      );
      const at = this.#options.clock.nowMicros();
      const record = await this.#note({ kind: 'gap', from, to, at, durable: this.#durable });
      this.#place = { next: to, check: undefined };
      return record;
    });
  }

  sync(): Promise<void> {
    return this.#living(() => this.#syncSealed());
  }

  async close(): Promise<void> {
    const phase = this.#phase;
    this.#phase = { name: 'closed' };
    try {
      switch (phase.name) {
        case 'closed':
          return;
        case 'open':
          await this.#dropUnsealed();
          await this.#syncSealed();
          return;
        case 'dead':
          await this.#takeBack();
          return;
        default:
          return unreachable(phase);
      }
    } finally {
      if (phase.name !== 'closed') await this.#letGo();
    }
  }

  /**
   * Data is written before the journal, so that whoever reads the folder meanwhile never finds a block told that is not
   * there. On the disk they may arrive in any order: a journal line whose block is missing after a crash does not pass
   * its checksum, and is taken for what it is, a block that was never acked.
   */
  async #syncSealed(): Promise<void> {
    if (this.#journal.length === this.#durableJournalBytes) return;
    const next = this.#place?.next ?? 0;
    await this.#data?.flush();
    await this.#journal.flush();
    await settleAll([this.#data?.sync(), this.#journal.sync(), this.#newNames ? syncFolder(this.#folder) : undefined]);
    this.#newNames = false;
    this.#durable = next;
    this.#durableJournalBytes = this.#journal.length;
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
    if (this.#data !== undefined && (this.#blockBytes > 0 || this.#data.length < this.#options.rollBytes))
      return this.#data;
    const next = this.#place?.next;
    assert(next !== undefined, 'a start comes before the first block');
    const full = this.#data;
    this.#data = undefined;
    // Not left to the next sync: this way there is never more than one data file with anything unsynced in it.
    if (full !== undefined) await finish(full);
    this.#dataName = dataFile(next);
    const path = join(this.#folder, this.#dataName);
    this.#data = await openAppender(path, constants.O_CREAT | constants.O_EXCL, 0, dataGatherBytes);
    this.#sealedBytes = 0;
    this.#newNames = true;
    return this.#data;
  }

  async #dropUnsealed(): Promise<void> {
    if (this.#data === undefined || this.#blockBytes === 0) return;
    await this.#data.cutOff(this.#sealedBytes);
    if (this.#sealedBytes > 0) return;
    // Begun for the block that is dropped, so there is nothing else in it.
    const { path } = this.#data;
    await this.#data.close();
    this.#data = undefined;
    await storing('remove', path, () => unlink(path));
  }

  /**
   * After a failed sync the system may hold in memory, and show to the next reader, what the disk never got. So what was
   * not durable is taken back from the journal. Where even that fails nothing is lost but time: it was never acked.
   */
  async #takeBack(): Promise<void> {
    try {
      await this.#journal.cutOff(this.#durableJournalBytes);
    } catch {
      // The error that killed the sink was told; this one says no more.
    }
  }

  async #letGo(): Promise<void> {
    await settleAll([this.#data?.close(), this.#journal.close()]);
    await this.#lock.release();
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

async function finish(file: Appender): Promise<void> {
  await file.flush();
  await file.sync();
  await file.close();
}

/** Waits for all, then rejects with the first error: no file is left with something under way. */
async function settleAll(works: readonly (Promise<void> | undefined)[]): Promise<void> {
  for (const result of await Promise.allSettled(works)) if (result.status === 'rejected') throw result.reason;
}

/** Symbolic links are not followed: what is written to is what was looked at. */
async function openAppender(path: string, flags: number, length: number, gatherBytes: number): Promise<Appender> {
  const whole = constants.O_RDWR | constants.O_NOFOLLOW | flags;
  const file: FileHandle = await storing('open', path, () => open(path, whole));
  return new Appender(file, path, length, gatherBytes);
}
