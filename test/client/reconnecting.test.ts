// What answers in place of a server while a client reconnects: a proxy whose server starts, a page, another protocol. It
// passes, and is told. Before the first welcome it is taken at its word.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { firstLine } from '../../src/client/answer.ts';
import { Client } from '../../src/client/client.ts';
import { platform } from '../../src/client/platform.node.ts';
import { type ConnectionState, connect, type Subscription } from '../../src/index.ts';
import { Arrivals } from '../support/arrivals.ts';
import { ManualClock } from '../support/manualClock.ts';
import { linesOf, Peer, ScriptedServer, scriptedServer } from '../support/scriptedServer.ts';

const head = (status: string, body: string) =>
  `HTTP/1.1 ${status}\r\nContent-Type: text/html\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** An address at which somebody else answers while `instead` is set. */
async function address() {
  const peers = new Arrivals<Peer>();
  const server = new WebSocketServer({ noServer: true });
  const place: { http: Server; url: string; instead: ((socket: Socket, key: string) => void) | undefined } = {
    http: createServer(),
    url: '',
    instead: undefined,
  };
  place.http.on('upgrade', (request, socket: Socket, rest) => {
    socket.on('error', () => undefined);
    if (place.instead !== undefined) return place.instead(socket, request.headers['sec-websocket-key'] ?? '');
    server.handleUpgrade(request, socket, rest, (webSocket) => peers.add(new Peer(webSocket)));
  });
  const sockets = new Set<Socket>();
  place.http.on('connection', (socket) => sockets.add(socket));
  place.http.listen(0, '127.0.0.1');
  await once(place.http, 'listening');
  place.url = `ws://127.0.0.1:${(place.http.address() as AddressInfo).port}`;
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    place.http.close();
    await once(place.http, 'close');
  });
  const welcomed = async () => {
    const peer = await peers.next();
    await ScriptedServer.welcome(peer);
    return peer;
  };
  return { place, welcomed };
}

const refusals: [string, (socket: Socket, key: string) => void, RegExp][] = [
  [
    '404 with a reason',
    (socket) => socket.end(head('404 Not Found', '404, says a proxy\nand more')),
    /answered the handshake with HTTP status 404: 404, says a proxy$/,
  ],
  [
    'a page of 502 that comes as 200',
    (socket) => socket.end(head('200 OK', '<html>\r\n<head><title>502 Bad Gateway</title></head>')),
    /HTTP status 200: 502 Bad Gateway$/,
  ],
  ['401', (socket) => socket.end(head('401 Unauthorized', '')), /HTTP (status )?401\b/],
  ['what is not HTTP', (socket) => socket.end('220 mail.example ESMTP\r\n'), /Parse Error|HTTP/],
  [
    'a handshake that is wrong',
    (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
    /Sec-WebSocket-Accept/,
  ],
];

test.each(refusals)('%s while reconnecting passes, and is told; the client goes on', async (_name, instead, reason) => {
  const { place, welcomed } = await address();
  const clock = new ManualClock();
  const waiting = new Arrivals<Extract<ConnectionState, { phase: 'waiting' }>>();
  const connected = connect(place.url, {
    clock,
    random: () => 0,
    onState: (state) => state.phase === 'waiting' && waiting.add(state),
  });
  const peer = await welcomed();
  const client = await connected;
  const subscription = client.subscribe('user', { size: 5 });
  await peer.subscribe();
  place.instead = instead;
  await peer.crash();
  await waiting.next();
  for (let tries = 0; tries < 3; tries++) {
    clock.advance(0);
    expect((await waiting.next()).reason).toMatch(reason);
  }
  place.instead = undefined;
  clock.advance(0);
  const again = await welcomed();
  await again.subscribe();
  again.frame(0, 5, 'size');
  expect((await subscription.parts().next()).value).toMatchObject({ to: 5 });
  await client.close();
});

test.each(refusals)('%s before the first welcome is bad-server', async (_name, instead, reason) => {
  const { place } = await address();
  place.instead = instead;
  const connecting = connect(place.url);
  await expect(connecting).rejects.toMatchObject({ code: 'bad-server' });
  await expect(connecting).rejects.toThrow(reason);
});

test('a second connection of a client passes over what the first would: its server was met', async () => {
  const { place, welcomed } = await address();
  const clock = new ManualClock();
  const waiting = new Arrivals<string>();
  const connected = connect(place.url, {
    clock,
    random: () => 0,
    onState: (state) => state.phase === 'waiting' && waiting.add(`${state.connection} ${state.reason}`),
  });
  const peer = await welcomed();
  const client = await connected;
  client.subscribe('user', { delivery: 'message' });
  await peer.subscribe();
  place.instead = (socket) => socket.end(head('404 Not Found', 'not yet'));
  client.subscribe('array');
  expect(await waiting.next()).toMatch(/^1 .*404: not yet/);
  place.instead = undefined;
  clock.advance(0);
  expect(await (await welcomed()).subscribe()).toMatchObject({ feed: 'array' });
  await client.close();
});

test.each([
  ['another subprotocol', 1000],
  ['a close code of a refusal', 4404],
])('%s, or nonsense, in place of welcome passes too: closed with %s', async (_name, code) => {
  const { place, welcomed } = await address();
  const clock = new ManualClock();
  const waiting = new Arrivals<string>();
  const onState = (state: ConnectionState) => state.phase === 'waiting' && waiting.add(state.reason);
  const connected = connect(place.url, { clock, random: () => 0, onState });
  const peer = await welcomed();
  const client = await connected;
  const other = new WebSocketServer({ noServer: true });
  place.http.removeAllListeners('upgrade');
  let kind = 0;
  place.http.on('upgrade', (request, socket: Socket, rest) =>
    other.handleUpgrade(request, socket, rest, (webSocket) => {
      if (kind++ === 0) webSocket.close(code, 'not here');
      else webSocket.send('<html>');
    }),
  );
  await peer.crash();
  await waiting.next();
  clock.advance(0);
  expect(await waiting.next()).toMatch(/not here/);
  clock.advance(0);
  expect(await waiting.next()).toMatch(/not understood/);
  await client.close();
});

test('a server that turns the client away with its own words while it reconnects is taken at its word', async () => {
  const { place, welcomed } = await address();
  const clock = new ManualClock();
  const waiting = new Arrivals<string>();
  const onState = (state: ConnectionState) => state.phase === 'waiting' && waiting.add(state.reason);
  const connected = connect(place.url, { clock, random: () => 0, onState });
  const peer = await welcomed();
  const client = await connected;
  const user = client.subscribe('user');
  await peer.subscribe();
  const other = new WebSocketServer({ noServer: true });
  place.http.removeAllListeners('upgrade');
  place.http.on('upgrade', (request, socket: Socket, rest) =>
    other.handleUpgrade(request, socket, rest, (webSocket) =>
      webSocket.send(JSON.stringify({ type: 'error', code: 'not-allowed-any-more', message: 'no', hint: 'Ask.' })),
    ),
  );
  await peer.crash();
  await waiting.next();
  clock.advance(0);
  await expect(user.parts().next()).rejects.toMatchObject({ code: 'refused', message: 'no' });
  await client.close();
});

test('an answer that never ends costs no more than the time of a try, and is told then', async () => {
  const { place } = await address();
  const clock = new ManualClock();
  const answered = new Arrivals<string>();
  const waiting = new Arrivals<string>();
  const controller = new AbortController();
  place.instead = (socket) => socket.write('HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwhy\r\n');
  const watched = {
    ...platform,
    openSocket: (...[url, subprotocol, events]: Parameters<typeof platform.openSocket>) =>
      platform.openSocket(url, subprotocol, {
        ...events,
        answered(what) {
          events.answered(what);
          answered.add(what);
        },
      }),
  };
  const connecting = Client.connect(watched, place.url, {
    clock,
    onState: (state) => state.phase === 'waiting' && waiting.add(state.reason),
    signal: controller.signal,
  });
  expect(await answered.next()).toBe('it answered the handshake with HTTP status 404');
  clock.advance(20_000);
  expect(await waiting.next()).toMatch(
    /no welcome came within 20000 ms; it answered the handshake with HTTP status 404/,
  );
  controller.abort(new Error('enough'));
  await expect(connecting).rejects.toThrow('enough');
});

test('of an answer the first line with text is told, without markup, control characters and more than 200 characters', () => {
  const line = (text: string) => firstLine(Buffer.from(text));
  expect(line('404, says a proxy\nmore')).toBe('404, says a proxy');
  expect(line('\r\n \r\n<!doctype html><title>Not\u0000 yet\u001b[31m\u202e</title>')).toBe('Not yet[31m');
  expect(line('')).toBe('');
  expect(line('<p>')).toBe('');
  expect(line('x'.repeat(1_000))).toHaveLength(200);
  expect(line('\ufffd\ud83d\ude00'.repeat(150))).toHaveLength(300);
});

test('a feed that is subscribed when onState tells that the client is live again is asked for once', async () => {
  await using server = await scriptedServer();
  let lives = 0;
  let added: Subscription | undefined;
  const connected = connect(server.url, {
    backoff: { firstMs: 1, capMs: 1 },
    onState: ({ phase }) => {
      if (phase === 'live' && ++lives === 2) added = client.subscribe('array', { size: 5 });
    },
  });
  const peer = await server.welcomed();
  const client = await connected;
  client.subscribe('user', { size: 5 });
  await peer.subscribe();
  await peer.crash();
  const again = await server.welcomed();
  expect([(await again.subscribe()).feed, (await again.subscribe()).feed]).toEqual(['user', 'array']);
  expect(await added?.opened).toMatchObject({ feed: 'array' });
  await again.read();
  expect(again.unexpected).toBe(0);
  await client.close();
});

test('SUB-3: a client that comes back and is let carry fewer subscriptions moves the others, with all they hold', async () => {
  await using server = await scriptedServer();
  const connected = connect(server.url, { backoff: { firstMs: 1, capMs: 1 } });
  const peer = await server.welcomed();
  const client = await connected;
  const [, , tick] = ['user', 'array', 'tick'].map((feed) => client.subscribe(feed, { size: 5 }));
  for (let asked = 0; asked < 3; asked++) await peer.subscribe();
  peer.frame(0, 5, 'size', linesOf(0, 5), 'tick');
  await peer.crash();
  const again = await server.welcomed(10_000_000, 2);
  expect([(await again.subscribe()).feed, (await again.subscribe()).feed]).toEqual(['user', 'array']);
  const other = await server.welcomed(10_000_000, 2);
  expect(await other.subscribe()).toMatchObject({ feed: 'tick', from: 5 });
  const blocks = tick?.[Symbol.asyncIterator]();
  for (const to of [5, 10]) {
    if (to === 10) other.frame(5, 10, 'size', linesOf(5, 10), 'tick');
    const block = (await blocks?.next())?.value;
    expect(block).toMatchObject({ to });
    await block?.ack();
    expect(await other.expect('ack')).toMatchObject({ feed: 'tick', to });
  }
  expect(again.unexpected).toBe(0);
  await client.close();
});

test('SUB-3: a further connection carries no more than the first was let, so no feed waits in vain', async () => {
  await using server = await scriptedServer();
  const connected = connect(server.url);
  const peer = await server.welcomed(10_000_000, 2);
  const client = await connected;
  const feeds = ['a', 'b', 'c', 'd', 'e'];
  const all = feeds.map((feed) => client.subscribe(feed, { size: 5 }));
  const peers = [peer, await server.welcomed(10_000_000, 2), await server.welcomed(10_000_000, 2)];
  for (const [index] of feeds.entries()) await peers[Math.floor(index / 2)]?.subscribe();
  expect((await Promise.all(all.map(({ opened }) => opened))).map(({ feed }) => feed)).toEqual(feeds);
  await client.close();
});
