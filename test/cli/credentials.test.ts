// A user and a password in a server's address: every command uses them, and nothing shows or stores the password.
import { readdir, readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { generatedFeeds } from '../../src/generate/index.ts';
import { connect } from '../../src/index.ts';
import { createServer } from '../../src/server/index.ts';
import { temporaryFolder } from '../end-to-end/processes.ts';
import { blockfeed, type Ended } from './command.ts';

const user = 'us:er';
const password = `p@ss/wö'rd%`;
const stated = `us%3Aer:p%40ss%2Fw%C3%B6'rd%25`;
/** The password as it may be shown by mistake. */
const leaks = [password, 'p%40ss', 'w%C3%B6', 'wö', "'rd", Buffer.from(`us:er:${password}`).toString('base64')];

/** A server behind a proxy that lets nobody in without the password; resolves with its host and port. */
async function guardedServer(): Promise<string> {
  const server = createServer({ maker: generatedFeeds, feeds: { counter: 'counter?rate=100' } });
  const inner = createHttpServer();
  server.attach(inner);
  const wanted = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const isLetIn = ({ headers }: IncomingMessage): boolean => headers.authorization === wanted;
  const outer = createHttpServer((request, response) => {
    if (isLetIn(request)) inner.emit('request', request, response);
    else response.writeHead(401).end();
  });
  outer.on('upgrade', (request, socket, head) => {
    if (isLetIn(request)) inner.emit('upgrade', request, socket, head);
    else socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
  });
  await new Promise<void>((resolve) => outer.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await server.close();
    outer.close();
    outer.closeAllConnections();
  });
  return `127.0.0.1:${(outer.address() as AddressInfo).port}`;
}

function expectNoLeak(text: string): void {
  for (const leak of leaks) expect(text).not.toContain(leak);
}

const short = '--size 1 --clients 1 --delivery block --rate 1000 --rounds 1 --measure 50ms --warm-up 0ms --workers 1';

test.each([
  ['feeds', []],
  ['collect', ['counter', '--size', '1', '-n', '1']],
  ['study', short.split(' ')],
] as const)('%s gets in with the password of its URL, percent-encoded as it must be', async (command, args) => {
  const { exitCode, stdout, stderr } = await blockfeed(command, `ws://${stated}@${await guardedServer()}`, ...args);
  expect(exitCode, stderr).toBe(0);
  expectNoLeak(stdout + stderr);
});

test('what a study and a collector leave in their folders has no password, and such a study goes on', async () => {
  const host = await guardedServer();
  const [out, blocks] = [await temporaryFolder(), await temporaryFolder()];
  const args = [`ws://${stated}@${host}`, ...short.split(' '), '--out', out];
  expect((await blockfeed('study', ...args)).exitCode).toBe(0);
  const resumed = await blockfeed('study', ...args, '--resume');
  expect(resumed.exitCode, resumed.stderr).toBe(0);
  const other = await blockfeed('study', 'ws://127.0.0.1:1', ...args.slice(1), '--resume');
  expect(other.stderr).toContain(`was begun with the server ws://***@${host}`);
  await blockfeed('collect', `ws://${stated}@${host}`, 'counter', '--size', '1', '-n', '1', '--out', blocks);
  for (const folder of [out, blocks])
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) expectNoLeak(await readFile(join(entry.parentPath, entry.name), 'utf8'));
  expect(await readFile(join(out, 'result.json'), 'utf8')).toContain(`ws://***@${host}`);
}, 60_000);

test.each(['feeds URL', 'collect URL x', `study URL ${short}`])(
  '%s without the password says that one is wanted, and ends with 1',
  async (command) => {
    const { exitCode, stderr } = await ran(command, `ws://${await guardedServer()}`);
    expect(stderr).toContain(
      'wants a user and a password (HTTP 401). State them in the URL before its host, as USER:PASSWORD@host',
    );
    expect(exitCode).toBe(1);
  },
);

test.each([
  'feeds URL',
  'collect URL x --retry 0',
  `study URL ${short}`,
  'collect URL',
  'feeds ws://x URL',
  'serve URL',
])(
  'an error of %s does not show the password',
  async (command) => {
    for (const url of [
      `ws://${stated}@127.0.0.1:1`,
      `http://${stated}@127.0.0.1:1`,
      `ws://us:${password}@127.0.0.1:1`,
      `ws://us:${password} and more@127.0.0.1:1`,
      `ws://us:"<p'wö>"@127.0.0.1:1`,
      `ws://${stated}@no-such-host.invalid`,
      `WSS://${stated}@127.0.0.1:1`,
    ]) {
      const { exitCode, stdout, stderr } = await ran(command, url);
      expect(exitCode).toBeGreaterThan(0);
      expect(stderr).toMatch(/^error: /m);
      expectNoLeak(stdout + stderr);
    }
  },
  60_000,
);

test('a study keeps no password in its command, also one with quotes as it was typed', async () => {
  const host = await guardedServer();
  const out = await temporaryFolder();
  const typed = `ws://us%3Aer:p%40ss%2Fwö'rd%25@${host}`;
  const { exitCode, stderr } = await blockfeed('study', typed, ...short.split(' '), '--out', out);
  expect(exitCode, stderr).toBe(0);
  const result = await readFile(join(out, 'result.json'), 'utf8');
  expectNoLeak(result);
  expect(JSON.parse(result)).toMatchObject({ command: expect.stringContaining(`***@${host}`) });
}, 60_000);

async function ran(command: string, url: string): Promise<Ended> {
  return await blockfeed(...command.split(' ').map((word) => (word === 'URL' ? url : word)));
}

test('the library shows no password either', async () => {
  const errors = await Promise.all(
    [`ws://${stated}@127.0.0.1:1`, `http://${stated}@127.0.0.1:1`].map((url) =>
      connect(url, { retry: 0 }).catch((error: unknown) => error),
    ),
  );
  for (const error of errors) expectNoLeak(`${JSON.stringify(error)} ${String(error)}`);
  expect(errors).toMatchObject([{ code: 'unreachable', about: 'ws://***@127.0.0.1:1/' }, { code: 'bad-option' }]);
});
