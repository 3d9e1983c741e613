// Every open has exactly one close, also where something fails on the way: no file stays open, and no lock is kept.
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Sink, Store } from '../../src/blocks/sink.ts';
import { folderStore } from '../../src/blocks/sinks/folder.ts';
import { teeStore } from '../../src/blocks/sinks/tee.ts';
import { openTextStore } from '../../src/blocks/sinks/text.ts';
import { folderIn, temporaryFolder } from './folders.ts';
import { apply, plainLines, storedFeed } from './story.ts';

type Method = 'close' | 'datasync' | 'sync' | 'stat' | 'write';

const files = vi.hoisted(() => ({
  opened: new Map<object, string>(),
  /** What the next calls of this method on a file whose path ends so do. */
  failing: undefined as { readonly path: string; readonly method: string } | undefined,
}));

vi.mock(import('node:fs/promises'), async (original) => {
  const real = await original();
  return {
    ...real,
    async open(...what: Parameters<typeof real.open>) {
      const file = await real.open(...what);
      const path = String(what[0]);
      files.opened.set(file, path);
      const close = file.close.bind(file);
      const isFailing = (method: string) => files.failing?.method === method && path.endsWith(files.failing.path);
      for (const method of ['datasync', 'sync', 'stat', 'write'] as const) {
        const works = (file[method] as (...parameters: unknown[]) => unknown).bind(file);
        Object.assign(file, {
          [method]: async (...parameters: unknown[]) => {
            if (isFailing(method)) throw Object.assign(new Error(`EIO: i/o error, ${method}`), { code: 'EIO' });
            return await works(...parameters);
          },
        });
      }
      Object.assign(file, {
        async close() {
          files.opened.delete(file);
          await close();
          if (isFailing('close')) throw Object.assign(new Error('EIO: i/o error, close'), { code: 'EIO' });
        },
      });
      return file satisfies FileHandle;
    },
  };
});

const feed = storedFeed({ size: 5 });

async function failing(path: string, method: Method, work: () => Promise<unknown>): Promise<unknown> {
  files.failing = { path, method };
  try {
    return await work().catch((error: unknown) => error);
  } finally {
    files.failing = undefined;
  }
}

async function block(sink: Sink, from: number): Promise<void> {
  await apply(sink, { does: 'block', lines: plainLines(from, from + 5), cut: 'size' });
}

const storage = expect.objectContaining({ code: 'storage', message: expect.stringMatching(/EIO/) });

describe('a folder', () => {
  const cases: [string, Method][] = [
    ['.ndjson', 'close'],
    ['blocks.journal', 'close'],
    ['lock', 'close'],
    ['.ndjson', 'datasync'],
    ['blocks.journal', 'datasync'],
    ['blocks.journal', 'write'],
  ];

  it.each(cases)(
    '%s of which fails to %s when it is closed is closed all the same, and its lock is free',
    async (path, method) => {
      const root = await temporaryFolder();
      const sink = await folderStore(root).open(feed);
      await sink.start(0);
      await block(sink, 0);
      await sink.sync();
      await block(sink, 5);
      expect(await failing(path, method, () => sink.close())).toEqual(storage);
      expect([...files.opened.values()]).toEqual([]);
      const again = await folderStore(root).open(feed);
      expect(again.position?.next).toBe(method === 'close' ? 10 : 5);
      await again.close();
    },
  );

  it.each<[string, Method]>([
    ['feed.json.new', 'write'],
    ['feed.json.new', 'close'],
    ['blocks.journal.new', 'sync'],
    ['blocks.journal', 'sync'],
    ['blocks.journal', 'stat'],
    ['blocks.journal', 'write'],
    ['lock', 'stat'],
    ['lock', 'write'],
    [feed.epoch, 'sync'],
  ])('that fails at %s (%s) while it is opened keeps neither file nor lock', async (path, method) => {
    const root = await temporaryFolder();
    expect(await failing(path, method, () => folderStore(root).open(feed))).toEqual(storage);
    expect([...files.opened.values()]).toEqual([]);
    await (await folderStore(root).open(feed)).close();
    expect([...files.opened.values()]).toEqual([]);
  });

  it('whose data file fails while it is opened again keeps neither file nor lock', async () => {
    const root = await temporaryFolder();
    const first = await folderStore(root).open(feed);
    await first.start(0);
    await block(first, 0);
    await first.close();
    for (const method of ['stat', 'sync'] as const) {
      expect(await failing('.ndjson', method, () => folderStore(root).open(feed))).toEqual(storage);
      expect([...files.opened.values()]).toEqual([]);
    }
    await (await folderStore(root).open(feed)).close();
  });

  it('whose full data file fails to sync or close when the next is begun keeps nothing open', async () => {
    for (const method of ['datasync', 'close'] as const) {
      const root = await temporaryFolder();
      const sink = await folderStore(root, { rollBytes: 100 }).open(feed);
      await sink.start(0);
      await block(sink, 0);
      expect(await failing('.ndjson', method, () => block(sink, 5))).toEqual(storage);
      await sink.close();
      expect([...files.opened.values()]).toEqual([]);
      await (await folderStore(root).open(feed)).close();
    }
  });

  it('that fails to sync when it is closed tells of nothing that was not synced', async () => {
    const root = await temporaryFolder();
    const sink = await folderStore(root).open(feed);
    await sink.start(0);
    await block(sink, 0);
    expect(await failing('.ndjson', 'datasync', () => sink.close())).toEqual(storage);
    const again = await folderStore(root).open(feed);
    expect(again.position).toEqual({ next: 0, check: undefined });
    await again.close();
  });
});

it.each(['stat', 'sync'] as const)('a text file that fails to %s while it is opened is closed', async (method) => {
  const root = await temporaryFolder();
  const path = join(root, 'blocks.txt');
  expect(await failing(method === 'stat' ? 'blocks.txt' : root, method, () => openTextStore(path))).toEqual(storage);
  expect([...files.opened.values()]).toEqual([]);
});

describe('a tee', () => {
  const broken = new Error('broken');

  function fake(refuses: 'open' | 'close' | 'nothing'): Store & { readonly calls: string[] } {
    const calls: string[] = [];
    const close = (what: string) => async () => {
      calls.push(what);
      if (refuses === 'close') throw broken;
    };
    const nothing = async () => {};
    const record = async () => '{}';
    const sink: Sink = {
      ...{ position: undefined, start: nothing, append: nothing, seal: record, gap: record, sync: nothing },
      close: close('sink closed'),
    };
    const open = async () => {
      if (refuses === 'open') throw broken;
      return sink;
    };
    return { calls, open, reopen: async () => ({ sink, feed }), close: close('store closed') };
  }

  it('whose printed store refuses closes what the kept one opened', async () => {
    for (const open of ['open', 'reopen'] as const) {
      const kept = fake('nothing');
      const tee = teeStore(kept, fake('open'));
      await expect(open === 'open' ? tee.open(feed) : tee.reopen('user', { size: 5 })).rejects.toBe(broken);
      expect(kept.calls).toEqual(['sink closed']);
    }
  });

  it('closes both, whichever of them fails', async () => {
    for (const [one, other] of [
      ['close', 'nothing'],
      ['nothing', 'close'],
    ] as const) {
      const [kept, printed] = [fake(one), fake(other)];
      const tee = teeStore(kept, printed);
      await expect((await tee.open(feed)).close()).rejects.toBe(broken);
      await expect(tee.close()).rejects.toBe(broken);
      for (const { calls } of [kept, printed]) expect(calls).toEqual(['sink closed', 'store closed']);
    }
  });

  it('keeps no lock of a folder whose printing store refuses', async () => {
    const root = await temporaryFolder();
    const folder = folderStore(root);
    await expect(teeStore(folder, fake('open')).open(feed)).rejects.toBe(broken);
    expect([...files.opened.values()].filter((path) => path.startsWith(folderIn(root, feed)))).toEqual([]);
    await (await folder.open(feed)).close();
  });
});
