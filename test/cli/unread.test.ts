// Outputs that nobody reads: the work goes on, what is a result waits, and talk that does not fit is counted.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { generatedFeeds } from '../../src/generate/index.ts';
import { createServer, type ServerLimits } from '../../src/server/index.ts';
import { Lines, OnTerminal } from '../end-to-end/processes.ts';
import { PlainPeer } from '../support/plainPeer.ts';
import { program } from './command.ts';

/** More than a terminal holds: each of them is logged twice, with some 60 bytes. */
const visitors = 1_500;

async function visit(url: string): Promise<void> {
  for (let count = 0; count < visitors; count += 50)
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const visitor = await PlainPeer.open(`${url}/feeds/counter`);
        visitor.close();
      }),
    );
}

test('a server whose terminal is not read serves on, leaves at SIGTERM, and has lost no line once it is read', async () => {
  const server = new OnTerminal('2', ['serve', '--port', '0', '--no-kinds', '--feed', 'counter=counter?rate=100']);
  const url = (await server.stdout.including('listening ')).slice('listening '.length);
  const watcher = await PlainPeer.open(`${url}/feeds/counter`);
  await visit(url);
  const before = watcher.frames.length;
  await watcher.until(() => watcher.frames.length > before + 50);
  watcher.close();
  server.read();
  await server.signal('SIGTERM');
  expect(await server.ended).toBe(0);
  await server.shown.including('closed');
  expect(server.shown.all.filter((line) => line.includes(' takes counter ')).length).toBe(visitors + 1);
});

test('a server whose terminal is never read ends at SIGTERM all the same', async () => {
  const server = new OnTerminal('2', ['serve', '--port', '0', '--no-kinds', '--feed', 'counter=counter?rate=100']);
  const url = (await server.stdout.including('listening ')).slice('listening '.length);
  await visit(url);
  await server.signal('SIGTERM');
  expect(await server.ended).toBe(0);
});

test('a server whose stderr is a pipe that is never read serves on, and ends at SIGTERM', async () => {
  const args = [program, 'serve', '--port', '0', '--no-kinds', '--feed', 'counter=counter?rate=100'];
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void server.kill('SIGKILL'));
  const url = (await new Lines(server.stdout).including('listening ')).slice('listening '.length);
  await visit(url);
  server.kill('SIGTERM');
  expect(await once(server, 'exit')).toEqual([0, null]);
});

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
  const collector = new OnTerminal('1,2', ['collect', url, 'all', '--from', '0', '--size', '1', '-n', String(blocks)]);
  await collector.isFull();
  collector.read();
  expect(await collector.ended).toBe(0);
  await collector.shown.including('done: ');
  const from = collector.shown.all.flatMap((line) => /block all \[(\d+),/.exec(line)?.[1] ?? []).map(Number);
  expect(from).toEqual(Array.from({ length: blocks }, (_, index) => index));
});

test('a collector whose terminal is not read hears signals: the second ends it', async () => {
  const collector = new OnTerminal('1,2', ['collect', await serverOfAll(), 'all', '--from', '0', '--size', '1']);
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
    /^all: stands still: 8 blocks came and cannot be stored, since what reads the output takes nothing; nothing is lost$/,
  );
  const read = new Lines(collector.stdout);
  await read.find((line) => (JSON.parse(line) as { readonly from: number }).from === 20_000);
  expect(stderr.all.filter((line) => line.includes('stands still')).length).toBe(1);
  const blocks = read.all.map((line) => (JSON.parse(line) as { readonly from: number }).from);
  expect(blocks).toEqual(blocks.map((_, index) => index * 1_000));
}, 60_000);

test('a command that has ended does not wait for a reader of its talk', async () => {
  const collector = new OnTerminal('2', ['collect', 'ws://127.0.0.1:1', 'x', '--retry', '0']);
  expect(await collector.ended).toBe(1);
});
