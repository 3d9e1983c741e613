// Feeds of which a message takes many turns to make: what is read for those who look up where they start, and for those who left.
import { connect, type Socket } from 'node:net';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Chunk } from '../../src/feed/chunk.ts';
import { sliceOf } from '../../src/feed/lines.ts';
import { MemoryFeed } from '../../src/feed/logs/memory.ts';
import type { FeedMaker } from '../../src/feed/maker.ts';
import { generatedFeeds } from '../../src/generate/index.ts';
import { bench, eventually } from '../support/server.ts';

/** No line of it is whole yet, for all that a turn has. */
class DearFeed extends MemoryFeed {
  reads = 0;
  /** The most reads in one turn of the event loop. */
  most = 0;
  #inTurn = 0;
  isDear = true;

  override read(from: number, untilMs = 0): Chunk {
    if (!this.isDear) return super.read(from);
    this.reads++;
    if (this.#inTurn++ === 0)
      setImmediate(() => {
        this.#inTurn = 0;
      });
    this.most = Math.max(this.most, this.#inTurn);
    while (performance.now() < untilMs);
    return undefined as unknown as Chunk;
  }
}

function dearFeed(): DearFeed {
  const feed = new DearFeed('dear');
  for (let n = 0; n < 10; n++) feed.append({ n });
  return feed;
}

function upgradeOf(target: string): string {
  return (
    `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'
  );
}

/** That nothing is read any more. */
async function expectQuiet(feed: DearFeed): Promise<void> {
  let reads = -1;
  await eventually(() => {
    const isQuiet = reads === feed.reads;
    reads = feed.reads;
    return isQuiet;
  });
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
  expect(feed.reads).toBe(reads);
}

test('nothing is made for a plain client that left while its start was looked up', async () => {
  const dear = dearFeed();
  const { port } = await bench({ feeds: { dear } });
  const socket = connect(port, '127.0.0.1');
  socket.write(
    'GET /feeds/dear?bytes=1000 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  );
  await eventually(() => dear.reads > 10);
  socket.destroy();
  await expectQuiet(dear);
});

test.each([
  ['ended', (socket: Socket) => socket.destroy()],
  ['broke off', (socket: Socket) => socket.resetAndDestroy()],
])('nothing is made for plain clients that %s before their turn came', async (_how, leave) => {
  const dear = dearFeed();
  const { port, raw } = await bench({ feeds: { dear, other: new MemoryFeed('other') } });
  const sockets = Array.from({ length: 20 }, () => connect(port, '127.0.0.1'));
  for (const socket of sockets) {
    socket.on('error', () => undefined);
    socket.write(upgradeOf('/feeds/dear?bytes=1000'), () => leave(socket));
  }
  // All of them have left when another who came behind them is answered.
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  await raw('/feeds/other?size=1');
  await expectQuiet(dear);
});

test.each([
  ['blocks by bytes', { from: 'latest', bytes: 1_000 }],
  ['blocks by the clock', { from: 'latest', wait: 1_000_000 }],
  ['a line before its place to compare', { from: 5, check: 1 }],
  ['any start', { from: 0, size: 1 }],
] as const)('nothing is made for a session that left, of %s', async (_what, request) => {
  const dear = dearFeed();
  const { peer } = await bench({ feeds: { dear } });
  const client = await peer();
  const epoch = 'check' in request ? { epoch: dear.epoch } : {};
  client.say({ type: 'subscribe', feed: 'dear', ...request, ...epoch });
  await eventually(() => dear.reads > 10);
  client.close();
  await expectQuiet(dear);
});

test('twenty who look up their start together take no more of a turn than one', async () => {
  const dear = dearFeed();
  const { peer } = await bench({ feeds: { dear } });
  const clients = await Promise.all(Array.from({ length: 20 }, () => peer()));
  for (const client of clients) client.say({ type: 'subscribe', feed: 'dear', from: 'latest', bytes: 1_000 });
  await eventually(() => dear.reads > 100);
  expect(dear.most).toBeLessThan(10);
});

test('RES-3: the line before a resume is compared once it is made, however many turns that takes', async () => {
  const dear = dearFeed();
  const { peer } = await bench({ feeds: { dear } });
  dear.isDear = false;
  const check = crc32(sliceOf(dear.read(4), 4, 5));
  dear.isDear = true;
  const client = await peer();
  client.say({ type: 'subscribe', feed: 'dear', from: 5, size: 1, epoch: dear.epoch, check });
  await eventually(() => dear.reads > 10);
  dear.isDear = false;
  expect(await client.hears('subscribed')).toMatchObject({ from: 5, checked: true });
});

test('C2: specifications that one session sends at once are checked in turns of their own', async () => {
  let turn = 0;
  let isOver = false;
  const turns = (): void => {
    turn++;
    if (!isOver) setImmediate(turns);
  };
  setImmediate(turns);
  const checkedIn: number[] = [];
  const maker: FeedMaker = {
    kinds: ['dear'],
    specify(words) {
      checkedIn.push(turn);
      // Longer than a turn, so no second one is checked in it.
      for (const endMs = performance.now() + 3; performance.now() < endMs; );
      return generatedFeeds.specify(words);
    },
  };
  const { peer } = await bench({ feeds: {}, maker });
  const client = await peer();
  for (let seed = 1; seed <= 10; seed++) client.say({ type: 'subscribe', feed: `counter?seed=${seed}`, from: 'tail' });
  await client.until(() => client.said.filter(({ type }) => type === 'subscribed').length === 10);
  isOver = true;
  expect(new Set(checkedIn).size).toBe(10);
});

test('BYE-4: a feed whose place is still looked up when the server stops has not failed', async () => {
  const dear = dearFeed();
  const { peer, server, logged } = await bench({ feeds: { dear, all: 'counter?rate=max' } });
  const client = await peer();
  // What is not acked keeps the connection open while the server stops.
  await client.subscribe({ feed: 'all', from: 0, size: 1, window: 1 });
  await client.until(() => client.blocks('all').length > 0);
  client.say({ type: 'subscribe', feed: 'dear', from: 'latest', wait: 1_000_000 });
  await eventually(() => dear.reads > 10);
  const closed = server.close();
  await client.hears('closing');
  for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
  client.ack('all', client.next('all'));
  await closed;
  expect(client.said.filter(({ type }) => type === 'error')).toEqual([]);
  expect(logged.filter(({ level }) => level === 'error')).toEqual([]);
});
