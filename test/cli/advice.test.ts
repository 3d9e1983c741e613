// Failures that a person can mend say what to do, not only what happened.
import { readFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { generatedFeeds } from '../../src/generate/index.ts';
import { createServer } from '../../src/server/index.ts';
import { temporaryFolder } from '../end-to-end/processes.ts';
import { blockfeed, shell } from './command.ts';

/** A key, and a certificate for 127.0.0.1 that nobody vouches for. */
const pem = new URL('../support/selfSigned.pem', import.meta.url);

test.each(['feeds URL', 'collect URL counter --size 1 -n 1'])(
  '%s: a certificate that is not trusted is an error that names the variable to set, and with it the call works',
  async (command) => {
    const key = readFileSync(pem);
    const https = createHttpsServer({ key, cert: key });
    const server = createServer({ maker: generatedFeeds, feeds: { counter: 'counter?rate=100' } });
    server.attach(https);
    await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
      await server.close();
      https.close();
      https.closeAllConnections();
    });
    const call = `blockfeed ${command.replace('URL', `wss://127.0.0.1:${(https.address() as AddressInfo).port}`)}`;
    const refused = await shell(call);
    expect(refused.stderr).toMatch(
      /certificate is not trusted: .*\(DEPTH_ZERO_SELF_SIGNED_CERT\).* NODE_EXTRA_CA_CERTS=FILE/,
    );
    expect(refused.exitCode).toBe(1);
    const trusting = await shell(call, { NODE_EXTRA_CA_CERTS: fileURLToPath(pem) });
    expect(trusting.exitCode, trusting.stderr).toBe(0);
  },
);

test('wss:// to a server without TLS is an error at once, and says so', async () => {
  const server = createServer({ feeds: {} });
  onTestFinished(() => server.close());
  const url = (await server.listen()).url.replace('ws:', 'wss:');
  for (const args of [
    ['feeds', url],
    ['collect', url, 'x'],
  ]) {
    const { exitCode, stderr } = await blockfeed(...args);
    expect(stderr).toMatch(/speaks no TLS.* ws:\/\//);
    expect(exitCode).toBe(1);
  }
});

test('a feed that is not the one that is stored is an error that names --new-epoch, and with it a new folder begins', async () => {
  const out = await temporaryFolder();
  const collected = async (seed: number, ...flags: readonly string[]) => {
    const server = createServer({ maker: generatedFeeds, feeds: { x: `counter?rate=max&seed=${seed}` } });
    const { url } = await server.listen();
    const ended = await blockfeed('collect', url, 'x:10', '--from', '0', '-n', '1', '--out', out, ...flags);
    await server.close();
    return ended;
  };
  expect((await collected(1)).exitCode).toBe(0);
  const refused = await collected(2);
  expect(refused.stderr).toMatch(/has epoch .* State --new-epoch to begin anew beside what is stored/);
  expect(refused.exitCode).toBe(1);
  expect((await collected(2, '--new-epoch')).exitCode).toBe(0);
});
