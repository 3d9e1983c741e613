// Requests: how many are under way at once, whose answer is whose, and how long one is waited for.
import { expect, test } from 'vitest';
import { Requests } from '../../src/client/requests.ts';
import { type ConnectionState, connect } from '../../src/index.ts';
import { Arrivals } from '../support/arrivals.ts';
import { ManualClock } from '../support/manualClock.ts';
import { epochs, lineOf, linesOf, scriptedServer } from '../support/scriptedServer.ts';

const feeds = Array.from({ length: 64 }, (_, index) => `feed-${index}`);

test('REQ-1: 64 feeds resume in two round trips, one for hello and one for all of them', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([
    connect(server.url, { backoff: { firstMs: 1, capMs: 1 } }),
    server.welcomed(),
  ]);
  const subscriptions = feeds.map((feed) => client.subscribe(feed, { size: 5 }));
  for (const feed of feeds) {
    await peer.subscribe();
    peer.frame(0, 5, 'size', linesOf(0, 5), feed);
  }
  await peer.crash();
  const again = await server.connection();
  let roundTrips = 1;
  await again.expect('hello');
  again.say({ type: 'welcome', server: 's', session: 's', heartbeat: 10_000_000, subscriptions: 64, features: [] });
  while (roundTrips < 65) {
    // Everything that the client says without hearing more.
    await again.read();
    const said = again.unexpected;
    if (said === 0) break;
    roundTrips++;
    for (let index = 0; index < said; index++) {
      const { id, feed, from } = await again.expect('subscribe');
      expect(from).toBe(5);
      again.say({ type: 'subscribed', id, feed, epoch: epochs[0], from: 5, checked: true, anchorEvery: 4_096 });
      again.frame(5, 10, 'size', linesOf(5, 10), feed);
    }
  }
  for (const subscription of subscriptions) {
    const blocks = subscription[Symbol.asyncIterator]();
    for (const to of [5, 10]) expect((await blocks.next()).value).toMatchObject({ to });
  }
  expect(roundTrips).toBe(2);
  await client.close();
});

test('SUB-3: no more are asked for at once than the server lets a connection carry; the others when one is left', async () => {
  await using server = await scriptedServer();
  const connected = connect(server.url);
  const peer = await server.connection();
  await peer.expect('hello');
  peer.say({ type: 'welcome', server: 's', session: 's', heartbeat: 10_000_000, subscriptions: 2, features: [] });
  const client = await connected;
  const first = client.subscribe('user', { size: 1 });
  client.subscribe('array');
  await peer.subscribe();
  await peer.subscribe();
  peer.frame(0, 1, 'size');
  for await (const _block of first) break;
  const { id } = await peer.expect('unsubscribe');
  client.subscribe('tick');
  await peer.read();
  expect(peer.unexpected).toBe(0);
  peer.say({ type: 'unsubscribed', id, feed: 'user', acked: 0 });
  expect(await peer.subscribe()).toMatchObject({ feed: 'tick' });
  await client.close();
});

test('a feed that is left before its answer comes is left first, and only then asked for anew', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const controller = new AbortController();
  client.subscribe('user', { signal: controller.signal });
  const { id } = await peer.expect('subscribe');
  controller.abort();
  const anew = client.subscribe('user', { from: 7, size: 1 });
  await peer.read();
  expect(peer.unexpected).toBe(0);
  peer.say({ type: 'subscribed', id, feed: 'user', epoch: epochs[0], from: 0, checked: false, anchorEvery: 4_096 });
  const left = await peer.expect('unsubscribe');
  peer.frame(0, 1, 'size');
  peer.say({ type: 'unsubscribed', id: left.id, feed: 'user', acked: 0 });
  await peer.subscribe();
  peer.frame(7, 8, 'size', lineOf(7));
  expect((await anew.parts().next()).value).toMatchObject({ from: 7, to: 8 });
  await client.close();
});

test.each(['subscribe', 'unsubscribe'] as const)(
  'REQ-4: a connection on which %s has no answer for 120 s is given up, told, and made again',
  async (type) => {
    await using server = await scriptedServer();
    const clock = new ManualClock();
    const waiting = new Arrivals<string>();
    const onState = (state: ConnectionState) => state.phase === 'waiting' && waiting.add(state.reason);
    const connected = connect(server.url, { clock, random: () => 0, onState });
    const peer = await server.welcomed();
    const client = await connected;
    client.subscribe('array');
    await peer.subscribe();
    const user = client.subscribe('user', { size: 1 });
    if (type === 'unsubscribe') {
      await peer.subscribe();
      peer.frame(0, 1, 'size');
      for await (const _block of user) break;
    }
    await peer.expect(type);
    for (let seconds = 0; seconds < 120; seconds += 10) {
      peer.say({ type: 'heartbeat', tails: {} });
      await peer.read();
      clock.advance(10_000);
    }
    expect(waiting.waiting).toBe(0);
    clock.advance(10_000);
    expect(await waiting.next()).toBe(`no answer to ${type} of user came within 120000 ms`);
    clock.advance(0);
    const again = await server.welcomed();
    expect(await again.expect('subscribe')).toMatchObject({ feed: 'array' });
    await client.close();
  },
);

test('REQ-4: time in which the connection is not read does not count', () => {
  const clock = new ManualClock();
  const overdue: string[] = [];
  let isReading = false;
  const requests = new Requests<string>(
    clock,
    () => isReading,
    (request) => overdue.push(request),
  );
  requests.add('one');
  for (let minutes = 0; minutes < 60; minutes++) clock.advance(60_000);
  expect(overdue).toEqual([]);
  isReading = true;
  clock.advance(60_000);
  const id = requests.add('two');
  clock.advance(70_000);
  expect(overdue).toEqual(['one']);
  expect(requests.answered(id)).toBe('two');
  requests.stop();
  expect(clock.pending).toBe(0);
});

test.each([
  [
    'subscribed',
    { type: 'subscribed', id: 77, feed: 'user', epoch: epochs[0], from: 0, checked: false, anchorEvery: 4_096 },
  ],
  ['an error', { type: 'error', id: 77, code: 'unknown-feed', message: 'no', hint: 'Ask another.' }],
] as const)('%s for a request that is not open is bad-server', async (_name, message) => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const user = client.subscribe('user');
  await peer.subscribe();
  peer.say(message);
  await expect(user.parts().next()).rejects.toMatchObject({ code: 'bad-server' });
  await client.close();
});
