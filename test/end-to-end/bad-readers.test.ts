// Clients that do not read, do not ack, or read a kilobyte a second, on a feed of 50 MB a second: they cost the server no
// memory however far they lag, and the honest client beside them no message.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { clientFrame, upgradeRequest } from '../support/rawPeer.ts';
import { SessionPeer } from '../support/sessionPeer.ts';
import { blocksTold, collecting } from './processes.ts';

const perSecond = 50_000;
/** 50,000 messages of 1,000 bytes. */
const feeds = { flood: `counter?rate=${perSecond}&pad=915` } as const;

/** A bare TCP peer that asks and reads nothing; each `resume` reads a kilobyte. */
async function asking(port: number, target: string, ...says: readonly object[]): Promise<Socket> {
  const onread = { buffer: Buffer.alloc(1_024), callback: () => false };
  const socket = connect({ port, host: '127.0.0.1', onread });
  onTestFinished(() => void socket.destroy());
  // The server may cut off what takes nothing; that it does is not looked at here.
  socket.on('error', () => {});
  socket.pause();
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.write(upgradeRequest(target, target === '/' ? {} : { 'Sec-WebSocket-Protocol': undefined }));
  for (const message of says) socket.write(clientFrame(0x1, JSON.stringify(message)));
  return socket;
}

const hello = { type: 'hello', client: 'bad', instance: 'x' };
const subscribe = {
  type: 'subscribe',
  id: 1,
  feed: 'flood',
  from: 'latest',
  window: 1_000,
  windowBytes: 1_073_741_824,
};

/**
 * What the server holds, garbage left out: how much of that a runtime lets lie is its own affair. What sockets held is taken
 * in several goes, so the least of some looks counts.
 */
async function heldBytes(server: ChildProcess): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 10; look++) {
    server.send('memory');
    const [{ heapUsed, arrayBuffers }] = (await once(server, 'message')) as [
      { heapUsed: number; arrayBuffers: number },
    ];
    least = Math.min(least, heapUsed + arrayBuffers);
  }
  return least;
}

test('C1: never reading, never acking, 1 kB/s, on 50 MB/s: the server holds as much when they lag by 1,200,000 messages as by 200,000, and an honest client loses nothing', async () => {
  const server = fork(new URL('../server/child.mjs', import.meta.url), [JSON.stringify(feeds)], {
    execArgv: ['--expose-gc'],
  });
  onTestFinished(() => void server.kill('SIGKILL'));
  const [{ port }] = (await once(server, 'message')) as [{ port: number }];
  const url = `ws://127.0.0.1:${port}`;
  const honest = collecting(url, 'flood', '--size', '5000', '--json');
  await honest.stdout.find(() => true);
  // Never reads: by blocks, by messages, in text frames with a block or a message each.
  const never = await Promise.all([
    asking(port, '/', hello, { ...subscribe, size: 1_000 }),
    asking(port, '/', hello, { ...subscribe, size: 1_000, delivery: 'message' }),
    asking(port, '/feeds/flood?size=1000'),
    asking(port, '/feeds/flood'),
  ]);
  // Reads everything and never acks.
  const mute = await SessionPeer.open(url);
  onTestFinished(() => mute.close());
  await mute.subscribe({ feed: 'flood', from: 'latest', size: 100, window: 100, windowBytes: 1_073_741_824 });
  // Reads 1 kB a second.
  const slow = await Promise.all([
    asking(port, '/', hello, { ...subscribe, bytes: 10_000 }),
    asking(port, '/', hello, { ...subscribe, bytes: 10_000, delivery: 'message' }),
  ]);
  const sipping = setInterval(() => {
    for (const socket of slow) socket.resume();
  }, 1_000);
  onTestFinished(() => clearInterval(sipping));

  const begin = honest.stdout.all.length;
  const toldMessages = async (count: number): Promise<void> => {
    await honest.stdout.find(() => true, begin + count / 5_000);
  };
  await toldMessages(200_000);
  const early = await heldBytes(server);
  await toldMessages(1_200_000);
  const late = await heldBytes(server);

  expect((late - early) / 1e6).toBeLessThan(20);
  expect(mute.blocks('flood').length).toBe(100);
  expect(mute.closeCode).toBeUndefined();
  for (const socket of never) expect(socket.bytesRead).toBe(0);
  // They are still there, and read.
  for (const socket of slow) expect(socket.bytesRead).toBeGreaterThan(5_000);

  expect(await honest.end('SIGINT')).toBe(0);
  const blocks = blocksTold(honest);
  let next = blocks[0]?.from;
  for (const { from, to } of blocks) {
    expect(from).toBe(next);
    next = to;
  }
  expect(honest.stdout.all.some((line) => line.includes('"gap"'))).toBe(false);
}, 240_000);
