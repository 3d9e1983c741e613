// Which web pages may read a server: HAND-3 and HAND-4. A browser connects to localhost for any page; it only says which.
import { createServer as createHttpServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { generatedFeeds } from '../../src/generate/index.ts';
import { createServer } from '../../src/server/index.ts';
import { isLoopback } from '../../src/server/origins.ts';
import { ManualClock } from '../support/manualClock.ts';
import { RawPeer, upgradeRequest } from '../support/rawPeer.ts';
import { bench } from '../support/server.ts';

interface Asked {
  readonly origin?: string;
  readonly host?: string;
}

const listed = ['https://app.example', 'http://localhost:3000/', 'https://feeds.example:8443'];

/** What an upgrade to a session and to a feed, and a request for the list, are answered. */
async function statuses(port: number, { origin, host = `127.0.0.1:${port}` }: Asked): Promise<readonly number[]> {
  const upgraded = async (target: string, subprotocol: string | undefined) => {
    const raw = await RawPeer.connect(port);
    raw.write(upgradeRequest(target, { Host: host, Origin: origin, 'Sec-WebSocket-Protocol': subprotocol }));
    await raw.until(() => raw.head !== '');
    raw.destroy();
    return raw.status;
  };
  const list = await listOf(port, { origin, host });
  return [await upgraded('/', 'blockfeed.v1'), await upgraded('/feeds/counter', undefined), list.status];
}

async function listOf(port: number, { origin, host }: { origin: string | undefined; host: string }) {
  const headers = { host, ...(origin === undefined ? {} : { origin }) };
  return await new Promise<{ status: number; shared: string | undefined }>((resolve, reject) => {
    get({ port, path: '/feeds', host: '127.0.0.1', agent: false, headers }, (response) => {
      response.resume();
      const { 'access-control-allow-origin': shared } = response.headers;
      resolve({ status: response.statusCode ?? 0, shared });
    }).on('error', reject);
  });
}

const taken = [101, 101, 200];
const forbidden = [403, 403, 403];

describe('a server on loopback', () => {
  it('HAND-3: is read by programs, by its own pages and by those of listed origins', async () => {
    const { port } = await bench({ origins: listed });
    const own = [`http://127.0.0.1:${port}`, `https://127.0.0.1:${port}`, `HTTP://127.0.0.1:${port}`];
    for (const origin of [undefined, ...own, 'https://app.example', 'HTTPS://APP.EXAMPLE', 'http://localhost:3000'])
      expect(await statuses(port, origin === undefined ? {} : { origin }), origin).toEqual(taken);
  });

  it('HAND-3: is not read by any other page, also not by one without an origin', async () => {
    const { port } = await bench({ origins: listed });
    for (const origin of [
      'https://evil.example',
      'http://app.example',
      'https://app.example:444',
      'https://app.example.evil.example',
      `http://127.0.0.1:${port + 1}`,
      `http://localhost:${port}`,
      `http://127.0.0.1:${port}.evil.example`,
      'null',
      'file://',
      'nonsense',
      '',
    ])
      expect(await statuses(port, { origin }), origin).toEqual(forbidden);
  });

  it('HAND-3: pages opened from files read it where `null` is listed, every page where * is', async () => {
    const files = await bench({ origins: ['null'] });
    for (const origin of ['null', 'file://']) expect(await statuses(files.port, { origin })).toEqual(taken);
    expect(await statuses(files.port, { origin: 'https://app.example' })).toEqual(forbidden);
    const all = await bench({ origins: ['*'] });
    for (const origin of ['null', 'https://evil.example'])
      expect(await statuses(all.port, { origin, host: 'evil.example' })).toEqual(taken);
  });

  it('HAND-4: takes no name that is none of this machine, unless an origin of that host is listed', async () => {
    const { port } = await bench({ origins: listed });
    const names = [
      `localhost:${port}`,
      'LOCALHOST',
      `127.8.9.10:${port}`,
      `[::1]:${port}`,
      'app.example',
      'feeds.example:8443',
    ];
    for (const host of names) expect(await statuses(port, { host }), host).toEqual(taken);
    const others = [
      `evil.example:${port}`,
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '10.0.0.1',
      'feeds.example',
    ];
    for (const host of others) {
      expect(await statuses(port, { host }), host).toEqual(forbidden);
      expect(await statuses(port, { host, origin: `http://${host}` }), host).toEqual(forbidden);
    }
  });

  it('tells a browser that a page of a listed origin may read the list', async () => {
    const { port } = await bench({ origins: listed });
    const host = `127.0.0.1:${port}`;
    expect((await listOf(port, { host, origin: 'https://app.example' })).shared).toBe('https://app.example');
    expect((await listOf(port, { host, origin: 'https://evil.example' })).shared).toBeUndefined();
    expect((await listOf(port, { host, origin: undefined })).shared).toBeUndefined();
  });
});

it('HAND-4: a server is on loopback by the address that it got, whatever it was called', async () => {
  const server = createServer({ clock: new ManualClock(), maker: generatedFeeds });
  onTestFinished(async () => await server.close());
  // Short for 127.0.0.1, and in none of the usual forms.
  const { port } = await server.listen({ host: '127.1' });
  expect(await statuses(port, { host: 'evil.example' })).toEqual(forbidden);
  for (const address of ['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1', '::FFFF:127.0.0.1'])
    expect(isLoopback(address), address).toBe(true);
  for (const address of ['0.0.0.0', '::', '10.0.0.1', '::ffff:10.0.0.1', '128.0.0.1'])
    expect(isLoopback(address), address).toBe(false);
});

it('HAND-3 and HAND-4: attached to a server that has its own names, it is read by pages of the name it is asked under', async () => {
  const http = createHttpServer();
  const server = createServer({ feeds: {} });
  server.attach(http);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  onTestFinished(async () => {
    await server.close();
    http.closeAllConnections();
    http.close();
  });
  const at = async (host: string, origin: string) => (await listOf(port, { host, origin })).status;
  expect(await at('feeds.example', 'https://feeds.example')).toBe(200);
  expect(await at('feeds.example', 'https://evil.example')).toBe(403);
});

it('an origin that is none is a bad-option', () => {
  for (const origin of ['app.example', 'https://app.example/page', 'file://', 'ws://app.example', '', 'https://*'])
    expect(() => createServer({ feeds: {}, origins: [origin] }), origin).toThrow(
      expect.objectContaining({ code: 'bad-option', about: 'origins' }),
    );
});
