// Files that somebody takes away: while they are written to, or before the next collector comes.
import { appendFile, copyFile, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFile } from '../../src/blocks/names.ts';
import type { Sink } from '../../src/blocks/sink.ts';
import { folderStore } from '../../src/blocks/sinks/folder.ts';
import { openTextStore } from '../../src/blocks/sinks/text.ts';
import { verifyFolder } from '../../src/blocks/verify.ts';
import { dataFilesIn, dataIn, folderIn, journalIn, temporaryFolder } from './folders.ts';
import { apply, joined, plainLines, storedFeed } from './story.ts';

const feed = storedFeed({ size: 5 });

async function block(sink: Sink, from: number): Promise<void> {
  await apply(sink, { does: 'block', lines: plainLines(from, from + 5), cut: 'size' });
}

async function opened(root: string, rollBytes?: number): Promise<Sink> {
  const sink = await folderStore(root, rollBytes === undefined ? {} : { rollBytes }).open(feed);
  if (sink.position === undefined) await sink.start(0);
  return sink;
}

/** Deletes, moves or replaces a path, as people and their scripts do. */
const takings: [string, (path: string) => Promise<void>][] = [
  ['deleted', (path) => rm(path, { recursive: true })],
  ['moved away', (path) => rename(path, `${path}.old`)],
  [
    'replaced by a copy of itself',
    async (path) => {
      await rename(path, `${path}.old`);
      const isFile = (await stat(`${path}.old`)).isFile();
      await (isFile ? copyFile(`${path}.old`, path) : mkdir(path));
    },
  ],
];

describe('while a folder is written to,', () => {
  const names: [string, string][] = [
    ['its data file', dataFile(0)],
    ['its journal', 'blocks.journal'],
    ['its lock', 'lock'],
    ['the folder itself', ''],
    ['the folder of its feed', '../..'],
  ];
  const cases = names.flatMap(([what, name]) => takings.map(([how, take]) => [what, how, name, take] as const));

  it.each(cases)(
    '%s is %s: no sync succeeds any more, and the error names the path',
    async (_what, _how, name, take) => {
      const root = await temporaryFolder();
      const folder = folderIn(root, feed);
      const sink = await opened(root);
      await block(sink, 0);
      await sink.sync();
      await take(join(folder, name));
      await block(sink, 5);
      const error = await sink.sync().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({
        code: 'storage',
        message: expect.stringMatching(/deleted, moved or replaced while it was written to/),
        hint: expect.stringMatching(/Start again/),
        about: expect.stringContaining(folder),
      });
      for (const call of [() => block(sink, 10), () => sink.sync(), () => sink.gap(10, 15)])
        await expect(call()).rejects.toBe(error);
      await sink.close();
      // Its lock is free: whoever comes next is refused for another reason, or not at all.
      const again = await opened(root).catch((thrown: unknown) => thrown);
      expect(again).not.toMatchObject({ code: 'locked' });
      if (!(again instanceof Error)) await (again as Sink).close();
    },
  );

  it('a lock that was deleted and taken by another collector: the first one touches nothing any more', async () => {
    const root = await temporaryFolder();
    const first = await opened(root);
    await block(first, 0);
    await first.sync();
    await rm(join(folderIn(root, feed), 'lock'));
    const second = await opened(root);
    await block(second, 5);
    await second.sync();
    await block(first, 5);
    await expect(first.sync()).rejects.toMatchObject({
      code: 'storage',
      message: expect.stringMatching(/lock is another file/),
    });
    const journal = await journalIn(folderIn(root, feed));
    await first.close();
    expect(await journalIn(folderIn(root, feed))).toEqual(journal);
    await second.close();
  });

  it('a text file is deleted: no sync succeeds any more', async () => {
    const path = join(await temporaryFolder(), 'blocks.txt');
    const store = await openTextStore(path);
    const sink = await store.open(feed);
    await block(sink, 0);
    await sink.sync();
    await rm(path);
    await block(sink, 5);
    await expect(sink.sync()).rejects.toMatchObject({ code: 'storage', about: path });
    await sink.close();
    await store.close();
  });

  it('a text file behind a symbolic link is written to, until the link names another file', async () => {
    const root = await temporaryFolder();
    const [target, link] = [join(root, 'target.txt'), join(root, 'link.txt')];
    await symlink(target, link);
    const store = await openTextStore(link);
    const sink = await store.open(feed);
    await block(sink, 0);
    await sink.sync();
    expect(await readFile(target, 'utf8')).toMatch(/^block /);
    await rm(link);
    await writeFile(join(root, 'other.txt'), '');
    await symlink(join(root, 'other.txt'), link);
    await block(sink, 5);
    await expect(sink.sync()).rejects.toMatchObject({ code: 'storage', about: link });
    await sink.close();
    await store.close();
  });
});

describe('where data files are gone when a folder is opened,', () => {
  it('the next collector goes on behind them, says so, and verify tells what is gone', async () => {
    const root = await temporaryFolder();
    const folder = folderIn(root, feed);
    const sink = await opened(root, 300);
    for (let at = 0; at < 40; at += 5) await block(sink, at);
    await sink.close();
    const names = await dataFilesIn(folder);
    expect(names).toEqual([0, 10, 20, 30].map(dataFile));
    // One compressed by somebody's script, one moved away.
    await rename(join(folder, dataFile(0)), join(folder, `${dataFile(0)}.gz`));
    await rm(join(folder, dataFile(10)));
    const heard: unknown[] = [];
    const again = await folderStore(root, { onRepaired: (_folder, repairs) => heard.push(repairs) }).open(feed);
    expect(heard).toEqual([{ dataBytes: 0, journalBytes: 0, goneFiles: [dataFile(0), dataFile(10)] }]);
    expect(again.position).toMatchObject({ next: 40, check: expect.any(Number) });
    await block(again, 40);
    await again.close();
    expect(await dataIn(folder)).toEqual(joined(plainLines(20, 45)));
    expect(await verifyFolder(root)).toMatchObject([
      {
        messages: 45,
        problems: [
          { file: dataFile(0), position: 0, offset: 0, message: 'the file is missing, with the blocks [0,10)' },
          { file: dataFile(10), position: 0, offset: 10, message: 'the file is missing, with the blocks [10,20)' },
        ],
      },
    ]);
  });

  it('also the last one: the next block begins a new file', async () => {
    const root = await temporaryFolder();
    const folder = folderIn(root, feed);
    const sink = await opened(root);
    await block(sink, 0);
    await sink.sync();
    await rm(join(folder, dataFile(0)));
    await block(sink, 5);
    await expect(sink.sync()).rejects.toMatchObject({ code: 'storage' });
    await sink.close();
    const again = await opened(root);
    expect(again.position).toEqual({ next: 5, check: undefined });
    await block(again, 5);
    await again.close();
    expect(await dataFilesIn(folder)).toEqual([dataFile(5)]);
    expect(await verifyFolder(root)).toMatchObject([
      { problems: [{ file: dataFile(0), message: 'the file is missing, with the blocks [0,5)' }] },
    ]);
  });

  it('one that has become shorter is damage, and one that has grown too, with the place', async () => {
    const root = await temporaryFolder();
    const folder = folderIn(root, feed);
    const sink = await opened(root, 300);
    for (let at = 0; at < 20; at += 5) await block(sink, at);
    await sink.close();
    const path = join(folder, dataFile(0));
    await appendFile(path, 'x');
    const bytes = (await stat(path)).size - 1;
    await expect(opened(root)).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringContaining(`${path}, byte ${bytes}: no line of the journal is about the 1 bytes`),
    });
    await writeFile(path, '');
    await expect(opened(root)).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringContaining(`${path}, byte 0: the file ends`),
    });
  });
});
