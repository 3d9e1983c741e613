import { copyFile, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../src/base/crc32.ts';
import type { Sink } from '../../src/blocks/sink.ts';
import { consoleStore } from '../../src/blocks/sinks/console.ts';
import { folderStore } from '../../src/blocks/sinks/folder.ts';
import { openTextStore } from '../../src/blocks/sinks/text.ts';
import { verifyFolder } from '../../src/blocks/verify.ts';
import { dataFilesIn, dataIn, folderIn, journalIn, temporaryFolder } from './folders.ts';
import { readOnlyDisk, smallDisk } from './smallDisk.ts';
import { anyStory, apply, joined, makeLine, plainLine, plainLines, storedFeed } from './story.ts';

const feed = storedFeed({ size: 5 });

async function storeBlocks(root: string, from: number, to: number, size = 5): Promise<void> {
  const sink = await folderStore(root).open(storedFeed({ size }));
  if (sink.position === undefined) await sink.start(from);
  for (let at = from; at < to; at += size)
    await apply(sink, { does: 'block', lines: plainLines(at, at + size), cut: 'size' });
  await sink.sync();
  await sink.close();
}

function refusal(code: string, message: RegExp): unknown {
  return expect.objectContaining({ code, message: expect.stringMatching(message), hint: expect.stringMatching(/\./) });
}

describe('a folder holds', () => {
  it('exactly the lines, a journal and what they are of, under names that say so', async () => {
    const root = await temporaryFolder();
    await storeBlocks(root, 60, 70);
    const folder = join(root, 'user', 'size-5', feed.epoch);
    expect((await readdir(folder)).sort()).toEqual([
      '00000000000000000060.ndjson',
      'blocks.journal',
      'feed.json',
      'lock',
    ]);
    expect(await dataIn(folder)).toEqual(joined(plainLines(60, 70)));
    const described = JSON.parse(await readFile(join(folder, 'feed.json'), 'utf8')) as unknown;
    const { requested, epoch, specification } = feed;
    expect(described).toMatchObject({ format: 2, requested, feed: 'user', epoch, specification, policy: { size: 5 } });
    const block = joined(plainLines(60, 65));
    expect(await journalIn(folder)).toMatchObject([
      { kind: 'start', start: 60 },
      { from: 60, to: 65, cut: 'size', bytes: block.length, pos: 0, crc32: crc32(block), durable: 60 },
      { from: 65, to: 70, cut: 'size', pos: block.length, durable: 60 },
    ]);
  });

  it('the same bytes whatever the pieces in which they came', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyStory,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 4_000 }),
        async (story, piece, rollBytes) => {
          const root = await temporaryFolder();
          const stored = storedFeed(story.policy);
          const sink = await folderStore(root, { rollBytes }).open(stored);
          for (const step of story.steps) await apply(sink, step, piece);
          await sink.close();
          const lines = story.steps.flatMap((step) => (step.does === 'block' ? step.lines : []));
          expect(await dataIn(folderIn(root, stored))).toEqual(joined(lines));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('a new file once one has its size, at the begin of a block, which is never divided', async () => {
    const root = await temporaryFolder();
    const sink = await folderStore(root, { rollBytes: 300 }).open(feed);
    await sink.start(0);
    for (let at = 0; at < 40; at += 5) await apply(sink, { does: 'block', lines: plainLines(at, at + 5), cut: 'size' });
    await sink.close();
    const names = await dataFilesIn(folderIn(root, feed));
    expect(names).toEqual([0, 10, 20, 30].map((offset) => `${String(offset).padStart(20, '0')}.ndjson`));
  });

  it('a block of more bytes than wait in memory, byte for byte', async () => {
    const root = await temporaryFolder();
    const lines = Array.from({ length: 5 }, (_, n) => makeLine(n, n, `"${String(n).repeat(300_000)}"`));
    const sink = await folderStore(root).open(feed);
    await sink.start(0);
    await apply(sink, { does: 'block', lines, cut: 'size' }, 1);
    await sink.close();
    expect((await dataIn(folderIn(root, feed))).equals(joined(lines))).toBe(true);
  });
});

describe('opening a folder again', () => {
  it('goes on at the offset behind the last block, and knows the checksum of the line before it', async () => {
    const root = await temporaryFolder();
    await storeBlocks(root, 60, 70);
    const again = await folderStore(root).reopen('user', { size: 5 });
    expect(again?.feed).toEqual(feed);
    expect(again?.sink.position).toEqual({ next: 70, check: crc32(plainLine(69).bytes) });
    await again?.sink.close();
    await storeBlocks(root, 70, 80);
    expect(await dataIn(folderIn(root, feed))).toEqual(joined(plainLines(60, 80)));
  });

  it('says the same position as the sink said before it was closed, wherever that was', async () => {
    await fc.assert(
      fc.asyncProperty(anyStory, fc.nat({ max: 100 }), async ({ policy, steps }, stop) => {
        const root = await temporaryFolder();
        const sink = await folderStore(root).open(storedFeed(policy));
        for (const step of steps.slice(0, 1 + (stop % steps.length))) await apply(sink, step);
        const { position } = sink;
        await sink.close();
        const again = await folderStore(root).reopen('user', policy);
        expect(again?.sink.position).toEqual(position);
        await again?.sink.close();
      }),
      { numRuns: 30 },
    );
  });

  it('finds the folder by the words of the asking, and of several epochs the one written to last', async () => {
    const root = await temporaryFolder();
    let now = 1_000;
    const store = folderStore(root, {
      clock: { nowMicros: () => now++, monotonicMs: () => 0, after: () => ({ cancel: () => undefined }) },
    });
    const use = async (changes: object): Promise<void> => {
      const sink = await store.open(storedFeed({ size: 5 }, changes));
      await sink.start(sink.position?.next === undefined ? 0 : sink.position.next + 5);
      await sink.close();
    };
    const [older, newer] = ['0'.repeat(32), 'f'.repeat(32)];
    await use({ epoch: newer });
    await use({ epoch: older });
    await use({ epoch: 'a'.repeat(32), feed: 'other', requested: 'other' });
    const found = await store.reopen('user', { size: 5 });
    expect(found?.feed.epoch).toBe(older);
    await found?.sink.close();
    expect(await store.reopen('user', { size: 6 })).toBeUndefined();
    expect(await store.reopen('nobody', { size: 5 })).toBeUndefined();
  });

  it('refuses a folder whose feed.json speaks of something else, or is damaged, or is gone', async () => {
    const root = await temporaryFolder();
    await storeBlocks(root, 60, 70);
    const store = folderStore(root);
    const other = { ...feed, specification: 'user?rate=2' };
    await expect(store.open(other)).rejects.toEqual(refusal('damaged', /feed\.json.*another feed/));
    const path = join(folderIn(root, feed), 'feed.json');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('rate=1', 'rate=3'));
    await expect(store.open(feed)).rejects.toEqual(refusal('damaged', /feed\.json.*checksum/));
    await expect(store.reopen('user', { size: 5 })).rejects.toEqual(refusal('damaged', /feed\.json.*checksum/));
    await rm(path);
    await expect(store.open(feed)).rejects.toEqual(refusal('damaged', /feed\.json.*missing/));
  });

  it('is not misled by a feed.json that was copied from another folder', async () => {
    const root = await temporaryFolder();
    await storeBlocks(root, 60, 70);
    const other = storedFeed({ size: 5 }, { feed: 'other', requested: 'other', specification: undefined });
    const store = folderStore(root);
    await (await store.open(other)).close();
    await copyFile(join(folderIn(root, other), 'feed.json'), join(folderIn(root, feed), 'feed.json'));
    // The other one's own folder is found, though the copy is of a journal that was written to later.
    const found = await store.reopen('other', { size: 5 });
    expect(found?.sink.position).toBeUndefined();
    await found?.sink.close();
    await rm(join(folderIn(root, other)), { recursive: true });
    expect(await store.reopen('other', { size: 5 })).toBeUndefined();
    await expect(store.open(feed)).rejects.toEqual(refusal('damaged', /feed\.json.*another feed/));
    // One that differs in the words of the request only is not the one that the journal was begun with.
    const worded = storedFeed({ size: 5 }, { requested: 'user?rate=1' });
    const elsewhere = await temporaryFolder();
    await (await folderStore(elsewhere).open(worded)).close();
    await copyFile(join(folderIn(elsewhere, worded), 'feed.json'), join(folderIn(root, feed), 'feed.json'));
    await expect(store.open(feed)).rejects.toEqual(refusal('damaged', /blocks\.journal.*another feed\.json/));
  });

  it('refuses damage in what was durable, with file and byte', async () => {
    const root = await temporaryFolder();
    await storeBlocks(root, 60, 70);
    await storeBlocks(root, 70, 80);
    const folder = folderIn(root, feed);
    const data = join(folder, '00000000000000000060.ndjson');
    const whole = await readFile(data);
    const second = joined(plainLines(60, 65)).length;
    await truncate(data, second + 10);
    await expect(folderStore(root).open(feed)).rejects.toEqual(
      refusal('damaged', new RegExp(`60\\.ndjson, byte ${second + 10}: the file ends, .* has ${whole.length} bytes`)),
    );
    const last = joined(plainLines(60, 75)).length;
    whole[last + 3] = 0x21;
    await writeFile(data, whole);
    await expect(folderStore(root).open(feed)).rejects.toEqual(
      refusal('damaged', new RegExp(`byte ${last}: the block \\[75,80\\) has another checksum`)),
    );
    const journal = join(folder, 'blocks.journal');
    const lines = (await readFile(journal, 'utf8')).split('\n');
    await writeFile(journal, [...lines.slice(0, 2), `${lines[2]}x`, ...lines.slice(3)].join('\n'));
    const place = `${lines[0]}\n${lines[1]}\n`.length;
    await expect(folderStore(root).open(feed)).rejects.toEqual(
      refusal('damaged', new RegExp(`blocks.journal, byte ${place}: `)),
    );
    await writeFile(journal, [...lines.slice(0, 2), ...lines.slice(3)].join('\n'));
    await expect(folderStore(root).open(feed)).rejects.toEqual(
      refusal('damaged', /blocks\.journal, byte \d+: the block \[65,70\) does not begin at the next offset, 60/),
    );
  });

  it('refuses a data file from before the end of which the journal knows nothing', async () => {
    const root = await temporaryFolder();
    await storeBlocks(root, 60, 70);
    await writeFile(join(folderIn(root, feed), '00000000000000000003.ndjson'), 'x');
    await expect(folderStore(root).open(feed)).rejects.toEqual(refusal('damaged', /03\.ndjson, byte 0: no line/));
  });

  it('gives the lock back when it is refused', async () => {
    const root = await temporaryFolder();
    await storeBlocks(root, 60, 70);
    await expect(folderStore(root).open({ ...feed, specification: 'x' })).rejects.toThrow();
    await (await folderStore(root).open(feed)).close();
  });

  it('says what it took out', async () => {
    const root = await temporaryFolder();
    await storeBlocks(root, 60, 70);
    const folder = folderIn(root, feed);
    await writeFile(join(folder, '00000000000000000060.ndjson'), 'abc', { flag: 'a' });
    await writeFile(join(folder, 'blocks.journal'), '{"from', { flag: 'a' });
    const heard: unknown[] = [];
    const sink = await folderStore(root, { onRepaired: (...what) => heard.push(what) }).open(feed);
    expect(heard).toEqual([[folder, { dataBytes: 3, journalBytes: 6, goneFiles: [] }]]);
    await sink.close();
  });
});

describe('a start', () => {
  it('at the position where the sink is already adds nothing', async () => {
    const root = await temporaryFolder();
    await storeBlocks(root, 60, 70);
    const sink = await folderStore(root).open(feed);
    await sink.start(70);
    await sink.close();
    expect((await journalIn(folderIn(root, feed))).filter(({ kind }) => kind === 'start')).toHaveLength(1);
  });

  it('is durable, with all before it, when it resolves', async () => {
    const root = await temporaryFolder();
    const sink = await folderStore(root).open(feed);
    await sink.start(60);
    await apply(sink, { does: 'block', lines: plainLines(60, 65), cut: 'size' });
    await sink.start(80);
    expect(await journalIn(folderIn(root, feed))).toMatchObject([{ start: 60 }, { from: 60 }, { start: 80 }]);
    expect(await dataIn(folderIn(root, feed))).toEqual(joined(plainLines(60, 65)));
    await sink.close();
  });
});

describe('names from a server', () => {
  it.each(['..', '.', '', '../../etc', '/etc', 'a/b', 'a\\b', '.hidden', 'User', 'a'.repeat(78), 'a\0', 'ü'])(
    'make no path when a feed is called %j',
    async (name) => {
      const root = await temporaryFolder();
      await expect(folderStore(root).open({ ...feed, feed: name })).rejects.toEqual(refusal('bad-server', /name/));
      expect(await readdir(root)).toEqual([]);
    },
  );

  it.each(['..', '', '0'.repeat(31), '0'.repeat(33), 'G'.repeat(32), '../'.repeat(10)])(
    'make no path when an epoch is %j',
    async (epoch) => {
      const root = await temporaryFolder();
      await expect(folderStore(root).open({ ...feed, epoch })).rejects.toEqual(refusal('bad-server', /epoch/));
      expect(await readdir(root)).toEqual([]);
    },
  );
});

describe('a disk that does not take it is told with path and hint, and nothing is half stored:', () => {
  /** Blocks of 40 kB until one is refused; how far everything was synced, and the refusal. */
  async function fillUp(sink: Sink): Promise<{ synced: number; error: unknown }> {
    let synced = sink.position?.next ?? 0;
    for (let at = synced; ; at += 5) {
      const lines = [0, 1, 2, 3, 4].map((n) => makeLine(at + n, at + n, `"${'x'.repeat(8_000)}"`));
      try {
        await apply(sink, { does: 'block', lines, cut: 'size' });
        await sink.sync();
      } catch (error) {
        return { synced, error };
      }
      synced = at + 5;
    }
  }

  it('a full disk', async () => {
    const disk = await smallDisk();
    const sink = await folderStore(disk.path).open(feed);
    await sink.start(0);
    const { synced, error } = await fillUp(sink);
    expect(error).toEqual(refusal('storage', /ENOSPC/));
    expect((error as { about: string }).about).toContain(disk.path);
    expect(synced).toBeGreaterThan(50);
    for (const call of [() => sink.sync(), () => sink.gap(synced, synced + 5), () => sink.append(plainLine(0).bytes)])
      await expect(call()).rejects.toBe(error);
    await sink.close();
    const [verified] = await verifyFolder(disk.path);
    expect(verified).toMatchObject({ messages: synced, problems: [] });
  });

  it('a full disk, and after room was made it goes on where it was', async () => {
    const disk = await smallDisk();
    const first = await folderStore(disk.path).open(feed);
    await first.start(0);
    await disk.fill();
    expect((await fillUp(first)).error).toEqual(refusal('storage', /ENOSPC/));
    await first.close();
    await disk.free();
    const again = await folderStore(disk.path).open(feed);
    expect(again.position).toEqual({ next: 0, check: undefined });
    const { synced } = await fillUp(again);
    await again.close();
    expect(await verifyFolder(disk.path)).toMatchObject([{ messages: synced, problems: [] }]);
  });

  it('a disk that is full from the first', async () => {
    const disk = await smallDisk();
    await disk.fill();
    const making = async (): Promise<void> => {
      const sink = await folderStore(disk.path).open(feed);
      await sink.start(0);
      await sink.close();
    };
    await expect(making()).rejects.toEqual(refusal('storage', /ENOSPC/));
  });

  it('a file system that can only be read', async () => {
    const path = await readOnlyDisk();
    await expect(folderStore(path).open(feed)).rejects.toEqual(refusal('storage', /EROFS/));
    await expect(openTextStore(join(path, 'x.txt'))).rejects.toEqual(refusal('storage', /EROFS/));
  });

  it.each([0, -1, 1.5, Number.NaN, 1e15])('but %d is no size for a data file', (rollBytes) => {
    expect(() => folderStore('/tmp', { rollBytes })).toThrow(expect.objectContaining({ code: 'bad-option' }));
  });

  it('a path below a file', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    await expect(folderStore(file).open(feed)).rejects.toEqual(refusal('storage', /ENOTDIR|EEXIST/));
    await expect(folderStore(file).reopen('user', { size: 5 })).rejects.toEqual(refusal('storage', /ENOTDIR/));
    await expect(folderStore(join(file, 'x')).open(feed)).rejects.toEqual(refusal('storage', /EEXIST/));
    await expect(openTextStore(join(file, 'x'))).rejects.toEqual(refusal('storage', /ENOTDIR/));
  });

  it('a path in /proc', async () => {
    await expect(folderStore('/proc/blockfeed').open(feed)).rejects.toEqual(refusal('storage', /ENOENT/));
  });

  it('a folder where a text file should be', async () => {
    await expect(openTextStore(await temporaryFolder())).rejects.toEqual(refusal('storage', /EISDIR/));
  });

  it('a device that is always full', async () => {
    const store = await openTextStore('/dev/full');
    const sink = await store.open(feed);
    await expect(apply(sink, { does: 'block', lines: plainLines(0, 5), cut: 'size' })).rejects.toEqual(
      refusal('storage', /ENOSPC/),
    );
    await expect(sink.sync()).rejects.toEqual(refusal('storage', /ENOSPC/));
    await store.close();
  });

  it.each(['00000000000000000060.ndjson', 'blocks.journal'])('something else in the place of %s', async (name) => {
    const root = await temporaryFolder();
    await storeBlocks(root, 60, 70);
    const path = join(folderIn(root, feed), name);
    const outside = join(root, 'outside');
    await writeFile(outside, await readFile(path));
    await rm(path);
    await symlink(outside, path);
    await expect(folderStore(root).open(feed)).rejects.toEqual(refusal('storage', /not a regular file/));
    await rm(path);
    await mkdir(path);
    await expect(folderStore(root).open(feed)).rejects.toEqual(refusal('storage', /not a regular file/));
    expect((await readFile(outside)).length).toBeGreaterThan(0);
  });

  it('but a directory that is a symbolic link is as good as one', async () => {
    const root = await temporaryFolder();
    const real = await temporaryFolder();
    await symlink(real, join(root, 'link'));
    await storeBlocks(join(root, 'link'), 60, 70);
    expect(await verifyFolder(real)).toMatchObject([{ messages: 10, problems: [] }]);
  });
});

it('the words of a store without a record are never found again', async () => {
  const store = consoleStore(process.stdout);
  expect(await store.reopen('user', { size: 5 })).toBeUndefined();
  expect((await store.open(feed)).position).toBeUndefined();
  await store.close();
});
