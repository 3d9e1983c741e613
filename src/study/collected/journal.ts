// Reads one journal from its first line to its last, and sums up how its blocks came. Nothing else of the folder is
// read, and only sums are kept.
import { basename, dirname, join } from 'node:path';
import { fileSize, storing, withFile } from '../../blocks/files.ts';
import { readHead, readJournal } from '../../blocks/folder/journalfile.ts';
import type { BlockEntry, JournalEntry } from '../../blocks/journal.ts';
import { emptyLedger, follow } from '../../blocks/ledger.ts';
import { journalFileName } from '../../blocks/names.ts';
import type { Cut } from '../../protocol/cut.ts';
import { BlockfeedError } from '../../protocol/errors.ts';
import type { Delivery } from '../../protocol/messages.ts';
import type { Quantiles } from '../result.ts';
import { Distribution } from '../statistics/distribution.ts';
import { Pauses } from './pauses.ts';
import type { CollectedFolder } from './result.ts';
import { TimeSlots } from './timeSlots.ts';

/** A journal that was read. Its slots can still be joined, so that the slots of all folders have one length. */
export interface ReadJournal {
  readonly slots: TimeSlots;
  folder(): CollectedFolder;
}

/**
 * Reads the journal of the folder `path`. Rejects with `damaged`, which names file and line, where a line is damaged or
 * out of order, and with `storage` where the journal cannot be read.
 */
export async function readCollected(path: string): Promise<ReadJournal> {
  const journal = join(path, journalFileName);
  const reader = new JournalReader(path);
  // Only what is there now is read: a running collector may add lines.
  const size = (await fileSize(journal)) ?? 0;
  await storing('read', journal, () =>
    withFile(journal, 'r', async (file) => {
      if (size > 0 && (await readHead(file, journal)) === undefined)
        throw damagedLine(journal, 1, 0, 'it is not the first line of a journal of this format');
      let ledger = emptyLedger;
      let line = 1;
      for await (const { position, entry } of readJournal(file, journal, size)) {
        line++;
        if (entry.kind === 'fault') throw damagedLine(journal, line, position, entry.message);
        if (entry.kind === 'torn') reader.tornBytes = entry.bytes;
        else {
          const step = follow(ledger, entry);
          if (step.fault !== undefined) throw damagedLine(journal, line, position, step.fault);
          ledger = step.ledger;
          reader.take(entry);
        }
      }
    }),
  );
  return reader;
}

function damagedLine(path: string, line: number, position: number, what: string): BlockfeedError {
  return new BlockfeedError('damaged', `${path}, line ${line} (byte ${position}): ${what}`, {
    hint: 'Check the folder with `blockfeed verify`, and study the other folders without it.',
    about: path,
  });
}

class JournalReader implements ReadJournal {
  readonly #path: string;
  readonly slots = new TimeSlots();
  readonly #pauses = new Pauses();
  readonly #took = new TimeDistribution();
  readonly #span = new TimeDistribution();
  readonly #wait = new TimeDistribution();
  readonly #between = new TimeDistribution();
  readonly #cuts: Partial<Record<Cut, number>> = {};
  readonly #deliveries: Partial<Record<Delivery, number>> = {};
  tornBytes = 0;
  #blocks = 0;
  #messages = 0;
  #bytes = 0;
  #gaps = 0;
  #lost = 0;
  #starts = 0;
  #clockWentBack = 0;
  #fromTheFuture = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  #first: BlockEntry | undefined;
  #last: BlockEntry | undefined;
  /** Whether a start stands between the last block and the next. */
  #hasStarted = false;

  constructor(path: string) {
    this.#path = path;
  }

  take(entry: JournalEntry): void {
    if (entry.at < this.#lastAt) this.#clockWentBack++;
    this.#lastAt = entry.at;
    switch (entry.kind) {
      case 'start':
        this.#starts++;
        this.#hasStarted = true;
        return;
      case 'gap':
        this.#gaps++;
        this.#lost += entry.to - entry.from;
        return;
      case 'block':
        this.#takeBlock(entry);
    }
  }

  #takeBlock(block: BlockEntry): void {
    const { from, to, bytes, cut, delivery, firstTime, lastTime, firstReceived, lastReceived } = block;
    // A clock that was set back inside a block gives times below zero. They count as zero.
    const took = Math.max(0, lastReceived - firstReceived);
    const wait = Math.max(0, lastReceived - firstTime);
    const before = this.#last;
    const between = before === undefined ? undefined : Math.max(0, lastReceived - before.lastReceived);
    this.#blocks++;
    this.#messages += to - from;
    this.#bytes += bytes;
    this.#cuts[cut] = (this.#cuts[cut] ?? 0) + 1;
    this.#deliveries[delivery] = (this.#deliveries[delivery] ?? 0) + 1;
    if (lastReceived < firstTime) this.#fromTheFuture++;
    this.#took.record(took);
    this.#span.record(lastTime - firstTime);
    this.#wait.record(wait);
    if (between !== undefined) this.#between.record(between);
    this.slots.add({ at: lastReceived, messages: to - from, bytes, took, wait, between });
    if (before !== undefined)
      this.#pauses.add({
        fromMicros: before.lastReceived,
        toMicros: firstReceived,
        offset: from,
        lateMicros: firstReceived - lastTime,
        isStart: this.#hasStarted,
      });
    this.#hasStarted = false;
    this.#first ??= block;
    this.#last = block;
  }

  folder(): CollectedFolder {
    const path = this.#path;
    const between = this.#between.quantiles();
    return {
      path,
      feed: basename(dirname(dirname(path))),
      policy: basename(dirname(path)),
      epoch: basename(path),
      blocks: this.#blocks,
      messages: this.#messages,
      bytes: this.#bytes,
      gaps: this.#gaps,
      lost: this.#lost,
      starts: this.#starts,
      cuts: { ...this.#cuts },
      deliveries: { ...this.#deliveries },
      from: this.#first?.from,
      to: this.#last?.to,
      firstReceived: this.#first?.firstReceived,
      lastReceived: this.#last?.lastReceived,
      took: this.#took.quantiles(),
      span: this.#span.quantiles(),
      wait: this.#wait.quantiles(),
      between,
      pauses: this.#pauses.list(between.p50),
      clockWentBack: this.#clockWentBack,
      fromTheFuture: this.#fromTheFuture,
      tornBytes: this.tornBytes,
      slots: this.slots.list(),
    };
  }
}

/**
 * A distribution of times of any length. Times of more than an hour count as an hour, but the longest is kept exactly.
 */
class TimeDistribution {
  readonly #distribution = new Distribution();
  #max = 0;

  record(micros: number): void {
    this.#distribution.record(micros);
    this.#max = Math.max(this.#max, micros);
  }

  quantiles(): Quantiles {
    return { ...this.#distribution.quantiles(), max: this.#max };
  }
}
