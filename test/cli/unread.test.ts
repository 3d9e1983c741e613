// Outputs that nobody reads: the work goes on, what is a result waits, and talk that does not fit is counted.
import { spawn } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { generatedFeeds } from '../../src/generate/index.ts';
import { createServer, type ServerLimits } from '../../src/server/index.ts';
import { Lines, temporaryFolder, Unread } from '../end-to-end/processes.ts';
import { PlainPeer } from '../support/plainPeer.ts';
import { scriptedServer } from '../support/scriptedServer.ts';
import { program } from './command.ts';

test.each(['full-tty', 'full-pipe'] as const)(
  'a server whose stderr takes nothing (%s) serves on, leaves at SIGTERM, and has lost no line once it is read',
  async (kind) => {
    const server = new Unread(kind, '2', serve);
    const url = (await server.stdout.including('listening ')).slice('listening '.length);
    for (let count = 0; count < 3; count++) await watchFor(url, 20);
    server.read();
    await server.shown.find((line) => / left: \d/.test(line));
    await server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
    await server.shown.including('closed');
    expect(server.shown.all.filter((line) => line.includes(' takes counter ')).length).toBe(3);
  },
);

test.each(['full-tty', 'full-pipe'] as const)(
  'a server whose stderr takes nothing (%s), ever, ends at SIGTERM all the same',
  async (kind) => {
    const server = new Unread(kind, '2', serve);
    const url = (await server.stdout.including('listening ')).slice('listening '.length);
    await watchFor(url, 20);
    await server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
  },
);

const serve = ['serve', '--port', '0', '--no-kinds', '--feed', 'counter=counter?rate=100'];

/** A plain client, which is logged, and gets so many messages. */
async function watchFor(url: string, messages: number): Promise<void> {
  const watcher = await PlainPeer.open(`${url}/feeds/counter`);
  await watcher.until(() => watcher.frames.length >= messages);
  watcher.close();
}

async function serverOfAll(limits: Partial<ServerLimits> = {}): Promise<string> {
  const server = createServer({
    maker: generatedFeeds,
    feeds: { all: 'counter?rate=max' },
    limits: { drainMs: 0, ...limits },
  });
  onTestFinished(() => server.close());
  return (await server.listen()).url;
}

test('a collector whose terminal is not read waits and loses nothing: what it shows then has no hole', async () => {
  const url = await serverOfAll();
  const blocks = 20_000;
  const collector = new Unread('tty', '1,2', [
    'collect',
    url,
    'all',
    '--from',
    '0',
    '--size',
    '1',
    '-n',
    String(blocks),
  ]);
  await collector.isFull();
  collector.read();
  expect(await collector.ended).toBe(0);
  await collector.shown.including('done: ');
  const from = collector.shown.all.flatMap((line) => /block all \[(\d+),/.exec(line)?.[1] ?? []).map(Number);
  expect(from).toEqual(Array.from({ length: blocks }, (_, index) => index));
});

test('a collector whose terminal is not read hears signals: the second ends it', async () => {
  const collector = new Unread('tty', '1,2', ['collect', await serverOfAll(), 'all', '--from', '0', '--size', '1']);
  await collector.isFull();
  // A second signal within half a second would be the same stop.
  const signalling = setInterval(() => void collector.signal('SIGTERM').catch(() => {}), 600);
  onTestFinished(() => clearInterval(signalling));
  expect(await collector.ended).toBe(143);
});

test('ACK-5: a collector whose output is not read says so on stderr, once', async () => {
  const url = await serverOfAll({ stalledMs: 1_000 });
  const args = [program, 'collect', url, 'all', '--from', '0', '--size', '1000', '--json'];
  const collector = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void collector.kill('SIGKILL'));
  const stderr = new Lines(collector.stderr);
  expect(await stderr.including('stands still')).toMatch(
    /^all: stands still: \d+ blocks came and cannot be stored, since what reads the output takes nothing; nothing is lost$/,
  );
  const read = new Lines(collector.stdout);
  await read.find((line) => (JSON.parse(line) as { readonly from: number }).from === 20_000);
  expect(stderr.all.filter((line) => line.includes('stands still')).length).toBe(1);
  const blocks = read.all.map((line) => (JSON.parse(line) as { readonly from: number }).from);
  expect(blocks).toEqual(blocks.map((_, index) => index * 1_000));
}, 60_000);

test('a command that has ended does not wait for a reader of its talk', async () => {
  const collector = new Unread('full-tty', '2', ['collect', 'ws://127.0.0.1:1', 'x', '--retry', '0']);
  expect(await collector.ended).toBe(1);
});

test('BYE-1: a collector whose terminal is closed leaves as at any signal: it takes what there is of its block, and acks it', async () => {
  await using server = await scriptedServer();
  const flags = ['--size', '5', '--out', await temporaryFolder()];
  const collector = new Unread('own-tty', '1,2', ['collect', server.url, 'user', ...flags]);
  const peer = await server.welcomed();
  await peer.subscribe();
  peer.frame(0, 3);
  await peer.read();
  collector.closeWindow();
  expect(await peer.expect('unsubscribe')).toMatchObject({ flush: true });
  peer.frame(3, 3, 'end');
  expect(await peer.expect('ack')).toMatchObject({ to: 3 });
  peer.say({ type: 'unsubscribed', feed: 'user', acked: 3 });
  expect(await collector.ended).toBe(0);
});
