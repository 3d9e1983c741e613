// Beside whatever else listens on an http.Server, before or after: each has its own requests and upgrades.
import { createServer as createHttpServer, get, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { generatedFeeds } from '../../src/generate/index.ts';
import { type BlockfeedServer, createServer } from '../../src/server/index.ts';
import { ManualClock } from '../support/manualClock.ts';
import { PlainPeer } from '../support/plainPeer.ts';
import { RawPeer, upgradeRequest } from '../support/rawPeer.ts';
import { SessionPeer } from '../support/sessionPeer.ts';

async function listening(http: HttpServer): Promise<number> {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return (http.address() as AddressInfo).port;
}

function ours(): BlockfeedServer {
  const server = createServer({ clock: new ManualClock(), maker: generatedFeeds });
  onTestFinished(async () => {
    const closed = server.close();
    server.terminate();
    await closed;
  });
  return server;
}

async function body(port: number, path: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    get({ port, path, host: '127.0.0.1', agent: false }, (response) => {
      let text = '';
      response.on('data', (bytes: Buffer) => {
        text += bytes.toString();
      });
      response.on('end', () => resolve(`${response.statusCode} ${text}`));
    }).on('error', reject);
  });
}

/** What the other WebSocket server says to whoever connects. */
async function theirs(port: number, path: string): Promise<string> {
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
  return await new Promise((resolve, reject) => {
    webSocket.on('error', reject);
    webSocket.on('message', (data) => {
      resolve(data.toString());
      webSocket.terminate();
    });
  });
}

/** Sessions, plain clients and the list are ours; the rest is the others'. */
async function eachHasItsOwn(port: number, base: string, theirPath: string): Promise<void> {
  const session = await SessionPeer.open(`ws://127.0.0.1:${port}${base}/`);
  await session.subscribe({ feed: 'counter', from: 'tail' });
  session.close();
  const plain = await PlainPeer.open(`ws://127.0.0.1:${port}${base}/feeds/counter?from=0&size=1`);
  await plain.until(() => plain.frames.length > 0);
  plain.close();
  expect(await body(port, `${base}/feeds`)).toMatch(/^200 {\s*"feeds"/);
  expect(await theirs(port, theirPath)).toBe('theirs');
  expect(await body(port, '/page')).toBe('200 theirs /page');
}

describe('attached to an http.Server beside others', () => {
  for (const [base, theirPath] of [
    ['', '/'],
    ['', '/other'],
    ['/live', '/other'],
  ] as const)
    for (const order of ['before', 'after'])
      it(`that came ${order} it: a WebSocket server at ${theirPath} and request listeners, ours at ${base}/`, async () => {
        const http = createHttpServer();
        const server = ours();
        const attachTheirs = () => {
          // As many do: the answer comes later.
          http.on('request', (request, response) => setImmediate(() => response.end(`theirs ${request.url}`)));
          const other = new WebSocketServer({ server: http, path: theirPath });
          other.on('connection', (webSocket) => webSocket.send('theirs'));
        };
        if (order === 'before') attachTheirs();
        server.attach(http, `${base}/`);
        if (order === 'after') attachTheirs();
        const port = await listening(http);
        await eachHasItsOwn(port, base, theirPath);
        await server.close();
        expect(await body(port, `${base}/feeds`)).toBe(`200 theirs ${base}/feeds`);
        expect(await theirs(port, theirPath)).toBe('theirs');
      });

  it('two servers of ours at two paths, detached in either order, leave nothing behind', async () => {
    for (const first of [0, 1]) {
      const http = createHttpServer((request, response) => response.end(`theirs ${request.url}`));
      const listeners = http.listenerCount('upgrade');
      const servers = [ours(), ours()] as const;
      servers[0].attach(http, '/one');
      servers[1].attach(http, '/two');
      const port = await listening(http);
      for (const path of ['/one', '/two']) expect(await body(port, `${path}/feeds`)).toMatch(/^200 {/);
      await servers[first]?.close();
      expect(await body(port, first === 0 ? '/one/feeds' : '/two/feeds')).toMatch(/^200 theirs/);
      expect(await body(port, first === 0 ? '/two/feeds' : '/one/feeds')).toMatch(/^200 {/);
      await servers[1 - first]?.close();
      expect(Object.hasOwn(http, 'emit')).toBe(false);
      expect(http.listenerCount('upgrade')).toBe(listeners);
    }
  });

  for (const count of [1, 2])
    it(`each of two paths has its upgrades where nobody else listens, of ${count === 1 ? 'one server' : 'two servers'}`, async () => {
      const http = createHttpServer();
      const first = ours();
      first.attach(http, '/one');
      (count === 1 ? first : ours()).attach(http, '/two');
      const port = await listening(http);
      for (const path of ['/one', '/two']) {
        const session = await SessionPeer.open(`ws://127.0.0.1:${port}${path}/`);
        await session.subscribe({ feed: 'counter', from: 'tail' });
        session.close();
        const plain = await PlainPeer.open(`ws://127.0.0.1:${port}${path}/feeds/counter?from=0&size=1`);
        await plain.until(() => plain.frames.length > 0);
        plain.close();
      }
      // What is nobody's is refused, and not left without an answer.
      const raw = await RawPeer.connect(port);
      raw.write(upgradeRequest('/three'));
      await raw.end();
      expect(raw.status).toBe(404);
    });

  it('somebody who wraps the server after it is not undone when it leaves', async () => {
    const http = createHttpServer((_request, response) => response.end('theirs'));
    const server = ours();
    server.attach(http, '/live');
    const emit = http.emit;
    let seen = 0;
    const wrapping: typeof emit = (event: string | symbol, ...args: unknown[]) => {
      if (event === 'request') seen++;
      return (emit as (event: string | symbol, ...args: unknown[]) => boolean).call(http, event, ...args);
    };
    http.emit = wrapping;
    const port = await listening(http);
    expect(await body(port, '/live/feeds')).toMatch(/^200 {/);
    await server.close();
    expect(http.emit).toBe(wrapping);
    expect(await body(port, '/live/feeds')).toBe('200 theirs');
    expect(seen).toBe(2);
  });
});
