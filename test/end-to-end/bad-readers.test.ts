// Clients that do not read, do not ack, or read a kilobyte a second, on a feed of 50 MB a second: they cost the server no
// memory and the honest client beside them no message. What is claimed is about time, so here time is waited for.
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { clientFrame, upgradeRequest } from '../support/rawPeer.ts';
import { SessionPeer } from '../support/sessionPeer.ts';
import { blocksTold, collecting, Serving } from './processes.ts';

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

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}

async function seconds(count: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, count * 1_000));
}

test('C1: never reading, never acking, 1 kB/s, on 50 MB/s: the server is as large after 30 s as after 5, and an honest client loses nothing', async () => {
  const server = await Serving.start(feeds, { flags: ['--drain', '1s'] });
  const honest = collecting(server.url, 'flood', '--size', '5000', '--json');
  await honest.stdout.find(() => true);
  const { port } = server;
  // Never reads: by blocks, by messages, in text frames with a block or a message each.
  const never = await Promise.all([
    asking(port, '/', hello, { ...subscribe, size: 1_000 }),
    asking(port, '/', hello, { ...subscribe, size: 1_000, delivery: 'message' }),
    asking(port, '/feeds/flood?size=1000'),
    asking(port, '/feeds/flood'),
  ]);
  // Reads everything and never acks.
  const mute = await SessionPeer.open(server.url);
  onTestFinished(() => mute.close());
  await mute.subscribe({ feed: 'flood', from: 'latest', size: 100, window: 100 });
  // Reads 1 kB a second.
  const slow = await Promise.all([
    asking(port, '/', hello, { ...subscribe, bytes: 10_000 }),
    asking(port, '/', hello, { ...subscribe, bytes: 10_000, delivery: 'message' }),
  ]);
  const sipping = setInterval(() => {
    for (const socket of slow) socket.resume();
  }, 1_000);
  onTestFinished(() => clearInterval(sipping));

  await seconds(5);
  const early = await residentBytes(server.pid);
  const toldEarly = blocksTold(honest).length;
  await seconds(25);
  const late = await residentBytes(server.pid);
  const toldLate = blocksTold(honest).length;

  expect((late - early) / 1e6).toBeLessThan(20);
  expect(mute.blocks('flood').length).toBe(100);
  expect(mute.closeCode).toBeUndefined();
  for (const socket of never) expect(socket.bytesRead).toBe(0);
  for (const socket of slow) expect(socket.bytesRead).toBeGreaterThan(20_000);

  expect(await honest.end('SIGINT')).toBe(0);
  const blocks = blocksTold(honest);
  let next = blocks[0]?.from;
  for (const { from, to } of blocks) {
    expect(from).toBe(next);
    next = to;
  }
  expect(honest.stdout.all.some((line) => line.includes('"gap"'))).toBe(false);
  // It is not held up: a quarter of what came to be in these 25 s, also where the machine has much else to do.
  expect((toldLate - toldEarly) * 5_000).toBeGreaterThan((25 * perSecond) / 4);
  expect(await server.end('SIGTERM')).toBe(0);
}, 120_000);
