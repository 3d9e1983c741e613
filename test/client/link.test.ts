// The loop: when another connection is tried, after how long, and when that is given up. The clock is the test's.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { type ConnectionState, type ConnectOptions, connect } from '../../src/index.ts';
import { Arrivals } from '../support/arrivals.ts';
import { ManualClock } from '../support/manualClock.ts';
import { type Peer, scriptedServer } from '../support/scriptedServer.ts';

const opened: AbortController[] = [];
afterEach(() => {
  for (const controller of opened.splice(0)) controller.abort();
});

/** Begins to connect, with a clock that stands and 0.5 for every random number. */
function begin(url: string, options: ConnectOptions = {}) {
  const clock = new ManualClock();
  const states = new Arrivals<ConnectionState>();
  const controller = new AbortController();
  opened.push(controller);
  const { signal } = controller;
  const client = connect(url, { clock, signal, random: () => 0.5, onState: (state) => states.add(state), ...options });
  client.catch(() => undefined);
  const phase = async <Name extends ConnectionState['phase']>(name: Name) => {
    for (;;) {
      const state = await states.next();
      if (state.phase === name) return state as Extract<ConnectionState, { phase: Name }>;
    }
  };
  return { client, clock, controller, phase };
}

/** Somewhere on this machine where nobody listens. */
async function deadUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `ws://127.0.0.1:${port}`;
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending;
}

test('full jitter: half of 500 ms, 1 s, 2 s … at random 0.5, never more than half of the cap', async () => {
  const { clock, phase } = begin(await deadUrl());
  const waits: number[] = [];
  for (let failures = 1; failures <= 8; failures++) {
    const waiting = await phase('waiting');
    expect(waiting.failures).toBe(failures);
    waits.push(waiting.waitMs);
    clock.advance(waiting.waitMs);
  }
  expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
});

test('retry bounds the tries in a row: unreachable, with what failed', async () => {
  const url = await deadUrl();
  await expect(begin(url, { retry: 0 }).client).rejects.toMatchObject({ code: 'unreachable', retry: true });
  const { client, clock, phase } = begin(url, { retry: 2 });
  for (let tries = 0; tries < 2; tries++) clock.advance((await phase('waiting')).waitMs);
  await expect(client).rejects.toThrow(/in 3 tries: .*ECONNREFUSED/);
});

test('an abort while connecting or waiting rejects with its reason at once', async () => {
  const waiting = begin(await deadUrl());
  await waiting.phase('waiting');
  waiting.controller.abort(new Error('enough'));
  await expect(waiting.client).rejects.toThrow('enough');
  expect(waiting.clock.pending).toBe(0);
  await expect(connect('ws://127.0.0.1:1', { signal: AbortSignal.abort(new Error('never')) })).rejects.toThrow('never');
});

async function served(server: Awaited<ReturnType<typeof scriptedServer>>, phase: ReturnType<typeof begin>['phase']) {
  const [peer] = await Promise.all([server.welcomed(), phase('live')]);
  return peer;
}

test('a session that was welcomed is still a failure, until a block was acked or it lasted 60 s', async () => {
  await using server = await scriptedServer();
  const { client, clock, phase } = begin(server.url);
  const failuresAfter = async (act: (peer: Peer) => Promise<void> | void) => {
    const peer = await served(server, phase);
    await act(peer);
    await peer.crash();
    const { failures, waitMs } = await phase('waiting');
    clock.advance(waitMs);
    return failures;
  };
  expect(await failuresAfter(() => undefined)).toBe(1);
  expect(await failuresAfter(() => undefined)).toBe(2);
  expect(await failuresAfter(() => void clock.advance(29_000))).toBe(3);
  const acking = async (peer: Peer) => {
    const subscription = (await client).subscribe('user', { size: 5 });
    await peer.subscribe();
    peer.frame(0, 5, 'size');
    for await (const block of subscription) {
      await block.ack();
      await peer.expect('ack');
      break;
    }
    await peer.expect('unsubscribe');
  };
  expect(await failuresAfter(acking)).toBe(1);
  expect(await failuresAfter(() => undefined)).toBe(2);
  const lasting = async (peer: Peer) => {
    for (let beats = 0; beats < 7; beats++) {
      peer.say({ type: 'heartbeat', tails: {} });
      await peer.read();
      clock.advance(10_000);
    }
  };
  expect(await failuresAfter(lasting)).toBe(1);
});

test('an ack that is only said again is no sign of a server that works: tries go on to come later, up to their bound', async () => {
  await using server = await scriptedServer();
  const { client, clock, phase } = begin(server.url, { retry: 3 });
  const first = await served(server, phase);
  const subscription = (await client).subscribe('user', { size: 5, consumer: 'c' });
  await first.subscribe();
  first.frame(0, 5, 'size');
  const blocks = subscription[Symbol.asyncIterator]();
  await (await blocks.next()).value?.ack();
  await first.expect('ack');
  await first.crash();
  for (const [failures, waitMs] of [
    [1, 250],
    [2, 500],
    [3, 1_000],
  ]) {
    expect(await phase('waiting')).toMatchObject({ failures, waitMs });
    clock.advance(waitMs ?? 0);
    const peer = await served(server, phase);
    await peer.subscribe();
    expect(await peer.expect('ack')).toMatchObject({ to: 5 });
    await peer.crash();
  }
  await expect(blocks.next()).rejects.toMatchObject({ code: 'unreachable' });
});

test('closing: what the server asks for as a pause is added to the wait', async () => {
  await using server = await scriptedServer();
  const { phase } = begin(server.url);
  const peer = await served(server, phase);
  peer.say({ type: 'closing', reason: 'restart', retryAfter: 3_000_000 });
  expect(await phase('closing')).toMatchObject({ reason: 'restart', retryAfterMs: 3_000 });
  peer.socket.close(1012);
  expect(await phase('waiting')).toMatchObject({ waitMs: 3_250 });
});

test.each([
  [1001, true],
  [1005, true],
  [1011, true],
  [1012, true],
  [1013, true],
  [3000, true],
  [4408, true],
  [1000, false],
  [1002, false],
  [1008, false],
  [4400, false],
  [4999, false],
])('close code %i: connects again: %s', async (code, again) => {
  await using server = await scriptedServer();
  const { client, phase } = begin(server.url);
  const peer = await served(server, phase);
  const subscription = (await client).subscribe('user');
  const next = subscription.parts().next();
  next.catch(() => undefined);
  await peer.subscribe();
  if (code === 1005) peer.socket.close();
  else peer.socket.close(code);
  if (again) await phase('waiting');
  else await expect(next).rejects.toMatchObject({ code: code === 1000 ? 'closed' : 'bad-server' });
});

test('the error that came before a close is the one that is thrown', async () => {
  await using server = await scriptedServer();
  const { client } = begin(server.url);
  const peer = await server.connection();
  await peer.expect('hello');
  peer.say({ type: 'error', code: 'hello-expected', message: 'say hello', hint: 'Say it.' });
  peer.socket.close(4400);
  await expect(client).rejects.toMatchObject({ code: 'hello-expected', hint: 'Say it.' });
});

test('an overloaded server is tried again', async () => {
  await using server = await scriptedServer();
  const { client, clock, phase } = begin(server.url, { name: 'me 1.0', token: 'secret' });
  const peer = await server.connection();
  expect(await peer.expect('hello')).toMatchObject({ client: 'me 1.0', token: 'secret' });
  peer.say({ type: 'error', code: 'overload', message: 'too many connections', hint: 'Later.' });
  peer.socket.close(1013);
  const waiting = await phase('waiting');
  expect(waiting.reason).toBe('too many connections');
  clock.advance(waiting.waitMs);
  await served(server, phase);
  await client;
});

test('a server that falls silent for three heartbeats is left for another connection; one that speaks is not', async () => {
  await using server = await scriptedServer();
  const { clock, phase } = begin(server.url);
  const peer = await served(server, phase);
  clock.advance(10_000);
  clock.advance(10_000);
  peer.say({ type: 'heartbeat', tails: {} });
  await peer.read();
  for (let beats = 0; beats < 3; beats++) clock.advance(10_000);
  // The heartbeat falls into the first of these, so two were missed so far.
  expect(await isPending(peer.closed)).toBe(true);
  clock.advance(10_000);
  expect((await phase('waiting')).reason).toMatch(/nothing came for 3 heartbeats/);
  await peer.closed;
});

test('bye to a server that only goes on with heartbeats ends after three of them', async () => {
  await using server = await scriptedServer();
  const { client, clock, phase } = begin(server.url);
  const peer = await served(server, phase);
  const over = (await client).bye();
  await peer.expect('bye');
  for (let beats = 0; beats < 3; beats++) {
    peer.say({ type: 'heartbeat', tails: {} });
    await peer.read();
    clock.advance(10_000);
  }
  // The first was counted before bye was said.
  clock.advance(10_000);
  await over;
});

test('a server that says no welcome is given up after connectMs and tried again', async () => {
  await using server = await scriptedServer();
  const { clock, phase } = begin(server.url, { connectMs: 3_000 });
  const peer = await server.connection();
  await peer.expect('hello');
  clock.advance(3_000);
  expect((await phase('waiting')).reason).toMatch(/no welcome came within 3000 ms/);
  await peer.closed;
});

test.each([
  ['text that is no control message', (peer: Peer) => peer.socket.send('hello?')],
  ['a message of no known type', (peer: Peer) => peer.socket.send('{"type":"greetings"}')],
  ['data before welcome', (peer: Peer) => peer.lines(0, 1)],
  ['a heartbeat before welcome', (peer: Peer) => peer.say({ type: 'heartbeat', tails: {} })],
])('bad-server, and no other try: %s', async (_name, act) => {
  await using server = await scriptedServer();
  const { client } = begin(server.url);
  const peer = await server.connection();
  await peer.expect('hello');
  act(peer);
  await expect(client).rejects.toMatchObject({ code: 'bad-server' });
  await peer.closed;
});

test('a frame larger than any can be is refused before it is read', async () => {
  await using server = await scriptedServer();
  const { client } = begin(server.url);
  const peer = await server.connection();
  peer.socket.send(Buffer.alloc(1_000_161));
  await expect(client).rejects.toThrow(/Max payload size exceeded/);
  await peer.closed;
});

test('a peer that is no server of this protocol is bad-server: another protocol, 404, no HTTP; 503 is tried again', async () => {
  const other = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => false });
  await once(other, 'listening');
  const web = createServer((_request, response) => response.writeHead(status).end());
  let status = 404;
  web.on('upgrade', (_request, socket) => socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`));
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  const urlOf = (server: { address(): unknown }) => `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(begin(urlOf(other)).client).rejects.toMatchObject({ code: 'bad-server' });
  await expect(begin(urlOf(web)).client).rejects.toThrow(/HTTP status 404/);
  status = 503;
  expect((await begin(urlOf(web)).phase('waiting')).reason).toBe('HTTP status 503');
  other.close();
  web.close();
});

test.each([
  ['http://127.0.0.1', {}],
  ['no url', {}],
  ['ws://127.0.0.1/#part', {}],
  ['ws://127.0.0.1', { retry: -1 }],
  ['ws://127.0.0.1', { retry: Number.NaN }],
  ['ws://127.0.0.1', { retry: 1.5 }],
  ['ws://127.0.0.1', { connectMs: 0 }],
  ['ws://127.0.0.1', { receivedBytes: 1 }],
  ['ws://127.0.0.1', { backoff: { firstMs: 0, capMs: 1 } }],
  ['ws://127.0.0.1', { name: '' }],
  ['ws://127.0.0.1', { name: 'n'.repeat(101) }],
])('bad-option, before anything is sent: connect(%s, %o)', async (url, options) => {
  await expect(connect(url, options)).rejects.toMatchObject({ code: 'bad-option' });
});
