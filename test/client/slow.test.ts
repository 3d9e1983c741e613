// Links that are slow: what takes long to come is not taken for silence.
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { Client } from '../../src/client/client.ts';
import { platform } from '../../src/client/platform.node.ts';
import { makeFrame } from '../../src/frames/websocket.ts';
import { frameHeaderLine } from '../../src/protocol/frame.ts';
import { Arrivals } from '../support/arrivals.ts';
import { FakePlatform } from '../support/fakePlatform.ts';
import { ManualClock } from '../support/manualClock.ts';
import { epochs, lineOf } from '../support/scriptedServer.ts';

test('LIFE-5: a frame of 500 kB that takes two minutes to come is heard of all the while, and comes', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const clock = new ManualClock();
  const pieces = new Arrivals<number>();
  const phases: string[] = [];
  const watched = {
    ...platform,
    openSocket: (...[url, subprotocol, events]: Parameters<typeof platform.openSocket>) =>
      platform.openSocket(url, subprotocol, {
        ...events,
        piece() {
          events.piece();
          pieces.add(1);
        },
      }),
  };
  const connected = Client.connect(watched, `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    clock,
    onState: ({ phase }) => phases.push(phase),
  });
  const [socket, request] = (await once(server, 'connection')) as [WebSocket, IncomingMessage];
  const say = (message: object) => socket.send(JSON.stringify(message));
  await once(socket, 'message');
  say({ type: 'welcome', server: 's', session: 's', heartbeat: 10_000_000, subscriptions: 64, features: [] });
  const client = await connected;
  const subscription = client.subscribe('user', { size: 1 });
  await once(socket, 'message');
  say({ type: 'subscribed', id: 0, feed: 'user', epoch: epochs[0], from: 0, checked: false, anchorEvery: 4_096 });
  await subscription.opened;
  const line = lineOf(0, 'x'.repeat(500_000));
  const frame = makeFrame(0x2, Buffer.from(frameHeaderLine('user', 0, 1, 'size') + line));
  while (pieces.waiting > 0) await pieces.next();
  const twelfth = Math.ceil(frame.length / 12);
  for (let part = 0; part < 12; part++) {
    clock.advance(9_999);
    request.socket.write(frame.subarray(part * twelfth, (part + 1) * twelfth));
    await pieces.next();
  }
  expect((await subscription.parts().next()).value).toMatchObject({ from: 0, to: 1 });
  expect(phases).toEqual(['connecting', 'live']);
  await client.close();
  server.close();
});

async function live(fake: FakePlatform) {
  const clock = new ManualClock();
  const phases: string[] = [];
  const reasons: string[] = [];
  const connected = Client.connect(fake, 'ws://127.0.0.1:1', {
    clock,
    random: () => 1,
    onState: (state) => {
      phases.push(state.phase);
      if (state.phase === 'waiting') reasons.push(state.reason);
    },
  });
  fake.socket.welcomes();
  return { client: await connected, clock, phases, reasons };
}

test('LIFE-5: where only whole frames are seen silence may last 120 s, the time of the longest line at 10 kB/s', async () => {
  const fake = new FakePlatform(false);
  const { clock, phases, reasons } = await live(fake);
  clock.advance(110_000);
  expect(phases).toEqual(['connecting', 'live']);
  fake.socket.hears({ type: 'heartbeat', tails: {} });
  for (let beats = 0; beats < 12; beats++) clock.advance(10_000);
  await Promise.resolve();
  expect(phases).toEqual(['connecting', 'live']);
  clock.advance(10_000);
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  expect(reasons).toEqual(['nothing came for 12 heartbeats of 10000 ms']);
});

test('LIFE-5: where bytes are seen it lasts three heartbeats', async () => {
  const fake = new FakePlatform(true);
  const { clock, reasons } = await live(fake);
  clock.advance(20_000);
  fake.socket.events.piece();
  clock.advance(30_000);
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  expect(reasons).toEqual([]);
  clock.advance(10_000);
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  expect(reasons).toEqual(['nothing came for 3 heartbeats of 10000 ms']);
});

test('LIFE-5: after bye a frame that is coming is waited for, though not for ever', async () => {
  const fake = new FakePlatform(true);
  const { client, clock } = await live(fake);
  let isOver = false;
  const over = client.bye().then(() => {
    isOver = true;
  });
  fake.socket.arriving = true;
  for (let beats = 0; beats < 11; beats++) {
    fake.socket.events.piece();
    clock.advance(10_000);
    await new Promise(setImmediate);
    expect(isOver).toBe(false);
  }
  clock.advance(10_000);
  await over;
});

test('E1: a network that takes nothing of what is said is given up before it fills the memory', async () => {
  const fake = new FakePlatform(true);
  const { client, reasons } = await live(fake);
  fake.socket.unsent = 16_777_217;
  client.subscribe('user');
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  expect(reasons).toEqual(['the network does not take what is said']);
  expect(fake.socket.isCut).toBe(true);
  await client.close();
});

test('a server that sends its clients away for days is come back to within an hour', async () => {
  const fake = new FakePlatform(true);
  const waits: number[] = [];
  const connected = Client.connect(fake, 'ws://127.0.0.1:1', {
    clock: new ManualClock(),
    random: () => 0,
    onState: (state) => state.phase === 'waiting' && waits.push(state.waitMs),
  });
  fake.socket.welcomes();
  const client = await connected;
  fake.socket.hears({ type: 'closing', reason: 'away', retryAfter: Number.MAX_SAFE_INTEGER });
  fake.socket.ends(1012);
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  expect(waits).toEqual([3_600_000]);
  await client.close();
});

test('a heartbeat that is none, or comes once a year, is bad-server: such a connection would not be watched', async () => {
  for (const heartbeat of [0, 999, 3_600_000_001]) {
    const fake = new FakePlatform(true);
    const connected = Client.connect(fake, 'ws://127.0.0.1:1', { clock: new ManualClock() });
    fake.socket.welcomes(heartbeat);
    await expect(connected).rejects.toMatchObject({ code: 'bad-server' });
  }
});
