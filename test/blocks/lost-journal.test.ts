// A journal that has lost lines which were durable: nothing of the folder may be touched, and verifying has to say so.
import { link, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { headBytes } from '../../src/blocks/journal.ts';
import { blockLimits } from '../../src/blocks/limits.ts';
import { asideFile, dataFile } from '../../src/blocks/names.ts';
import type { Sink } from '../../src/blocks/sink.ts';
import { folderStore } from '../../src/blocks/sinks/folder.ts';
import { verifyFolder } from '../../src/blocks/verify.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import { copyOf, dataIn, folderIn, journalIn, temporaryFolder } from './folders.ts';
import { apply, joined, makeLine, plainLine, plainLines, storedFeed } from './story.ts';

const size = 5;
const feed = storedFeed({ size });

async function filled(to: number, { rollBytes = 1_000_000, syncEvery = 10, root = '' } = {}): Promise<string> {
  const path = root === '' ? await temporaryFolder() : root;
  const sink = await folderStore(path, { rollBytes }).open(feed);
  await sink.start(0);
  for (let at = 0; at < to; at += size) {
    await apply(sink, { does: 'block', lines: plainLines(at, at + size), cut: 'size' });
    if ((at / size) % syncEvery === syncEvery - 1) await sink.sync();
  }
  await sink.close();
  return path;
}

/** Every file of a folder but the lock. */
async function contents(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => name !== 'lock').sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'latin1')] as const)),
  );
}

type Loss = (path: string, whole: Buffer) => Promise<void>;

const zeroedFrom =
  (part: number): Loss =>
  (path, whole) =>
    writeFile(path, Buffer.from(whole).fill(0, Math.floor(whole.length * part)));

const losses: [string, Loss][] = [
  ['deleted', (path) => rm(path)],
  ['emptied', (path) => truncate(path)],
  ['zeroed', zeroedFrom(0)],
  ['zeroed in its last three quarters', zeroedFrom(0.25)],
  ['zeroed in its last half', zeroedFrom(0.5)],
  ['zeroed in its last line', (path, whole) => zeroedFrom((whole.length - 20) / whole.length)(path, whole)],
  ['zeroed behind its first line', (path, whole) => writeFile(path, Buffer.from(whole).fill(0, headBytes))],
  ['truncated behind its first line', (path) => truncate(path, headBytes)],
  ['truncated to a third', (path, whole) => truncate(path, Math.floor(whole.length / 3))],
  ['without its last line', (path, whole) => truncate(path, whole.subarray(0, -1).lastIndexOf(10) + 1)],
  ['without its first line', (path, whole) => writeFile(path, whole.subarray(headBytes))],
];

describe.each([
  ['one data file', 1_000_000],
  ['several data files', 500],
])('in a folder of %s a journal that is', (_what, rollBytes) => {
  it.each(losses)(
    '%s: the folder is refused as damaged, nothing is changed, and verify says so',
    async (_how, lose) => {
      const root = await filled(200, { rollBytes });
      const folder = folderIn(root, feed);
      const path = join(folder, 'blocks.journal');
      await lose(path, await readFile(path));
      const before = await contents(folder);
      const refusal = expect.objectContaining({
        code: 'damaged',
        message: expect.stringMatching(/, byte \d+: /),
        hint: expect.stringMatching(/Nothing was changed/),
      });
      await expect(folderStore(root, { rollBytes }).open(feed)).rejects.toEqual(refusal);
      expect(await contents(folder)).toEqual(before);
      expect(await dataIn(folder)).toEqual(joined(plainLines(0, 200)));
      const [found] = await verifyFolder(root);
      expect(found?.problems).not.toEqual([]);
    },
  );
});

it('a journal cut anywhere is refused, or it has lost nothing', async () => {
  const root = await filled(30, { syncEvery: 2 });
  const whole = await readFile(join(folderIn(root, feed), 'blocks.journal'));
  for (let bytes = 0; bytes < whole.length; bytes += 7) {
    const copy = await copyOf(root);
    await truncate(join(folderIn(copy, feed), 'blocks.journal'), bytes);
    await expect(folderStore(copy).open(feed)).rejects.toMatchObject({ code: 'damaged' });
  }
});

it('an older journal beside newer data is refused where there are more bytes than a crash leaves', async () => {
  const root = await temporaryFolder();
  const folder = folderIn(root, feed);
  const path = join(folder, 'blocks.journal');
  const bigBlock = (from: number) => {
    const data = `"${'x'.repeat(200_000)}"`;
    const lines = plainLines(from, from + size).map(({ offset, time }) => makeLine(offset, time, data));
    return { does: 'block', lines, cut: 'size' } as const;
  };
  const store = async (count: number): Promise<void> => {
    const sink = await folderStore(root).open(feed);
    if (sink.position === undefined) await sink.start(0);
    const from = sink.position?.next ?? 0;
    for (let at = from; at < from + count * size; at += size) await apply(sink, bigBlock(at));
    await sink.close();
  };
  await store(1);
  const older = await readFile(path);
  const blocks = Math.ceil(blockLimits.unsyncedBytes.max / 1_000_000);
  await store(blocks + 1);
  await writeFile(path, older);
  const before = await contents(folder);
  await expect(folderStore(root).open(feed)).rejects.toMatchObject({
    code: 'damaged',
    message: expect.stringMatching(/no line of the journal is about the \d+ bytes from here on, and no crash leaves/),
  });
  expect(await contents(folder)).toEqual(before);
  expect((await verifyFolder(root))[0]?.problems).toMatchObject([{ file: dataFile(0) }]);
});

it.each<[string, Policy, number]>([
  ['size', { size: 1_000 }, 1_000],
  ['wait', { waitMs: 1_000 }, 1_000],
  ['bytes', { bytes: 20_000_000 }, 1_000],
])('a block of any length by %s that was not sealed is no damage', async (_name, policy, count) => {
  const root = await temporaryFolder();
  const stored = storedFeed(policy);
  const sink = await folderStore(root).open(stored);
  await sink.start(0);
  const line = (offset: number) => makeLine(offset, plainLine(0).time + offset, `"${'x'.repeat(9_000)}"`);
  const lines = Array.from({ length: count }, (_, offset) => line(offset));
  for (const each of lines.slice(0, -1)) await sink.append(each.bytes);
  const copy = await copyOf(root);
  await sink.close();
  expect((await verifyFolder(copy))[0]?.problems).toEqual([]);
  const again = await folderStore(copy).open(stored);
  expect(again.position?.next).toBe(0);
  await again.close();
});

it('however many blocks are sealed and not synced, the folder syncs by itself before there are too many bytes', async () => {
  const root = await temporaryFolder();
  const sink = await folderStore(root).open(feed);
  await sink.start(0);
  const data = `"${'x'.repeat(100_000)}"`;
  let told = 0;
  for (let at = 0; at < 100; at += size) {
    const lines = plainLines(at, at + size).map(({ offset, time }) => makeLine(offset, time, data));
    await apply(sink, { does: 'block', lines, cut: 'size' });
    // Nobody has asked for a sync: what the journal's file has is what was synced.
    told = Math.max(0, ...(await journalIn(folderIn(root, feed))).map((entry) => ('to' in entry ? entry.to : 0)));
    expect((at + size - told) * 100_000).toBeLessThanOrEqual(blockLimits.unsyncedBytes.max + size * 100_100);
  }
  expect(told).toBeGreaterThan(0);
  const copy = await copyOf(root);
  await sink.close();
  const again = await folderStore(copy).open(feed);
  expect(again.position?.next).toBe(told);
  await again.close();
});

describe('what a crash left is kept aside', () => {
  /** A folder with [0,10) synced, and as a crash leaves it with [10,20) and a part of a block in the data only. */
  async function crashed(): Promise<{ root: string; folder: string; left: string }> {
    const root = await temporaryFolder();
    const sink = await folderStore(root).open(feed);
    await sink.start(0);
    for (let at = 0; at < 10; at += size)
      await apply(sink, { does: 'block', lines: plainLines(at, at + size), cut: 'size' });
    await sink.close();
    const left = joined(plainLines(10, 23)).toString('latin1');
    await writeFile(join(folderIn(root, feed), dataFile(0)), left, { flag: 'a' });
    return { root, folder: folderIn(root, feed), left };
  }

  const aside = asideFile(dataFile(10));

  async function block(sink: Sink, from: number): Promise<void> {
    await apply(sink, { does: 'block', lines: plainLines(from, from + size), cut: 'size' });
    await sink.sync();
  }

  it('until its messages are stored anew, under a name that no *.ndjson matches', async () => {
    const { root, folder, left } = await crashed();
    const sink = await folderStore(root).open(feed);
    expect(sink.position?.next).toBe(10);
    expect(aside).not.toMatch(/ndjson$/);
    for (const from of [10, 15]) {
      await block(sink, from);
      expect((await contents(folder))[aside]).toBe(left);
      expect(await verifyFolder(root)).toMatchObject([{ asideBytes: left.length, problems: [] }]);
    }
    await block(sink, 20);
    expect(await contents(folder)).not.toHaveProperty([aside]);
    await sink.close();
    expect(await dataIn(folder)).toEqual(joined(plainLines(0, 25)));
    expect(await verifyFolder(root)).toMatchObject([{ asideBytes: 0, problems: [] }]);
  });

  it('also over several runs, and the longest of what several crashes left', async () => {
    const { root, folder, left } = await crashed();
    await (await folderStore(root).open(feed)).close();
    for (const part of [left.slice(0, 100), '', left.slice(0, -1)]) {
      await writeFile(join(folder, dataFile(0)), part, { flag: 'a' });
      await (await folderStore(root).open(feed)).close();
      expect((await contents(folder))[aside]).toBe(left);
    }
    const sink = await folderStore(root).open(feed);
    await block(sink, 10);
    await sink.close();
    const last = await folderStore(root).open(feed);
    expect((await contents(folder))[aside]).toBe(left);
    await block(last, 15);
    await block(last, 20);
    expect(await contents(folder)).not.toHaveProperty([aside]);
    await last.close();
  });

  it('whole or not at all: a longer copy takes the place of a shorter one when it is durable', async () => {
    const { root, folder, left } = await crashed();
    const [path, witness] = [join(folder, aside), join(root, 'witness')];
    await writeFile(path, left.slice(0, 100));
    await link(path, witness);
    await writeFile(`${path}.new`, 'what a crash left of another copy');
    await (await folderStore(root).open(feed)).close();
    // What had the name was not written over.
    expect(await readFile(witness, 'latin1')).toBe(left.slice(0, 100));
    expect((await contents(folder))[aside]).toBe(left);
    expect(await contents(folder)).not.toHaveProperty([`${aside}.new`]);
  });

  it('for good where its messages do not come any more', async () => {
    for (const skip of [(sink: Sink) => sink.gap(10, 15), (sink: Sink) => sink.start(15)]) {
      const { root, folder, left } = await crashed();
      const sink = await folderStore(root).open(feed);
      await skip(sink);
      await block(sink, 15);
      await sink.close();
      const again = await folderStore(root).open(feed);
      for (const from of [20, 25]) await block(again, from);
      await again.close();
      expect((await contents(folder))[aside]).toBe(left);
    }
  });

  it('also what was in the journal, and a data file that was just begun', async () => {
    const { root, folder, left } = await crashed();
    await mkdir(join(folder, '..'), { recursive: true });
    const journal = join(folder, 'blocks.journal');
    await writeFile(journal, '{"from":10,"to', { flag: 'a' });
    await truncate(join(folder, dataFile(0)), joined(plainLines(0, 10)).length);
    await writeFile(join(folder, dataFile(10)), left);
    const sink = await folderStore(root, { rollBytes: 100 }).open(feed);
    expect(await contents(folder)).toMatchObject({
      [asideFile('blocks.journal')]: '{"from":10,"to',
      [aside]: left,
    });
    for (const from of [10, 15, 20]) await block(sink, from);
    await sink.close();
    expect(Object.keys(await contents(folder)).filter((name) => name.endsWith('aside'))).toEqual([]);
  });
});
