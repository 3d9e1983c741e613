// Verifies one folder: reads its journal from the first line, and beside it every byte of the data files, once.
import { type FileHandle, open, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { crc32 } from 'node:zlib';
import { BlockfeedError } from '../../protocol/errors.ts';
import { policyName } from '../../protocol/policy.ts';
import { FileReader, fileSize, storing, withFile } from '../files.ts';
import { feedFileName, folderNames, isEpoch, parseFeedFile } from '../folder/feedfile.ts';
import { readHead, readJournal } from '../folder/journalfile.ts';
import { mayBeLeft, readTail } from '../folder/tail.ts';
import { type BlockEntry, headBytes, type JournalEntry } from '../journal.ts';
import { afterUnreadable, emptyLedger, follow, type Ledger } from '../ledger.ts';
import { blockLimits } from '../limits.ts';
import { dataFile, dataFileOffset, isAsideFile, journalFileName } from '../names.ts';
import type { StoredFeed } from '../sink.ts';
import { checkBlock, type VerifyRun } from './block.ts';
import { CutChecker } from './cuts.ts';
import type { Regenerate } from './regenerated.ts';

/** Something in a folder that is not as it should be. */
interface Problem {
  readonly file: string;
  /** Where in the file, in bytes from its begin. */
  readonly position: number;
  /** The message or block concerned, where one is. */
  readonly offset: number | undefined;
  readonly message: string;
}

/** What was found in one folder. It is as it should be when `problems` is empty. */
export interface VerifiedFolder {
  readonly path: string;
  /** Undefined where feed.json could not be read; so with epoch and policy. */
  readonly feed: string | undefined;
  readonly epoch: string | undefined;
  /** The policy's name: `size-5`. */
  readonly policy: string | undefined;
  readonly blocks: number;
  readonly messages: number;
  readonly bytes: number;
  readonly gaps: number;
  /** Messages in the gaps. */
  readonly lost: number;
  /** Whether every byte was compared with a generated one. False where nobody requested it, or the feed is not generated. */
  readonly regenerated: boolean;
  /** Data behind the last block, and the begin of a journal line: what a collector that was killed, or runs, leaves. */
  readonly unsealedBytes: number;
  readonly tornJournalBytes: number;
  /** What a crash had left and the next collector took out: it is kept aside until it is stored anew. */
  readonly asideBytes: number;
  /** At most a hundred: verifying a folder ends there. */
  readonly problems: readonly Problem[];
}

export interface VerifyOptions {
  /**
   * How the messages of a specification are generated again, to compare every byte. `epoch` is the folder's: it is made of
   * the specification and the generator's version. One that comes out different is of a version that cannot generate these
   * again (throw then). @default nothing is generated
   */
  readonly regenerate?: (specification: string, epoch: string) => Regenerate | Promise<Regenerate>;
}

const maxProblems = blockLimits.problems.max;

export async function verifyOne(path: string, options: VerifyOptions): Promise<VerifiedFolder> {
  return await new FolderVerifier(path).run(options);
}

/** A data file that is not there, and the blocks that it held. */
interface GoneFile {
  readonly name: string;
  readonly first: BlockEntry;
  to: number;
}

class FolderVerifier {
  readonly #path: string;
  readonly #problems: Problem[] = [];
  /** Bytes of each data file that are in the journal. */
  readonly #knownBytes = new Map<string, number>();
  #blocks = 0;
  #messages = 0;
  #bytes = 0;
  #gaps = 0;
  #lost = 0;
  #unsealedBytes = 0;
  #tornJournalBytes = 0;
  #asideBytes = 0;
  #open: { readonly name: string; readonly file: FileHandle; readonly reader: FileReader } | undefined;
  #gone: GoneFile | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async run(options: VerifyOptions): Promise<VerifiedFolder> {
    let stored: StoredFeed | undefined;
    let regenerate: Regenerate | undefined;
    try {
      // A collector may be writing here. What was in the folder before its journal is read, the journal knows.
      const sizes = await this.#dataSizes();
      const feedFile = await this.#readFeed();
      stored = feedFile?.stored;
      regenerate = await this.#regenerate(stored, options);
      const cuts = stored === undefined ? undefined : new CutChecker(stored.policy, stored.anchorEvery);
      const run = { lastTime: Number.NEGATIVE_INFINITY, cuts, regenerate };
      const ledger = await this.#followJournal(run, feedFile?.checksum, sizes.size > 0);
      this.#reportGone();
      await this.#checkUnknown(sizes, ledger, stored);
    } catch (error) {
      // What the operating system does not let us read is a problem like any other: the other folders can still be verified.
      if (!(error instanceof BlockfeedError)) throw error;
      this.#report(relative(this.#path, error.about ?? ''), 0, undefined, error.message);
    } finally {
      await this.#open?.file.close();
    }
    return {
      path: this.#path,
      feed: stored?.feed,
      epoch: stored?.epoch,
      policy: stored && policyName(stored.policy),
      blocks: this.#blocks,
      messages: this.#messages,
      bytes: this.#bytes,
      gaps: this.#gaps,
      lost: this.#lost,
      regenerated: regenerate !== undefined,
      unsealedBytes: this.#unsealedBytes,
      tornJournalBytes: this.#tornJournalBytes,
      asideBytes: this.#asideBytes,
      problems: this.#problems,
    };
  }

  #report(file: string, position: number, offset: number | undefined, message: string): void {
    if (this.#problems.length < maxProblems) this.#problems.push({ file, position, offset, message });
  }

  async #dataSizes(): Promise<ReadonlyMap<string, number>> {
    const sizes = new Map<string, number>();
    const names = await storing('read', this.#path, () => readdir(this.#path));
    for (const name of names.sort()) {
      const isData = dataFileOffset(name) !== undefined;
      const size = isData || isAsideFile(name) ? await fileSize(join(this.#path, name)) : undefined;
      if (isData) sizes.set(name, size ?? 0);
      else this.#asideBytes += size ?? 0;
    }
    return sizes;
  }

  async #readFeed(): Promise<{ readonly stored: StoredFeed | undefined; readonly checksum: number } | undefined> {
    const path = join(this.#path, feedFileName);
    if ((await fileSize(path)) === undefined) {
      this.#report(feedFileName, 0, undefined, 'it is missing, so it is not known what the blocks are of');
      return undefined;
    }
    const bytes = await storing('read', path, () => readFile(path));
    const checksum = crc32(bytes);
    const stored = parseFeedFile(bytes);
    if (typeof stored === 'string') {
      this.#report(feedFileName, 0, undefined, stored);
      return undefined;
    }
    const [names, found] = [folderNames(stored).join('/'), this.#names()];
    if (found !== undefined && found !== names)
      this.#report(feedFileName, 0, undefined, `it speaks of ${names}, and the folder is ${found}`);
    return { stored, checksum };
  }

  /** The names of the folders it lies in, or undefined: it was moved away from where it was made. */
  #names(): string | undefined {
    const [epoch, above] = [basename(this.#path), dirname(this.#path)];
    return isEpoch(epoch) ? [basename(dirname(above)), basename(above), epoch].join('/') : undefined;
  }

  async #regenerate(stored: StoredFeed | undefined, options: VerifyOptions): Promise<Regenerate | undefined> {
    if (stored?.specification === undefined || options.regenerate === undefined) return undefined;
    try {
      return await options.regenerate(stored.specification, stored.epoch);
    } catch (error) {
      this.#report(feedFileName, 0, undefined, `its feed cannot be generated again: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #followJournal(run: VerifyRun, feedFile: number | undefined, hasData: boolean): Promise<Ledger> {
    const path = join(this.#path, journalFileName);
    if (((await fileSize(path)) ?? 0) === 0) {
      // Between feed.json and the journal a collector may have died, before there was any data.
      if (hasData) this.#report(journalFileName, 0, undefined, 'it is missing or empty, and data files are there');
      return emptyLedger;
    }
    return await storing('read', path, () =>
      withFile(path, 'r', async (file) => {
        const head = await readHead(file, path);
        if (head === undefined) this.#report(journalFileName, 0, undefined, 'its first line is not one of this format');
        else if (feedFile !== undefined && head.feedFile !== feedFile)
          this.#report(journalFileName, 0, undefined, 'it belongs to another feed.json than the one beside it');
        // The size after the first line: what the first line says to be durable is then in the lines.
        const { size } = await file.stat();
        const ledger = await this.#followLines(file, path, size, run);
        const [durable, end] = [head?.durable ?? 0, ledger.next ?? 0];
        if (ledger.known && end < durable)
          this.#report(
            journalFileName,
            size - this.#tornJournalBytes,
            end,
            `its lines end at offset ${end}, and its first line says that ${durable} was durable`,
          );
        return ledger;
      }),
    );
  }

  async #followLines(file: FileHandle, path: string, size: number, run: VerifyRun): Promise<Ledger> {
    let ledger = emptyLedger;
    for await (const { position, entry } of readJournal(file, path, Math.max(size, headBytes))) {
      if (this.#problems.length >= maxProblems) break;
      if (entry.kind === 'torn') {
        this.#tornJournalBytes = entry.bytes;
      } else if (entry.kind === 'fault') {
        this.#report(journalFileName, position, ledger.next, `the line is not right: ${entry.message}`);
        ledger = afterUnreadable(ledger);
      } else {
        const isContinued = entry.kind === 'block' && entry.from === ledger.next;
        const step = follow(ledger, entry);
        if (step.fault !== undefined)
          this.#report(journalFileName, position, entry.kind === 'start' ? entry.start : entry.from, step.fault);
        ledger = step.ledger;
        await this.#checkEntry(entry, isContinued, run);
      }
    }
    return ledger;
  }

  async #checkEntry(entry: JournalEntry, isContinued: boolean, run: VerifyRun): Promise<void> {
    switch (entry.kind) {
      case 'start':
        run.cuts?.begin(entry.start);
        return;
      case 'gap':
        this.#gaps++;
        this.#lost += entry.to - entry.from;
        run.cuts?.begin(entry.to);
        return;
      case 'block':
        if (!isContinued) run.cuts?.begin(entry.from);
        this.#blocks++;
        this.#messages += entry.to - entry.from;
        this.#bytes += entry.bytes;
        this.#knownBytes.set(entry.file, Math.max(this.#knownBytes.get(entry.file) ?? 0, entry.pos + entry.bytes));
        await this.#checkData(entry, run);
    }
  }

  async #checkData(block: BlockEntry, run: VerifyRun): Promise<void> {
    const reader = await this.#reader(block.file);
    if (reader === undefined) {
      if (this.#gone?.name !== block.file) {
        this.#reportGone();
        this.#gone = { name: block.file, first: block, to: block.to };
      }
      this.#gone.to = block.to;
      run.cuts?.begin(block.to);
      return;
    }
    try {
      const fault = await checkBlock(block, reader, run);
      if (fault !== undefined) this.#report(block.file, fault.position, fault.offset, fault.message);
      if (fault?.isUnreadable === true) run.cuts?.begin(block.to);
    } catch (error) {
      if (error instanceof BlockfeedError && error.code === 'storage') throw error;
      this.#report(block.file, block.pos, block.from, `the block cannot be checked: ${messageOf(error)}`);
      run.cuts?.begin(block.to);
    }
  }

  async #reader(name: string): Promise<FileReader | undefined> {
    if (this.#open?.name === name) return this.#open.reader;
    await this.#open?.file.close();
    this.#open = undefined;
    const path = join(this.#path, name);
    const size = await fileSize(path);
    if (size === undefined) return undefined;
    const file = await storing('open', path, () => open(path, 'r'));
    this.#open = { name, file, reader: new FileReader(file, path, size) };
    return this.#open.reader;
  }

  /** One problem for each file that is gone, not one for each of its blocks. */
  #reportGone(): void {
    if (this.#gone === undefined) return;
    const { name, first, to } = this.#gone;
    this.#report(name, first.pos, first.from, `the file is missing, with the blocks [${first.from},${to})`);
    this.#gone = undefined;
  }

  /** What is in no block. At the journal's end it is what a crash leaves, anywhere else it is a problem. */
  async #checkUnknown(
    sizes: ReadonlyMap<string, number>,
    ledger: Ledger,
    stored: StoredFeed | undefined,
  ): Promise<void> {
    for (const [name, size] of sizes) {
      const known = this.#knownBytes.get(name);
      if (size <= (known ?? -1)) continue;
      const position = known ?? 0;
      const isNew = known === undefined && ledger.next !== undefined && name === dataFile(ledger.next);
      const isLeft = (isNew || name === ledger.file) && (await this.#isLeft(name, position, size, ledger, stored));
      if (isLeft) this.#unsealedBytes += size - position;
      else if (known === undefined) this.#report(name, 0, undefined, 'no line of the journal is about this file');
      else
        this.#report(name, known, undefined, `no line of the journal is about the ${size - known} bytes from here on`);
    }
  }

  async #isLeft(
    name: string,
    position: number,
    size: number,
    ledger: Ledger,
    stored: StoredFeed | undefined,
  ): Promise<boolean> {
    if (stored === undefined) return true;
    const tail = await readTail(join(this.#path, name), position, size, ledger.next ?? 0, stored);
    return mayBeLeft(tail, stored.policy);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
