// A server that is asked to stop: it says so, lets its clients finish and ack, and ends; they are there when it is back.
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { SessionPeer } from '../support/sessionPeer.ts';
import { blocksTold, collecting, portToKeep, Serving, temporaryFolder } from './processes.ts';
import { verified } from './stored.ts';

const feeds = { tick: 'tick?rate=100' } as const;

test.each(['block', 'message'] as const)(
  'BYE-4: SIGTERM says closing, takes the acks, closes with 1012 and exits 0; collectors go on with the next server: %s delivery',
  async (delivery) => {
    const port = await portToKeep();
    let server = await Serving.start(feeds, { port });
    const out = await temporaryFolder();
    const collector = collecting(server.url, 'tick:10', '--delivery', delivery, '--out', out, '--json');
    let told = 0;
    for (let restart = 0; restart < 3; restart++) {
      await collector.stdout.find(() => blocksTold(collector).length >= told + 2);
      expect(await server.end('SIGTERM')).toBe(0);
      told = blocksTold(collector).length;
      const log = server.log;
      expect(log.map(({ msg }) => msg)).toContain('closing: SIGTERM came');
      expect(log.find(({ msg }) => msg.includes(' left: '))).toMatchObject({ code: 1012 });
      await collector.stderr.including('the server is closing', restart);
      server = await Serving.start(feeds, { port });
    }
    await collector.stdout.find(() => blocksTold(collector).length >= told + 2);
    expect(await collector.end('SIGINT')).toBe(0);
    const [folder] = await verified(out);
    // A stop ends no block: every one is whole but for the first and the last.
    expect(
      folder?.blocks.slice(1, -1).every(({ from, to, cut }) => from % 10 === 0 && to === from + 10 && cut === 'size'),
    ).toBe(true);
    expect(await server.end('SIGTERM')).toBe(0);
  },
  60_000,
);

async function pong({ webSocket }: SessionPeer): Promise<void> {
  const came = once(webSocket, 'pong');
  webSocket.ping();
  await came;
}

test('BYE-4: a server that stops waits for the acks of what it has sent, and begins no further block', async () => {
  const server = await Serving.start(feeds);
  const peer = await SessionPeer.open(server.url);
  await peer.subscribe({ feed: 'tick', from: 0, size: 10, window: 3 });
  await peer.until(() => peer.blocks('tick').length === 3);
  server.signal('SIGTERM');
  await peer.hears('closing');
  // Each answer shows that the connection is still there.
  await pong(peer);
  peer.ack('tick', 20);
  await pong(peer);
  peer.ack('tick', 30);
  expect(await peer.closed()).toBe(1012);
  expect(await server.ended).toBe(0);
  expect(peer.blocks('tick').map(({ to }) => to)).toEqual([10, 20, 30]);
  expect(server.log.filter(({ msg }) => msg.startsWith('ack ')).map(({ to }) => to)).toEqual([20, 30]);
  expect(server.log.map(({ msg }) => msg)).not.toContain('the drain is over: what is unread is cut off');
});

test('a second signal ends a server at once that waits for an ack: 143, or 130 by Ctrl-C', async () => {
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    const server = await Serving.start(feeds);
    const peer = await SessionPeer.open(server.url);
    await peer.subscribe({ feed: 'tick', from: 0, size: 10, window: 8 });
    await peer.until(() => peer.blocks('tick').length === 8);
    server.signal(signal);
    await peer.hears('closing');
    expect(await server.insist(signal)).toBe(code);
    peer.close();
  }
}, 60_000);
