// What the client needs of a platform, asked of each. The browser's file runs here on a stand-in for the browser's
// WebSocket, the one of ws, which has the same interface; a real browser has its own test.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Client } from '../../src/client/client.ts';
import { platform as node } from '../../src/client/platform.node.ts';
import type { Platform, SocketEnd } from '../../src/client/platform.ts';
import { Arrivals } from '../support/arrivals.ts';
import { linesOf, scriptedServer } from '../support/scriptedServer.ts';

/** A browser's socket does not throw the errors to which nobody listens. */
class BrowserSocket extends WebSocket {
  constructor(url: string, subprotocol: string) {
    super(url, subprotocol);
    this.on('error', () => undefined);
  }
}

vi.stubGlobal('WebSocket', BrowserSocket);
vi.stubGlobal('navigator', { userAgent: `Browser/1 ${'x'.repeat(200)}` });
const { platform: browser } = await import('../../src/client/platform.browser.ts');
afterAll(() => vi.unstubAllGlobals());

function open(platform: Platform, url: string) {
  const came = new Arrivals<unknown>();
  const socket = platform.openSocket(url, 'blockfeed.v1', {
    opened: () => came.add('opened'),
    answered: (what) => came.add(what),
    text: (text) => came.add(text),
    piece: () => undefined,
    arriving: () => undefined,
    data: (bytes) => came.add(bytes),
    closed: (end) => came.add(end),
  });
  return { socket, came };
}

describe.each([
  ['node', node],
  ['browser', browser],
] as const)('on %s', (name, platform) => {
  test('opens with the subprotocol, sends text, hands out text and bytes, closes with the code of the peer', async () => {
    await using server = await scriptedServer();
    const { socket, came } = open(platform, server.url);
    const peer = await server.connection();
    expect(await came.next()).toBe('opened');
    expect(peer.socket.protocol).toBe('blockfeed.v1');
    // HAND-2: what a browser offers is its own; servers decline it.
    expect(peer.socket.extensions).toBe(name === 'node' ? '' : 'permessage-deflate');
    socket.send('{"type":"bye"}');
    await peer.expect('bye');
    peer.socket.send('text with ü');
    expect(await came.next()).toBe('text with ü');
    peer.socket.send(Buffer.from([0, 255]));
    expect(Array.from((await came.next()) as Uint8Array)).toEqual([0, 255]);
    peer.socket.close(1012, 'restart');
    expect(await came.next()).toEqual({ code: 1012, reason: 'restart', error: undefined });
    socket.send('after the end nothing is sent and nothing thrown');
  });

  test('close and cut end it, once', async () => {
    await using server = await scriptedServer();
    const closing = open(platform, server.url);
    const peer = await server.connection();
    await closing.came.next();
    closing.socket.close(1000, '');
    expect(await peer.closed).toBe(1000);
    expect(await closing.came.next()).toMatchObject({ code: 1000 });
    const cutting = open(platform, server.url);
    const second = await server.connection();
    await cutting.came.next();
    cutting.socket.cut();
    expect(await second.closed).toBeGreaterThan(1000);
    await cutting.came.next();
    expect([closing.came.waiting, cutting.came.waiting]).toEqual([0, 0]);
  });

  test('a dead address is closed with 1006, and is worth another try', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const end = (await open(platform, `ws://127.0.0.1:${port}`).came.next()) as SocketEnd;
    expect(end).toMatchObject({ code: 1006, error: undefined });
  });

  test('soon acts in a later turn, in order', async () => {
    const order: string[] = [];
    const acted = new Promise<void>((resolve) => {
      platform.soon(() => order.push('first'));
      platform.soon(() => {
        order.push('second');
        resolve();
      });
    });
    await Promise.resolve();
    order.push('now');
    await acted;
    expect(order).toEqual(['now', 'first', 'second']);
  });

  test('carries a client: blocks and acks', async () => {
    await using server = await scriptedServer();
    const connected = Client.connect(platform, server.url, {});
    const peer = await server.connection();
    const hello = await peer.expect('hello');
    expect(hello.client).toMatch(name === 'node' ? /^blockfeed on node 2\d/ : /^blockfeed on Browser\/1 x{60,}$/);
    peer.say({ type: 'welcome', server: 's', session: 's', heartbeat: 10_000_000, subscriptions: 64, features: [] });
    const client = await connected;
    const subscription = client.subscribe('user', { size: 5 });
    await peer.subscribe();
    peer.frame(0, 5, 'size');
    for await (const block of subscription) {
      expect(Buffer.from(block.lines).toString()).toBe(linesOf(0, 5));
      await block.ack();
      break;
    }
    expect((await peer.expect('ack')).to).toBe(5);
    await client.close();
    expect(await peer.closed).toBe(1000);
  });
});

test('what has to be heard where nobody listens is in the browser a warning of the console', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  browser.warn('it stands still');
  expect(warn.mock.calls).toEqual([['it stands still']]);
  warn.mockRestore();
});

test('in a browser, whose sockets cannot be paused, a window of 1 MiB is asked for where none is stated', async () => {
  await using server = await scriptedServer();
  const connected = Client.connect(browser, server.url, {});
  const peer = await server.welcomed();
  const client = await connected;
  client.subscribe('user');
  expect(await peer.subscribe()).toMatchObject({ windowBytes: 1_048_576 });
  client.subscribe('array', { windowBytes: 2_000 });
  expect(await peer.subscribe()).toMatchObject({ windowBytes: 2_000 });
  await client.close();
});

test('a browser that forbids the connection ends it with what to do', async () => {
  vi.stubGlobal(
    'WebSocket',
    class {
      constructor() {
        throw new Error('SecurityError: insecure');
      }
    },
  );
  await expect(Client.connect(browser, 'ws://127.0.0.1:1', {})).rejects.toMatchObject({ code: 'bad-option' });
});
