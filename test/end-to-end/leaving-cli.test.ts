// How a collector's process ends: by Ctrl-C in every situation, by itself, or because it cannot go on.
import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { PlainPeer } from '../support/plainPeer.ts';
import { blocksTold, collecting, portToKeep, type Running, Serving, temporaryFolder } from './processes.ts';
import { verified } from './stored.ts';

/** A block of 50 users takes 2 s, so at nearly every moment it is in its midst. */
const feeds = { user: 'user?rate=25', tick: 'tick?rate=100' } as const;

const isAck = (to: number | undefined) => (line: { readonly msg: string; readonly to?: unknown }) =>
  line.msg.startsWith('ack ') && line.to === to;

async function toldSome(collector: Running, count = 1): Promise<void> {
  await collector.stdout.find(() => blocksTold(collector).length >= count);
}

test.each(['block', 'message'] as const)(
  'BYE-1, A1: Ctrl-C within a block stores and acks what there is of it, exit 0, and the next run goes on inside it: %s delivery',
  async (delivery) => {
    const server = await Serving.start(feeds);
    const out = await temporaryFolder();
    const watcher = await PlainPeer.open(`${server.url}/feeds/user?from=tail`);
    const next = () => (JSON.parse(watcher.frames.at(-1) ?? '{"offset":-1}') as { offset: number }).offset + 1;
    let last: number | undefined;
    for (let run = 0; run < 3; run++) {
      const collector = collecting(server.url, 'user:50', '--delivery', delivery, '--out', out, '--json');
      const began = await collector.stderr.including('user: ');
      if (last !== undefined) expect(began).toBe(`user: goes on at ${last}`);
      await toldSome(collector);
      if (last !== undefined) expect(blocksTold(collector)[0]?.from).toBe(last);
      // About the middle of a block, which is a second from either end.
      await watcher.until(() => next() % 50 === 20);
      expect(await collector.end('SIGINT')).toBe(0);
      expect(blocksTold(collector).at(-1)?.cut).toBe('end');
      last = blocksTold(collector).at(-1)?.to;
      await server.logged(isAck(last));
      await server.logged(({ msg, acked }) => msg.includes('leaves user') && acked === last);
    }
    const [folder] = await verified(out);
    expect(folder?.to).toBe(last);
    expect(folder?.blocks.filter(({ cut }) => cut === 'end').length).toBe(3);
    watcher.close();
    expect(await server.end('SIGTERM')).toBe(0);
  },
  60_000,
);

test('a second Ctrl-C does not wait for the server: exit 130, and what is stored is whole', async () => {
  const server = await Serving.start(feeds);
  const out = await temporaryFolder();
  const collector = collecting(server.url, 'tick:10', '--out', out, '--json');
  await toldSome(collector, 2);
  server.signal('SIGSTOP');
  collector.signal('SIGINT');
  await collector.stderr.including('SIGINT: leaving');
  // Within half a second it would be the same Ctrl-C.
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(await collector.end('SIGINT')).toBe(130);
  expect((await verified(out)).length).toBe(1);
});

test('one Ctrl-C that comes twice, as from a group of processes, is one: it leaves in order, exit 0', async () => {
  const server = await Serving.start(feeds);
  const out = await temporaryFolder();
  const collector = collecting(server.url, 'user:1000', '--delivery', 'message', '--out', out, '--json');
  await collector.stderr.including('user: ');
  const watcher = await PlainPeer.open(`${server.url}/feeds/user?from=tail`);
  await watcher.until(() => watcher.frames.length > 5);
  watcher.close();
  // The server answers nothing until both have come.
  server.signal('SIGSTOP');
  collector.signal('SIGINT');
  await collector.stderr.including('SIGINT: leaving');
  collector.signal('SIGINT');
  server.signal('SIGCONT');
  expect(await collector.ended).toBe(0);
  expect(blocksTold(collector).at(-1)?.cut).toBe('end');
  expect(await server.end('SIGTERM')).toBe(0);
});

test('SIGHUP, of a terminal that is closed, is a stop like SIGTERM: collector and server leave in order, exit 0', async () => {
  const server = await Serving.start(feeds);
  const out = await temporaryFolder();
  const collector = collecting(server.url, 'tick:1000', '--delivery', 'message', '--out', out, '--json');
  await collector.stderr.including('tick: ');
  expect(await collector.end('SIGHUP')).toBe(0);
  expect(await server.end('SIGHUP')).toBe(0);
});

test('Ctrl-C while no server was ever there: exit 0 at once', async () => {
  const collector = collecting(`ws://127.0.0.1:${await portToKeep()}`, 'tick');
  await collector.stderr.including('not connected');
  expect(await collector.end('SIGINT')).toBe(0);
});

test.each(['block', 'message'] as const)(
  'Ctrl-C while the server is down: exit 0 at once, and what came is stored as the block it is: %s delivery',
  async (delivery) => {
    const server = await Serving.start(feeds);
    const out = await temporaryFolder();
    const collector = collecting(server.url, 'user:128', 'tick:10', '--delivery', delivery, '--out', out, '--json');
    await toldSome(collector, 2);
    server.signal('SIGKILL');
    await collector.stderr.including('not connected');
    const sinceMs = Date.now();
    expect(await collector.end('SIGINT')).toBe(0);
    // The next try may be half a minute away, and an answer that is waited for 5 s.
    expect(Date.now() - sinceMs).toBeLessThan(4_000);
    const stored = await verified(out);
    const cuts = stored.map(({ blocks }) => blocks.at(-1)?.cut);
    // By messages a part of the block of 128 had come. In block delivery it is one frame, of which nothing had come.
    if (delivery === 'message') expect(cuts).toContain('end');
    else expect(cuts).not.toContain('end');
  },
  60_000,
);

test.each([
  ['block', 1],
  ['message', 3],
  ['block', 7],
] as const)(
  '-n in %s delivery: after %i blocks in all it leaves without a partial one, the last of each feed acked',
  async (delivery, number) => {
    const server = await Serving.start(feeds);
    const out = await temporaryFolder();
    const collector = collecting(
      server.url,
      ...['tick:10', 'user:5', '--delivery', delivery, '-n', String(number), '--out', out, '--json'],
    );
    expect(await collector.ended).toBe(0);
    const told = blocksTold(collector);
    expect(told.length).toBe(number);
    expect(told.every(({ cut }) => cut === 'size')).toBe(true);
    const folders = await verified(out);
    expect(folders.flatMap(({ blocks }) => blocks).length).toBe(number);
    for (const feed of new Set(told.map((block) => block.feed)))
      await server.logged(isAck(told.findLast((block) => block.feed === feed)?.to));
    expect(await server.end('SIGTERM')).toBe(0);
  },
  60_000,
);

test('--retry gives up with exit 1 and one line that says why; without a number of tries left it does not', async () => {
  const port = await portToKeep();
  const collector = collecting(`ws://127.0.0.1:${port}`, 'tick', '--retry', '1');
  expect(await collector.ended).toBe(1);
  expect(collector.stderr.all.filter((line) => line.startsWith('not connected')).length).toBe(1);
  expect(collector.stderr.all.at(-1)).toMatch(/^error: .*ECONNREFUSED/);
  expect(collector.stderr.tail).not.toContain('    at ');
  expect(collector.stdout.all).toEqual([]);
});

test('an unknown feed beside one that is there: exit 1, and what was stored of the other is acked and whole', async () => {
  const server = await Serving.start(feeds);
  const out = await temporaryFolder();
  const collector = collecting(server.url, 'tick:5', 'nosuch', '--out', out, '--json');
  expect(await collector.ended).toBe(1);
  expect(collector.stderr.all.at(-1)).toMatch(/^error: .*nosuch/);
  expect(await server.end('SIGTERM')).toBe(0);
});

test('a second collector on a folder that one is writing to: exit 1, `locked`, and the first goes on', async () => {
  const server = await Serving.start(feeds);
  const out = await temporaryFolder();
  const first = collecting(server.url, 'tick:10', '--out', out, '--json');
  await toldSome(first, 2);
  const second = collecting(server.url, 'tick:10', '--out', out, '--json');
  expect(await second.ended).toBe(1);
  expect(second.stderr.all.at(-1)).toMatch(new RegExp(`^error: .* is in use by process ${first.pid} of the machine `));
  // Another policy is another folder.
  const other = collecting(server.url, 'tick:20', '--out', out, '--json', '-n', '1');
  expect(await other.ended).toBe(0);
  await toldSome(first, blocksTold(first).length + 2);
  expect(await first.end('SIGINT')).toBe(0);
  expect((await verified(out)).length).toBe(2);
  expect(await server.end('SIGTERM')).toBe(0);
}, 60_000);

test('ACK-4: with --consumer and --from committed another folder goes on where the first was left', async () => {
  const server = await Serving.start(feeds);
  const [one, other] = [await temporaryFolder(), await temporaryFolder()];
  const words = ['tick:10', '--consumer', 'nightly', '--json', '--out'];
  const first = collecting(server.url, ...words, one);
  await toldSome(first, 3);
  expect(await first.end('SIGINT')).toBe(0);
  const second = collecting(server.url, ...words, other, '--from', 'committed', '-n', '3');
  expect(await second.ended).toBe(0);
  const [before] = await verified(one);
  const [after] = await verified(other);
  expect(after?.from).toBe(before?.to);
  expect(await server.end('SIGTERM')).toBe(0);
}, 60_000);

test('a feed made on request, asked for in other words, is gone on with in the same folder, subscribed once', async () => {
  const server = await Serving.start({});
  const out = await temporaryFolder();
  const first = collecting(server.url, 'tick?rate=50:10', '--out', out, '--json', '-n', '2');
  expect(await first.ended).toBe(0);
  const second = collecting(server.url, 'tick?rate=50&seed=0:10', '--out', out, '--json');
  await toldSome(second, 2);
  expect(await second.end('SIGINT')).toBe(0);
  expect((await readdir(out)).length).toBe(1);
  const [folder] = await verified(out);
  expect(folder?.blocks.length).toBeGreaterThanOrEqual(4);
  // The subscription by which it was found out where the feed is stored was left before the other began.
  const ofSecond = server.log.slice(server.log.findLastIndex(({ msg }) => msg.endsWith(' came')));
  expect(ofSecond.flatMap(({ msg }) => /(came|takes|leaves|left)/.exec(msg)?.[1] ?? [])).toEqual([
    ...['came', 'takes', 'leaves', 'takes', 'leaves', 'left'],
  ]);
  expect(await server.end('SIGTERM')).toBe(0);
}, 60_000);
