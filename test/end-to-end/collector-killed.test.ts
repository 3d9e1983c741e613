// A collector that is killed again and again, in the midst of blocks, and started again with the same words: what is stored
// in the end is what one that was never killed would have stored.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PlainPeer } from '../support/plainPeer.ts';
import {
  blocksTold,
  collecting,
  type Running,
  Serving,
  secondsAgo,
  seeded,
  temporaryFolder,
  until,
} from './processes.ts';
import { journalBlocks, verified } from './stored.ts';

const frameBytes = 65_536;

/** Bytes in the data files that belong to no block of the journal. */
async function unsealedBytes(folder: string): Promise<number> {
  // The journal first: what is sealed meanwhile makes it too little, never too much.
  const sealed = (await journalBlocks(folder)).reduce((sum, { bytes }) => sum + bytes, 0);
  const names = (await readdir(folder)).filter((name) => /^\d{20}\.ndjson$/.test(name));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0) - sealed;
}

/** The one folder below `out` that holds blocks of this feed, once it is there. */
async function folderOf(out: string, feed: string): Promise<string> {
  let found: string | undefined;
  await until(async () => {
    const paths = await readdir(out, { recursive: true }).catch(() => []);
    const journal = paths.find((path) => path.startsWith(feed) && path.endsWith('blocks.journal'));
    found = journal === undefined ? undefined : join(out, journal, '..');
    return found !== undefined;
  });
  return found as string;
}

test('a collector killed 10 times with more than a frame of an unfinished block on disk, and started again: nothing is missing or there twice', async () => {
  // Blocks of 1.1 MB, one in a second and a half.
  const feeds = {
    wide: `counter?pad=1000&rate=700&origin=${secondsAgo(2)}`,
    tick: `tick?rate=200&origin=${secondsAgo(2)}`,
  };
  const server = await Serving.start(feeds);
  const out = await temporaryFolder();
  const start = (delivery: string) =>
    collecting(
      server.url,
      ...['wide:1024', 'tick:10', '--from', 'earliest', '--delivery', delivery, '--out', out, '--json'],
    );
  const random = seeded(4);
  const cutOffBytes: number[] = [];
  let torn = 0;
  // What it finds behind the last block when it is started again, it says and cuts off.
  const startOver = async (delivery: string): Promise<Running> => {
    const collector = start(delivery);
    const before = torn;
    await collector.stderr.including('wide: ');
    const said = collector.stderr.all.filter((line) => line.includes('/wide/') && line.includes('that a crash left'));
    cutOffBytes.push(...said.map((line) => Number(/: (\d+) bytes that a crash left/.exec(line)?.[1])));
    expect(cutOffBytes.filter((bytes) => bytes >= frameBytes).length).toBe(before);
    return collector;
  };
  for (let kill = 0; torn < 10; kill++) {
    const collector = await startOver(kill % 2 === 0 ? 'block' : 'message');
    const folder = await folderOf(out, 'wide');
    const whole = random() < 0.5 ? 0 : 1;
    await until(() => blocksTold(collector).filter(({ feed }) => feed === 'wide').length >= whole);
    await until(async () => (await unsealedBytes(folder)) >= frameBytes);
    expect(await collector.end('SIGKILL')).toBe('SIGKILL');
    // Now and then the block was whole just before the signal came.
    if ((await unsealedBytes(folder)) >= frameBytes) torn++;
  }
  const last = await startOver('block');
  await until(() => blocksTold(last).filter(({ feed }) => feed === 'wide').length >= 2);
  expect(await last.end('SIGINT')).toBe(0);
  const folders = await verified(out);
  expect(folders.map(({ path, from }) => [path.slice(out.length + 1).split('/')[0], from])).toEqual([
    ['tick', 0],
    ['wide', 0],
  ]);
  expect(await server.end('SIGTERM')).toBe(0);
}, 240_000);

test('a collector killed 10 times between two messages of a block, in both deliveries, and started again: the same', async () => {
  const server = await Serving.start({ user: 'user?rate=50' });
  const out = await temporaryFolder();
  const watcher = await PlainPeer.open(`${server.url}/feeds/user?from=tail`);
  const next = () => (JSON.parse(watcher.frames.at(-1) ?? '{"offset":-1}') as { offset: number }).offset + 1;
  for (let kill = 0; kill < 10; kill++) {
    const collector = collecting(
      server.url,
      ...['user:10', '--delivery', kill % 2 === 0 ? 'message' : 'block', '--out', out, '--json'],
    );
    await until(() => blocksTold(collector).length >= 2);
    // A place within a block, another one each time: the watcher gets a message when the collector does.
    await watcher.until(() => next() % 10 === kill);
    expect(await collector.end('SIGKILL')).toBe('SIGKILL');
  }
  watcher.close();
  const last = collecting(server.url, 'user:10', '--out', out, '--json', '-n', '2');
  expect(await last.ended).toBe(0);
  const [folder] = await verified(out);
  // The first begins where its block does, so every one is whole.
  expect(folder?.blocks.every(({ from, to, cut }) => from % 10 === 0 && to === from + 10 && cut === 'size')).toBe(true);
  expect(await server.end('SIGTERM')).toBe(0);
}, 240_000);
