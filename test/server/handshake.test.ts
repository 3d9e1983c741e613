// Handshakes and frames that no honest client sends: HAND-*, MSG-3, and what else breaks WebSocket itself.
import { createServer as createHttpServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { generatedFeeds } from '../../src/generate/index.ts';
import { createServer } from '../../src/server/index.ts';
import { ManualClock } from '../support/manualClock.ts';
import { PlainPeer } from '../support/plainPeer.ts';
import { clientFrame, RawPeer, upgradeRequest } from '../support/rawPeer.ts';
import { bench, eventually } from '../support/server.ts';
import { SessionPeer } from '../support/sessionPeer.ts';

/** What a handshake is answered, and that the server ends the connection itself and keeps nothing. */
async function answered(request: string): Promise<RawPeer> {
  const { port, server, peer } = await bench();
  const raw = await RawPeer.connect(port, { halfOpen: true });
  raw.write(request);
  await raw.end();
  // The client's side is still open, and the server does not wait for it: what is sent now is answered with a reset.
  raw.write('still here');
  const chatter = setInterval(() => raw.write('still here'), 10);
  onTestFinished(() => clearInterval(chatter));
  await new Promise((resolve) => (raw.socket.closed ? resolve(undefined) : raw.socket.once('close', resolve)));
  await eventually(() => server.stats().connections === 0);
  await (await peer()).subscribe({ feed: 'counter', from: 'tail' });
  raw.destroy();
  return raw;
}

const subprotocol = 'Sec-WebSocket-Protocol';
const none = { [subprotocol]: undefined };

describe('the handshake', () => {
  const refused: readonly (readonly [name: string, status: number, request: string])[] = [
    ['HTTP/1.0', 505, upgradeRequest('/', {}, 'HTTP/1.0')],
    ['no Host', 400, upgradeRequest('/', { Host: undefined })],
    ['version 8', 426, upgradeRequest('/', { 'Sec-WebSocket-Version': '8' })],
    ['no version', 426, upgradeRequest('/', { 'Sec-WebSocket-Version': undefined })],
    ['version 13 and 8', 426, upgradeRequest('/', { 'Sec-WebSocket-Version': '13, 8' })],
    ['another subprotocol', 400, upgradeRequest('/', { [subprotocol]: 'mqtt' })],
    ['an empty subprotocol', 400, upgradeRequest('/', { [subprotocol]: '' })],
    ['our subprotocol in capitals', 400, upgradeRequest('/', { [subprotocol]: 'BLOCKFEED.V1' })],
    ['subprotocols that are no list', 400, upgradeRequest('/', { [subprotocol]: 'blockfeed.v1,,' })],
    ['/ without a subprotocol', 400, upgradeRequest('/', none)],
    ['our subprotocol at /feeds/<feed>', 400, upgradeRequest('/feeds/counter')],
    ['20 kB of headers', 431, upgradeRequest('/', { Cookie: 'x'.repeat(20_000) })],
    ['a path of 20 kB', 431, upgradeRequest(`/feeds/${'x'.repeat(20_000)}`, none)],
    ['another path', 404, upgradeRequest('/feed', {})],
    ['a path below no feed', 404, upgradeRequest('/feeds', none)],
    ['no feed', 400, upgradeRequest('/feeds/', none)],
    ['a path below a feed', 400, upgradeRequest('/feeds/counter/5', none)],
    ['half a percent sign', 400, upgradeRequest('/feeds/%', none)],
    ['percent-encoding that is none', 400, upgradeRequest('/feeds/%zz', none)],
    ['percent-encoding that is no UTF-8', 400, upgradeRequest('/feeds/%ff%fe', none)],
    ['no key', 400, upgradeRequest('/', { 'Sec-WebSocket-Key': undefined })],
    ['a short key', 400, upgradeRequest('/', { 'Sec-WebSocket-Key': 'dGhl' })],
    ['another upgrade', 400, upgradeRequest('/', { Upgrade: 'h2c' })],
    ['another method', 405, upgradeRequest('/').replace('GET', 'POST')],
    ['no HTTP at all', 400, '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n'],
  ];
  for (const [name, status, request] of refused)
    it(`HAND-1: ${name} is answered ${status}, and the connection is ended`, async () => {
      const raw = await answered(request);
      expect(raw.status, raw.head).toBe(status);
      if (status === 426) expect(raw.head).toMatch(/^Sec-WebSocket-Version: 13$/m);
    });

  it('HAND-1: our subprotocol among others is taken', async () => {
    const { port } = await bench();
    const raw = await RawPeer.connect(port);
    raw.write(upgradeRequest('/', { [subprotocol]: 'mqtt, blockfeed.v1' }));
    await raw.until(() => raw.head !== '');
    expect(raw.head).toMatch(/^Sec-WebSocket-Protocol: blockfeed.v1$/m);
    raw.destroy();
  });

  it('HAND-2: permessage-deflate is not negotiated, and no frame is compressed', async () => {
    const { port } = await bench({ feeds: { all: 'counter?rate=max' } });
    const raw = await RawPeer.connect(port);
    raw.write(
      upgradeRequest('/feeds/all?from=0&size=100', { ...none, 'Sec-WebSocket-Extensions': 'permessage-deflate' }),
    );
    await raw.until(() => raw.head !== '');
    expect(raw.head).not.toMatch(/extensions/i);
    const frame = await raw.next();
    expect(frame).toMatchObject({ reserved: 0, masked: false, fin: true, opcode: 1 });
    raw.destroy();
  });

  it('a client that says hello in the same packet as its handshake is heard', async () => {
    const { port } = await bench();
    const raw = await RawPeer.connect(port);
    const hello = clientFrame(1, JSON.stringify({ type: 'hello', client: 'quick', instance: '1' }));
    raw.write(Buffer.concat([Buffer.from(upgradeRequest()), hello]));
    expect((await raw.next()).payload.toString()).toMatch(/"welcome"/);
    raw.destroy();
  });

  it('HAND-5: more connections than the limit are refused with 503 before the upgrade, and a place is free again when one has left', async () => {
    const { peer, url, server } = await bench({ limits: { connections: 2 } });
    const first = await peer();
    await peer();
    for (const target of [url, `${url}/feeds/counter`])
      expect(await PlainPeer.refused(target, target === url ? 'blockfeed.v1' : undefined)).toMatchObject({
        status: 503,
      });
    expect(server.stats().connections).toBe(2);
    first.close();
    await eventually(() => server.stats().connections === 1);
    await peer();
  });
});

describe('frames', () => {
  const text = clientFrame(1, '{}');
  const part = (opcode: number, fin: boolean, payload = 'a') => clientFrame(opcode, payload, { fin });
  const faults: readonly (readonly [name: string, code: number, bytes: Buffer])[] = [
    ['text of 65,537 bytes', 1009, clientFrame(1, 'x'.repeat(65_537))],
    ['text that claims 2^40 bytes', 1009, clientFrame(1, '', { length: 2 ** 40 })],
    ['text that claims 2^63 bytes', 1009, Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0])],
    [
      'fragments of more than 65,536 bytes in all',
      1009,
      Buffer.concat([part(1, false, 'x'.repeat(65_000)), part(0, true, 'x'.repeat(600))]),
    ],
    ['a binary frame', 1003, clientFrame(2, 'hello')],
    ['an empty binary frame', 1003, clientFrame(2)],
    ['text that is not UTF-8', 1007, clientFrame(1, Buffer.from([0xc3, 0x28]))],
    ['text that ends inside a character', 1007, clientFrame(1, Buffer.from([0x22, 0xe2, 0x82]))],
    ['half a surrogate pair', 1007, clientFrame(1, Buffer.from([0xed, 0xa0, 0x80]))],
    ['130 fragments', 1008, Buffer.concat([part(1, false), ...Array<Buffer>(128).fill(part(0, false)), part(0, true)])],
    [
      '130 empty fragments',
      1008,
      Buffer.concat([part(1, false, ''), ...Array<Buffer>(128).fill(part(0, false, '')), part(0, true, '')]),
    ],
    ['an unmasked frame', 1002, clientFrame(1, '{}', { masked: false })],
    ...[1, 2, 4].map((reserved) => [`reserved bit ${reserved}`, 1002, clientFrame(1, '{}', { reserved })] as const),
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => [`opcode ${opcode}`, 1002, clientFrame(opcode)] as const),
    ['a ping of 126 bytes', 1002, clientFrame(9, 'x'.repeat(126))],
    ['a ping in fragments', 1002, clientFrame(9, 'x', { fin: false })],
    ['a close of 1 byte', 1002, clientFrame(8, 'x')],
    ['a close with a code that nobody may send', 1002, clientFrame(8, Buffer.from([0x03, 0xed]))],
    ['a close whose reason is not UTF-8', 1007, clientFrame(8, Buffer.from([0x03, 0xe8, 0xff]))],
    ['a continuation of nothing', 1002, part(0, true)],
    ['a second message inside the first', 1002, Buffer.concat([part(1, false), text])],
  ];
  for (const when of ['before hello', 'while data flows', 'from a plain client'])
    it(`MSG-3 and LIFE-4: each fault has its close code, and nothing comes behind the close: ${when}`, async () => {
      const { raw, server, peer, clock } = await bench({
        feeds: { all: 'counter?rate=max', counter: 'counter?rate=1000' },
      });
      const honest = await peer();
      honest.acksAll = true;
      await honest.subscribe({ feed: 'counter', from: 'tail', size: 10 });
      for (const [name, code, bytes] of faults) {
        const liar = await raw(when === 'from a plain client' ? '/feeds/all?size=10' : '/');
        if (when === 'while data flows') {
          liar.say({ type: 'hello', client: 'liar', instance: '1' });
          liar.say({
            type: 'subscribe',
            id: 1,
            feed: 'all',
            from: 0,
            size: 10,
            window: 1_000,
            windowBytes: 1_073_741_824,
          });
          await liar.next((frame) => frame.opcode === 2);
        }
        liar.write(bytes);
        expect(await liar.closeCode(), name).toBe(code);
        // Where it is the server that began to close, it awaits the answer.
        liar.write(clientFrame(8, Buffer.from([code >> 8, code & 0xff])));
        await liar.end();
        expect(liar.frames, name).toEqual([]);
        liar.destroy();
        clock.advance(20);
      }
      await eventually(() => server.stats().connections === 1);
      await honest.until(() => honest.blocks('counter').length >= faults.length);
      expect(server.stats()).toMatchObject({ connections: 1, subscriptions: 1 });
    });

  it('LIFE-4: behind a close frame nothing is sent, whatever still comes from the client', async () => {
    const { raw, clock } = await bench({ feeds: { counter: 'counter?rate=1000' } });
    const peer = await raw();
    peer.say({ type: 'hello', client: 'test', instance: '1' });
    peer.say({ type: 'subscribe', id: 1, feed: 'counter', from: 'tail', size: 1, window: 1_000 });
    await peer.next(({ payload }) => payload.includes('subscribed'));
    const late = [clientFrame(2, 'binary'), clientFrame(9, 'ping'), clientFrame(1, '{}')];
    peer.write(Buffer.concat(late));
    expect(await peer.closeCode()).toBe(1003);
    peer.say({ type: 'unsubscribe', id: 2, feed: 'counter', flush: false });
    peer.write(clientFrame(9, 'ping'));
    for (let second = 0; second < 60; second++) clock.advance(1_000);
    peer.write(clientFrame(8, Buffer.from([0x03, 0xeb])));
    await peer.end();
    expect(peer.frames).toEqual([]);
  });

  it('MSG-3: 65,536 bytes, 127 fragments and pings among them are taken', async () => {
    const { raw } = await bench();
    const peer = await raw();
    const hello = JSON.stringify({ type: 'hello', client: 'test', instance: '1' });
    const padded = hello + ' '.repeat(65_536 - hello.length);
    const size = Math.ceil(padded.length / 127);
    for (let index = 0; index < 127; index++) {
      peer.write(part(index === 0 ? 1 : 0, index === 126, padded.slice(index * size, (index + 1) * size)));
      if (index === 50) peer.write(clientFrame(9, 'ping'));
    }
    // A pong comes at the end of a turn, so after or before what was said in it.
    const [first, second] = [await peer.next(), await peer.next()];
    const [pong, welcome] = first.opcode === 10 ? [first, second] : [second, first];
    expect(pong).toMatchObject({ opcode: 10, payload: Buffer.from('ping') });
    expect(welcome.payload.toString()).toMatch(/"welcome"/);
  });

  it('a close is answered with its code at every step, and nothing of the client is kept', async () => {
    const clock = new ManualClock();
    const { raw, server } = await bench({ clock, feeds: { all: 'counter?rate=max' } });
    const pending = clock.pending;
    const steps: object[] = [
      { type: 'hello', client: 'test', instance: '1' },
      {
        type: 'subscribe',
        id: 1,
        feed: 'all',
        from: 0,
        size: 10,
        wait: 1_000_000,
        window: 1_000,
        windowBytes: 1_073_741_824,
      },
      { type: 'subscribe', id: 1, feed: 'counter?seed=5', from: 'latest', wait: 60_000_000 },
      { type: 'unsubscribe', id: 2, feed: 'all', flush: true },
      { type: 'bye' },
    ];
    for (let count = 0; count <= steps.length; count++)
      for (const way of ['close', 'end', 'reset', 'close without a code']) {
        const peer = await raw();
        for (const step of steps.slice(0, count)) peer.say(step);
        if (count > 0) await peer.next();
        if (way === 'close') {
          peer.write(clientFrame(8, Buffer.from([0x0f, 0xa5])));
          const code = await peer.closeCode();
          expect([4005, 1000]).toContain(code);
        } else if (way === 'close without a code') {
          peer.write(clientFrame(8));
          expect([1005, 1000]).toContain(await peer.closeCode());
        } else if (way === 'end') peer.socket.end();
        else peer.socket.resetAndDestroy();
        await peer.end();
        peer.destroy();
        await eventually(() => server.stats().connections === 0);
        expect(server.stats()).toMatchObject({ subscriptions: 0, unsentBytes: 0, cachedBytes: 0 });
        expect(clock.pending, `${count} ${way}`).toBe(pending);
      }
  });
});

describe('attached to an http.Server that exists', () => {
  const attached = async (path?: string) => {
    const http = createHttpServer((request, response) => {
      // As many do: the answer comes later.
      setImmediate(() => response.end(`theirs ${request.url}`));
    });
    const other = new WebSocketServer({ noServer: true });
    http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      if (request.url === '/other') other.handleUpgrade(request, socket, head, (webSocket) => webSocket.send('theirs'));
    });
    const clock = new ManualClock();
    const server = createServer({ clock, maker: generatedFeeds });
    server.attach(http, path);
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const { port } = http.address() as AddressInfo;
    onTestFinished(async () => {
      const closed = server.close();
      server.terminate();
      await closed;
      http.closeAllConnections();
      http.close();
    });
    return { http, server, port };
  };
  const body = async (port: number, path: string): Promise<string> =>
    await new Promise((resolve, reject) => {
      get({ port, path, host: '127.0.0.1', agent: false }, (response) => {
        let text = '';
        response.on('data', (bytes: Buffer) => {
          text += bytes.toString();
        });
        response.on('end', () => resolve(`${response.statusCode} ${text}`));
      }).on('error', reject);
    });

  for (const path of [undefined, '/live', '/live/'])
    it(`beside others, at ${path ?? '/'}: each has its own`, async () => {
      const { http, server, port } = await attached(path);
      const base = path === undefined ? '' : '/live';
      const session = await SessionPeer.open(`ws://127.0.0.1:${port}${base === '' ? '/' : base}`);
      await session.subscribe({ feed: 'counter', from: 'tail' });
      const plain = await PlainPeer.open(`ws://127.0.0.1:${port}${base}/feeds/counter?from=0&size=1`);
      await plain.until(() => plain.frames.length > 0);
      const theirs = new WebSocket(`ws://127.0.0.1:${port}/other`);
      const said = await new Promise<string>((resolve) => theirs.on('message', (data) => resolve(data.toString())));
      expect(said).toBe('theirs');
      expect(await body(port, `${base}/feeds`)).toMatch(/^200 {\s*"feeds"/);
      expect(await body(port, `${base}/feeds/counter`)).toMatch(/^426/);
      expect(await body(port, '/page')).toBe('200 theirs /page');
      expect(await body(port, '/')).toBe('200 theirs /');
      expect(await body(port, '/livewire')).toBe('200 theirs /livewire');
      session.close();
      plain.close();
      theirs.terminate();
      await eventually(() => server.stats().connections === 0);
      await server.close();
      expect(await body(port, `${base}/feeds`)).toBe(`200 theirs ${base}/feeds`);
      expect(http.listenerCount('upgrade')).toBe(1);
    });

  it('alone, an upgrade of a path that nobody serves is refused, not left hanging', async () => {
    const { http, port } = await attached('/live');
    http.removeListener('upgrade', http.listeners('upgrade')[0] as () => void);
    expect(await PlainPeer.refused(`ws://127.0.0.1:${port}/nowhere`)).toMatchObject({ status: 404 });
  });
});
