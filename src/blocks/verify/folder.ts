// Verifies one folder: reads its journal from the first line, and beside it every byte of the data files, once.
import { type FileHandle, open, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { BlockfeedError } from '../../protocol/errors.ts';
import { policyName } from '../../protocol/policy.ts';
import { FileReader, storing, withFile } from '../files.ts';
import { feedFileName, parseFeedFile } from '../folder/feedfile.ts';
import { journalFileName, readJournal } from '../folder/journalfile.ts';
import { fileSize } from '../folder/recover.ts';
import type { BlockEntry, JournalEntry } from '../journal.ts';
import { afterUnreadable, emptyLedger, follow, type Ledger } from '../ledger.ts';
import type { StoredFeed } from '../sink.ts';
import { checkBlock, type Run } from './block.ts';
import { CutChecker } from './cuts.ts';
import type { Remake } from './remade.ts';

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
  /** Whether every byte was compared with one made again. False where that was not asked for, or the feed is not generated. */
  readonly regenerated: boolean;
  /** Data behind the last block, and the begin of a journal line: what a collector that was killed, or runs, leaves. */
  readonly unsealedBytes: number;
  readonly tornJournalBytes: number;
  /** At most a hundred; verifying a folder ends there. */
  readonly problems: readonly Problem[];
}

export interface VerifyOptions {
  /**
   * How the messages of a specification are made again, to compare every byte. `epoch` is the folder's: it is made of the
   * specification and the generator's version, so one that comes out different is a version that cannot make these again
   * (throw then). @default nothing is made again
   */
  readonly regenerate?: (specification: string, epoch: string) => Remake | Promise<Remake>;
}

const maxProblems = 100;

export async function verifyOne(path: string, options: VerifyOptions): Promise<VerifiedFolder> {
  return await new FolderVerifier(path).run(options);
}

class FolderVerifier {
  readonly #path: string;
  readonly #problems: Problem[] = [];
  readonly #toldBytes = new Map<string, number>();
  #blocks = 0;
  #messages = 0;
  #bytes = 0;
  #gaps = 0;
  #lost = 0;
  #unsealedBytes = 0;
  #tornJournalBytes = 0;
  #open: { readonly name: string; readonly file: FileHandle; readonly reader: FileReader } | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async run(options: VerifyOptions): Promise<VerifiedFolder> {
    let stored: StoredFeed | undefined;
    let remake: Remake | undefined;
    try {
      stored = await this.#readFeed();
      remake = await this.#remake(stored, options);
      const cuts = stored === undefined ? undefined : new CutChecker(stored.policy, stored.anchorEvery);
      const ledger = await this.#followJournal({ lastTime: Number.NEGATIVE_INFINITY, cuts, remake });
      await this.#checkFiles(ledger);
    } catch (error) {
      // What the operating system does not let us read is told like what is wrong: the other folders can still be verified.
      if (!(error instanceof BlockfeedError)) throw error;
      this.#tell(relative(this.#path, error.about ?? ''), 0, undefined, error.message);
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
      regenerated: remake !== undefined,
      unsealedBytes: this.#unsealedBytes,
      tornJournalBytes: this.#tornJournalBytes,
      problems: this.#problems,
    };
  }

  #tell(file: string, position: number, offset: number | undefined, message: string): void {
    if (this.#problems.length < maxProblems) this.#problems.push({ file, position, offset, message });
  }

  async #readFeed(): Promise<StoredFeed | undefined> {
    const path = join(this.#path, feedFileName);
    if ((await fileSize(path)) === undefined) {
      this.#tell(feedFileName, 0, undefined, 'it is missing, so it is not known what the blocks are of');
      return undefined;
    }
    const stored = parseFeedFile(await storing('read', path, () => readFile(path)));
    if (typeof stored !== 'string') return stored;
    this.#tell(feedFileName, 0, undefined, stored);
    return undefined;
  }

  async #remake(stored: StoredFeed | undefined, options: VerifyOptions): Promise<Remake | undefined> {
    if (stored?.specification === undefined || options.regenerate === undefined) return undefined;
    try {
      return await options.regenerate(stored.specification, stored.epoch);
    } catch (error) {
      this.#tell(feedFileName, 0, undefined, `its feed cannot be made again: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #followJournal(run: Run): Promise<Ledger> {
    let ledger = emptyLedger;
    const path = join(this.#path, journalFileName);
    // Its size now: a living collector may add lines, whose data need not be looked for.
    const size = await fileSize(path);
    if (size === undefined || size === 0) return ledger;
    await storing('read', path, () =>
      withFile(path, 'r', async (file) => {
        for await (const { position, entry } of readJournal(file, path, size)) {
          if (this.#problems.length >= maxProblems) return;
          if (entry.kind === 'torn') {
            this.#tornJournalBytes = entry.bytes;
          } else if (entry.kind === 'fault') {
            this.#tell(journalFileName, position, ledger.next, `the line is not right: ${entry.message}`);
            ledger = afterUnreadable(ledger);
          } else {
            const isContinued = entry.kind === 'block' && entry.from === ledger.next;
            const step = follow(ledger, entry);
            if (step.fault !== undefined)
              this.#tell(journalFileName, position, entry.kind === 'start' ? entry.start : entry.from, step.fault);
            ledger = step.ledger;
            await this.#checkEntry(entry, isContinued, run);
          }
        }
      }),
    );
    return ledger;
  }

  async #checkEntry(entry: JournalEntry, isContinued: boolean, run: Run): Promise<void> {
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
        this.#toldBytes.set(entry.file, Math.max(this.#toldBytes.get(entry.file) ?? 0, entry.pos + entry.bytes));
        await this.#checkData(entry, run);
    }
  }

  async #checkData(block: BlockEntry, run: Run): Promise<void> {
    const reader = await this.#reader(block.file);
    if (reader === undefined) {
      this.#tell(block.file, block.pos, block.from, `the file of the block [${block.from},${block.to}) is missing`);
      run.cuts?.begin(block.to);
      return;
    }
    try {
      const fault = await checkBlock(block, reader, run);
      if (fault !== undefined) this.#tell(block.file, fault.position, fault.offset, fault.message);
      if (fault?.isUnreadable === true) run.cuts?.begin(block.to);
    } catch (error) {
      if (error instanceof BlockfeedError && error.code === 'storage') throw error;
      this.#tell(block.file, block.pos, block.from, `the block cannot be checked: ${messageOf(error)}`);
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

  /** What no block tells of: at the journal's end it is a block that was not sealed, anywhere else it is a problem. */
  async #checkFiles(ledger: Ledger): Promise<void> {
    const names = await storing('read', this.#path, () => readdir(this.#path));
    for (const name of names.sort()) {
      if (!/^\d{20}\.ndjson$/.test(name)) continue;
      const size = (await fileSize(join(this.#path, name))) ?? 0;
      const told = this.#toldBytes.get(name) ?? 0;
      const mayBeUnsealed = told === 0 ? Number(name.slice(0, 20)) >= (ledger.next ?? 0) : name === ledger.file;
      if (size > told && !mayBeUnsealed)
        this.#tell(name, told, undefined, `no line of the journal tells of the ${size - told} bytes from here on`);
      else if (size > told) this.#unsealedBytes += size - told;
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
