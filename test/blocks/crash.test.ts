// What a crash may leave: of everything written since the last sync any part, in any file. Recovery must end at a whole
// block, at or behind what was synced, and going on from there must give a folder that verifies.
import { spawn } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeHead, headBytes, type JournalHead, parseEntry, parseHead } from '../../src/blocks/journal.ts';
import { dataFile } from '../../src/blocks/names.ts';
import { folderStore } from '../../src/blocks/sinks/folder.ts';
import { verifyFolder } from '../../src/blocks/verify.ts';
import { copyOf, dataFilesIn, dataIn, folderIn, temporaryFolder } from './folders.ts';
import { type SmallDisk, smallDisk } from './smallDisk.ts';
import { apply, joined, type Line, makeLine, plainLine, plainLines, storedFeed } from './story.ts';

const size = 3;
const feed = storedFeed({ size });
const data = dataFile(0);

async function block(sink: Awaited<ReturnType<typeof open>>, from: number): Promise<void> {
  await apply(sink, { does: 'block', lines: plainLines(from, from + size), cut: 'size' });
}

function open(root: string) {
  return folderStore(root).open(feed);
}

/** Opens what a crash left, goes on to `to`, and looks whether everything is right. Returns where it went on. */
async function goOn(root: string, to: number): Promise<number> {
  const sink = await open(root);
  const next = sink.position?.next ?? 0;
  if (sink.position === undefined) await sink.start(0);
  expect(next % size).toBe(0);
  for (let at = next; at < to; at += size) await block(sink, at);
  await sink.sync();
  await sink.close();
  expect(await verifyFolder(root)).toMatchObject([
    { messages: to, unsealedBytes: 0, tornJournalBytes: 0, asideBytes: 0, problems: [] },
  ]);
  expect((await dataIn(folderIn(root, feed))).equals(joined(plainLines(0, to)))).toBe(true);
  return next;
}

describe('a crash that leaves', () => {
  /** A folder with three blocks synced, then three and part of a seventh written and not synced. */
  async function crashed() {
    const root = await temporaryFolder();
    const folder = folderIn(root, feed);
    const sizes = async () => ({
      data: (await stat(join(folder, data))).size,
      journal: (await stat(join(folder, 'blocks.journal'))).size,
    });
    const sink = await open(root);
    await sink.start(0);
    for (const at of [0, 3, 6]) await block(sink, at);
    await sink.sync();
    const synced = await sizes();
    const head = (await readFile(join(folder, 'blocks.journal'))).subarray(0, headBytes);
    for (const at of [9, 12, 15]) await block(sink, at);
    await sink.append(joined(plainLines(18, 20)));
    await sink.sync();
    const written = await sizes();
    const copy = await copyOf(root);
    await sink.close();
    return { root: copy, head, synced, written };
  }

  /** The same with files that end there, in memory, since these are many and each is synced several times. */
  async function withSizes(
    disk: SmallDisk,
    { root, head }: { readonly root: string; readonly head: Buffer },
    dataBytes: number,
    journalBytes: number,
  ): Promise<string> {
    const copy = join(disk.path, 'copy');
    const [from, to] = [folderIn(root, feed), folderIn(copy, feed)];
    await rm(copy, { recursive: true, force: true });
    await mkdir(to, { recursive: true });
    for (const name of ['feed.json', data, 'blocks.journal']) await copyFile(join(from, name), join(to, name));
    await truncate(join(to, data), dataBytes);
    await truncate(join(to, 'blocks.journal'), journalBytes);
    await writeHead(to, head);
    return copy;
  }

  it('the data up to any byte loses nothing that was synced', async () => {
    const image = await crashed();
    const { synced, written } = image;
    const disk = await smallDisk();
    const wholeBlocks = (bytes: number): number =>
      [12, 15, 18].findLast((to) => joined(plainLines(0, to)).length <= bytes) ?? 9;
    for (let bytes = synced.data; bytes <= written.data; bytes++)
      expect(await goOn(await withSizes(disk, image, bytes, written.journal), 21)).toBe(wholeBlocks(bytes));
  }, 120_000);

  it('the journal up to any byte loses nothing that was synced', async () => {
    const image = await crashed();
    const { synced, written } = image;
    const disk = await smallDisk();
    const journal = await readFile(join(folderIn(image.root, feed), 'blocks.journal'), 'latin1');
    for (let bytes = synced.journal; bytes <= written.journal; bytes++) {
      const wholeLines = journal.slice(synced.journal, bytes).split('\n').length - 1;
      expect(await goOn(await withSizes(disk, image, written.data, bytes), 21)).toBe(9 + 3 * wholeLines);
    }
  }, 120_000);

  it('any part of either, and anything in the bytes that were not synced, loses nothing that was synced', async () => {
    const image = await crashed();
    const { synced, written } = image;
    const disk = await smallDisk();
    const older = { ...image, head: encodeHead({ ...(parseHead(image.head) as JournalHead), durable: 0 }) };
    const damage = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      bytes: fc.uint8Array({ maxLength: 300 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: synced.data, max: written.data }),
        fc.integer({ min: synced.journal, max: written.journal }),
        fc.array(damage, { maxLength: 2 }),
        fc.array(damage, { maxLength: 2 }),
        fc.boolean(),
        async (dataBytes, journalBytes, inData, inJournal, isOlder) => {
          const copy = await withSizes(disk, isOlder ? older : image, dataBytes, journalBytes);
          await overwrite(join(folderIn(copy, feed), data), synced.data, inData);
          await overwrite(join(folderIn(copy, feed), 'blocks.journal'), synced.journal, inJournal);
          expect(await goOn(copy, 21)).toBeGreaterThanOrEqual(9);
        },
      ),
      { numRuns: 150 },
    );
  }, 120_000);

  it('less data than was synced is refused as damage, at any byte', async () => {
    const image = await crashed();
    const { synced, written } = image;
    const disk = await smallDisk();
    for (let bytes = 0; bytes < synced.data; bytes++) {
      const copy = await withSizes(disk, image, bytes, written.journal);
      await expect(open(copy)).rejects.toMatchObject({
        code: 'damaged',
        message: expect.stringMatching(/0\.ndjson, byte \d+: /),
      });
    }
  });

  it('a block that was never synced while a later one was written is not taken for whole', async () => {
    const { root, head } = await crashed();
    await writeHead(folderIn(root, feed), head);
    const path = join(folderIn(root, feed), data);
    const bytes = await readFile(path);
    const fourth = joined(plainLines(0, 9)).length;
    bytes.fill(0, fourth, fourth + 20);
    await writeFile(path, bytes);
    expect(await goOn(root, 21)).toBe(9);
  });

  it('a data file begun for a block that was not sealed loses nothing else', async () => {
    const root = await temporaryFolder();
    const sink = await folderStore(root, { rollBytes: 100 }).open(feed);
    await sink.start(0);
    await block(sink, 0);
    await sink.sync();
    await sink.append(joined(plainLines(3, 5)));
    const copy = await copyOf(root);
    await sink.close();
    expect(await dataFilesIn(folderIn(copy, feed))).toEqual([dataFile(0), dataFile(3)]);
    const again = await folderStore(copy, { rollBytes: 100 }).open(feed);
    expect(again.position?.next).toBe(3);
    expect(await dataFilesIn(folderIn(copy, feed))).toEqual([dataFile(0)]);
    await again.close();
    expect(await goOn(copy, 21)).toBe(3);
  });
});

describe('a power cut at any moment', () => {
  interface Act {
    readonly does: 'block' | 'sync' | 'reopen';
    readonly lines: number;
  }
  const anyAct: fc.Arbitrary<Act> = fc.record({
    does: fc.constantFrom('block', 'block', 'block', 'sync', 'reopen'),
    lines: fc.integer({ min: 1, max: 4 }),
  });
  // Lines that are written when they are appended, and ones that wait in memory.
  const line = (offset: number): Line =>
    makeLine(offset, plainLine(offset).time, `"${'x'.repeat(offset % 3 === 0 ? 40 : 33_000)}"`);
  const stored = storedFeed({ size: 4 });
  const clock = { nowMicros: () => 0, monotonicMs: () => 0, after: () => ({ cancel: () => undefined }) };

  /** What is in a folder, and all first lines that its journal ever had. */
  interface Image {
    readonly files: ReadonlyMap<string, Buffer>;
    readonly heads: readonly Buffer[];
  }

  async function imageOf(folder: string, heads: readonly Buffer[]): Promise<Image> {
    const names = (await readdir(folder)).filter((name) => name !== 'lock');
    const files = new Map(
      await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)),
    );
    return { files, heads: [...heads, (files.get('blocks.journal') as Buffer).subarray(0, headBytes)] };
  }

  /** What of each file had been synced for certain when `durable` was: blocks and lines up to there. */
  function syncedBytes(files: ReadonlyMap<string, Buffer>, durable: number): Map<string, number> {
    const journal = files.get('blocks.journal') as Buffer;
    const synced = new Map([['blocks.journal', headBytes]]);
    for (let at = headBytes; ; ) {
      const end = journal.indexOf(10, at) + 1;
      const entry = end === 0 ? undefined : parseEntry(journal.subarray(at, end - 1));
      if (entry === undefined || entry.kind === 'fault') return synced;
      if ((entry.kind === 'start' ? entry.start : entry.to) > durable) return synced;
      synced.set('blocks.journal', end);
      if (entry.kind === 'block') synced.set(entry.file, entry.pos + entry.bytes);
      at = end;
    }
  }

  it('leaves a folder that goes on at a whole block, with all that was synced', async () => {
    const disk = await smallDisk(64);
    let run = 0;
    let withLostLines = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyAct, { minLength: 5, maxLength: 25 }),
        fc.integer({ min: 1_000, max: 400_000 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })),
        async (acts, rollBytes, chance) => {
          const draw = (below: number): number => Math.floor((chance.next().value as number) * below);
          const root = join(disk.path, `run-${run++}`);
          const folder = folderIn(root, stored);
          const open = () => folderStore(root, { rollBytes, clock }).open(stored);
          let sink = await open();
          await sink.start(0);
          let next = 0;
          let image = await imageOf(folder, []);
          for (const act of acts) {
            if (act.does === 'sync') await sink.sync();
            if (act.does === 'reopen') {
              await sink.close();
              sink = await open();
            }
            if (act.does === 'block') {
              const lines = Array.from({ length: 4 }, (_, index) => line(next + index));
              await apply(sink, { does: 'block', lines, cut: 'size' }, act.lines);
              next += 4;
            }
            image = await imageOf(folder, image.heads);
          }
          // A block is under way when it happens.
          await sink.append(line(next).bytes);
          image = await imageOf(folder, image.heads);
          // Not `close`: the process is gone. Its lock goes with the folder.
          const { durable } = parseHead(image.heads.at(-1) as Buffer) as JournalHead;
          const synced = syncedBytes(image.files, durable);
          await rename(root, `${root}.dead`);
          await mkdir(folder, { recursive: true });
          for (const [name, whole] of image.files) {
            const base = synced.get(name) ?? 0;
            if (name === 'feed.json') await writeFile(join(folder, name), whole);
            // The name of a file may be lost as long as nothing in it was synced.
            else if (base > 0 || draw(3) > 0) {
              const bytes = Buffer.from(whole.subarray(0, base + draw(whole.length - base + 1)));
              if (draw(2) === 0) bytes.fill(0, Math.min(bytes.length, base + draw(bytes.length - base + 1)));
              if (name === 'blocks.journal') {
                if (bytes.length < whole.length) withLostLines++;
                bytes.set(image.heads[draw(image.heads.length)] as Buffer);
              }
              await writeFile(join(folder, name), bytes);
            }
          }
          const again = await open();
          const from = again.position?.next ?? 0;
          expect(from).toBeGreaterThanOrEqual(durable);
          expect(from % 4).toBe(0);
          if (again.position === undefined) await again.start(0);
          const to = next + 8;
          for (let at = from; at < to; at += 4) {
            const lines = Array.from({ length: 4 }, (_, index) => line(at + index));
            await apply(again, { does: 'block', lines, cut: 'size' });
          }
          await again.close();
          expect(await verifyFolder(root)).toMatchObject([
            { messages: to, asideBytes: 0, unsealedBytes: 0, problems: [] },
          ]);
          const all = Array.from({ length: to }, (_, offset) => line(offset));
          expect((await dataIn(folder)).equals(joined(all))).toBe(true);
          await sink.close().catch(() => undefined);
          await rm(root, { recursive: true });
          await rm(`${root}.dead`, { recursive: true });
        },
      ),
      { numRuns: 150 },
    );
    expect(withLostLines).toBeGreaterThan(3);
  }, 120_000);
});

/** The first line is never synced by itself: a crash leaves one of those that were written. */
async function writeHead(folder: string, head: Buffer): Promise<void> {
  const path = join(folder, 'blocks.journal');
  const journal = await readFile(path);
  journal.set(head);
  await writeFile(path, journal);
}

async function overwrite(
  path: string,
  from: number,
  damage: readonly { readonly at: number; readonly bytes: Uint8Array }[],
): Promise<void> {
  const bytes = await readFile(path);
  for (const one of damage) {
    const at = from + Math.floor(one.at * (bytes.length - from));
    bytes.set(one.bytes.subarray(0, bytes.length - at), at);
  }
  await writeFile(path, bytes);
}

it('a process killed at any moment, again and again, loses nothing that it had synced', async () => {
  const root = await temporaryFolder();
  let synced = 0;
  for (let run = 0; run < 15; run++) {
    const child = spawn(process.execPath, [writerPath, root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const gone = new Promise((resolve) => child.once('exit', resolve));
    // Killed when it has said so many times how far it is synced: in the midst of the next blocks.
    let left = 1 + ((run * 7) % 11);
    let text = '';
    for await (const chunk of child.stdout) {
      text += String(chunk);
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const [word, offset] = line.split(' ');
        if (word === 'at') expect(Number(offset)).toBeGreaterThanOrEqual(synced);
        synced = Math.max(synced, Number(offset));
        left--;
      }
      if (left <= 0) child.kill('SIGKILL');
    }
    await gone;
    const [found] = await verifyFolder(root);
    expect(found?.problems).toEqual([]);
    expect(found?.messages).toBeGreaterThanOrEqual(synced);
  }
  expect(synced).toBeGreaterThan(1_000);
  const sink = await folderStore(root).open(storedFeed({ size: 50 }));
  const to = sink.position?.next ?? 0;
  await sink.close();
  expect((await dataIn(folderIn(root, storedFeed({ size: 50 })))).equals(joined(plainLines(0, to)))).toBe(true);
}, 120_000);

const writerPath = join(import.meta.dirname, 'writer.mjs');
