// A collector's journal against everything else that might say how far it is: a real server, a real folder.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verifyFolder } from '../../src/blocks/verify.ts';
import { type CollectOptions, collect, folderStore } from '../../src/collect/index.ts';
import { generatedFeeds } from '../../src/generate/index.ts';
import { regenerate } from '../../src/generate/regenerate.ts';
import { createServer } from '../../src/server/index.ts';

test("A2: a journal goes on where it is, whatever `from` says and however far the consumer's commit is", async () => {
  const directory = await mkdtemp(join(tmpdir(), 'blockfeed-'));
  const server = createServer({ maker: generatedFeeds, feeds: { counter: 'counter?rate=max' } });
  try {
    const { url } = await server.listen();
    const run = (out: string, more: Partial<CollectOptions>) =>
      collect(url, { feeds: ['counter'], size: 5, consumer: 'c', store: folderStore(join(directory, out)), ...more })
        .done;
    await run('kept', { from: 20, blocks: 2 });
    // The same consumer, elsewhere, commits far ahead.
    await run('other', { from: 1_000, blocks: 1 });
    expect(await run('kept', { from: { committed: { else: 'latest' } }, blocks: 2 })).toMatchObject({ blocks: 2 });
    expect(await run('kept', { from: 500, blocks: 1 })).toMatchObject({ blocks: 1 });
    const [kept] = await verifyFolder(join(directory, 'kept'), { regenerate });
    expect(kept).toMatchObject({ blocks: 5, messages: 25, gaps: 0, problems: [] });
    const journal = await readFile(join(kept?.path ?? '', 'blocks.journal'), 'utf8');
    const told = journal
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line));
    expect(told[0]).toMatchObject({ start: 20 });
    expect(told.slice(1).map(({ from, to }) => [from, to])).toEqual(
      [20, 25, 30, 35, 40].map((from) => [from, from + 5]),
    );
  } finally {
    await server.close();
    await rm(directory, { recursive: true });
  }
});
