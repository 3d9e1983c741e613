// What users hand in and throws: whoever waits is thrown it, and nothing hangs. And what is said where nobody listens.
import { getEventListeners, once } from 'node:events';
import { expect, test } from 'vitest';
import { Client } from '../../src/client/client.ts';
import { type ConnectionState, connect, type SubscriptionEvent } from '../../src/index.ts';
import { FakePlatform } from '../support/fakePlatform.ts';
import { ManualClock } from '../support/manualClock.ts';
import { epochs, linesOf, scriptedServer } from '../support/scriptedServer.ts';

const mine = new Error('a defect of the user');
const throwing = (): never => {
  throw mine;
};
const quick = { backoff: { firstMs: 1, capMs: 1 } };

test.each(['connecting', 'live'] as const)('onState that throws at %s rejects connect', async (phase) => {
  await using server = await scriptedServer();
  const connected = connect(server.url, { onState: (state) => (state.phase === phase ? throwing() : undefined) });
  if (phase === 'live') void server.welcomed().catch(() => undefined);
  await expect(connected).rejects.toBe(mine);
});

test.each(['closing', 'waiting'] as const)('onState that throws at %s is thrown by the iterators', async (phase) => {
  await using server = await scriptedServer();
  const connected = connect(server.url, {
    ...quick,
    onState: (state) => (state.phase === phase ? throwing() : undefined),
  });
  const peer = await server.welcomed();
  const client = await connected;
  const [user, array] = [client.subscribe('user', { size: 5 }), client.subscribe('array')];
  await peer.subscribe();
  await peer.subscribe();
  peer.frame(0, 5, 'size');
  await peer.read();
  if (phase === 'closing') peer.say({ type: 'closing', reason: 'restart', retryAfter: 0 });
  else await peer.crash();
  const parts = user.parts();
  // What had come is handed out first.
  expect((await parts.next()).value).toMatchObject({ to: 5 });
  await expect(parts.next()).rejects.toBe(mine);
  await expect(array.parts().next()).rejects.toBe(mine);
  await client.close();
});

test('onState that throws at the end of a connection is thrown by close', async () => {
  await using server = await scriptedServer();
  const connected = connect(server.url, { onState: (state) => (state.phase === 'closed' ? throwing() : undefined) });
  await server.welcomed();
  await expect((await connected).close()).rejects.toBe(mine);
});

test.each(['opened', 'tail', 'gap', 'stalled', 'interrupted', 'refused', 'commit-lost'] as const)(
  'onEvent that throws at %s ends its subscription with that, and no other',
  async (type) => {
    await using server = await scriptedServer();
    const [client, peer] = await Promise.all([connect(server.url, quick), server.welcomed()]);
    const onEvent = (event: SubscriptionEvent) => (event.type === type ? throwing() : undefined);
    const good = client.subscribe('array', { size: 5 });
    await peer.subscribe();
    if (type === 'commit-lost') {
      const first = client.subscribe('user', { size: 5, consumer: 'c' });
      await peer.subscribe({ at: 'committed' });
      peer.frame(0, 5, 'size');
      for await (const block of first) {
        await block.ack();
        break;
      }
      await peer.expect('ack');
      const { id } = await peer.expect('unsubscribe');
      peer.say({ type: 'unsubscribed', id, feed: 'user', acked: 5 });
    }
    const user = client.subscribe('user', { size: 5, consumer: 'c', onEvent });
    if (type === 'refused') {
      const { id } = await peer.expect('subscribe');
      peer.say({ type: 'error', id, code: 'feed-limit', message: 'no', hint: 'Later.' });
    } else await peer.subscribe({ from: 0, at: 'latest', tail: 0 });
    if (type === 'tail') peer.say({ type: 'heartbeat', tails: { user: 7 } });
    if (type === 'gap') peer.say({ type: 'gap', feed: 'user', from: 0, to: 5, reason: 'retention' });
    const stalled = { window: 1, windowBytes: 1_000, unacked: 1, unackedBytes: 10 };
    if (type === 'stalled') peer.say({ type: 'stalled', feed: 'user', ...stalled });
    if (type === 'interrupted') await peer.crash();
    await expect(user[Symbol.asyncIterator]().next()).rejects.toBe(mine);
    const now = type === 'interrupted' ? await server.welcomed() : peer;
    if (type === 'interrupted') await now.subscribe();
    else if (type !== 'refused') expect(await now.expect('unsubscribe')).toMatchObject({ feed: 'user', flush: false });
    now.frame(0, 5, 'size', linesOf(0, 5), 'array');
    expect((await good.parts().next()).value).toMatchObject({ to: 5 });
    await client.close();
  },
);

test.each([Number.NaN, -1, 1.1, Number.POSITIVE_INFINITY])(
  'random that gives %s is bad-option, not a wait',
  async (number) => {
    await using server = await scriptedServer();
    const [client, peer] = await Promise.all([connect(server.url, { random: () => number }), server.welcomed()]);
    const user = client.subscribe('user');
    await peer.subscribe();
    await peer.crash();
    await expect(user.parts().next()).rejects.toMatchObject({ code: 'bad-option', about: 'random' });
    await client.close();
  },
);

test('random that throws, while connecting and for a refusal that passes', async () => {
  const dead = new FakePlatform(true);
  const connecting = Client.connect(dead, 'ws://127.0.0.1:1', { random: throwing });
  dead.socket.ends(1006);
  await expect(connecting).rejects.toBe(mine);
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url, { random: throwing }), server.welcomed()]);
  const user = client.subscribe('user');
  const { id } = await peer.expect('subscribe');
  peer.say({ type: 'error', id, code: 'feed-limit', message: 'no', hint: 'Later.' });
  await expect(user.parts().next()).rejects.toBe(mine);
  await client.close();
});

test('a clock that throws: when timers are set, and when the time is read', async () => {
  const clock = new ManualClock();
  const broken = new FakePlatform(true);
  await expect(
    Client.connect(broken, 'ws://127.0.0.1:1', {
      clock: { nowMicros: () => 0, monotonicMs: () => 0, after: throwing },
    }),
  ).rejects.toBe(mine);
  let isBroken = false;
  const fake = new FakePlatform(true);
  const connected = Client.connect(fake, 'ws://127.0.0.1:1', {
    clock: {
      nowMicros: () => (isBroken ? throwing() : clock.nowMicros()),
      monotonicMs: () => clock.monotonicMs(),
      after: (delayMs, act) => clock.after(delayMs, act),
    },
  });
  fake.socket.welcomes();
  const client = await connected;
  const user = client.subscribe('user');
  isBroken = true;
  fake.socket.events.piece();
  await expect(user.parts().next()).rejects.toBe(mine);
  await client.close();
});

async function served(onEvent?: (event: SubscriptionEvent) => void) {
  const fake = new FakePlatform(true);
  const connected = Client.connect(fake, 'ws://127.0.0.1:1', { clock: new ManualClock() });
  fake.socket.welcomes();
  const client = await connected;
  const subscribe = (from: number, at: 'committed' | 'latest', nextId: number) => {
    const subscription = client.subscribe('user', { size: 5, consumer: 'c', onEvent });
    fake.socket.hears({
      type: 'subscribed',
      id: nextId,
      feed: 'user',
      epoch: epochs[0],
      from,
      at,
      checked: false,
      anchorEvery: 4_096,
    });
    return subscription;
  };
  const stalls = () =>
    fake.socket.hears({ type: 'stalled', feed: 'user', window: 9, windowBytes: 1_000, unacked: 9, unackedBytes: 500 });
  return { fake, client, subscribe, stalls };
}

test('ACK-5: a subscription that never acks and stands still is warned of once, with what to do, where nobody listens', async () => {
  const { fake, client, subscribe, stalls } = await served();
  subscribe(0, 'latest', 0);
  stalls();
  expect(fake.warnings).toEqual([
    expect.stringMatching(
      /^blockfeed: the subscription of user stands still: 9 blocks came and none was acked.*block\.ack\(\)/,
    ),
  ]);
  await client.close();
});

test('ACK-5: who listens is told by the event alone', async () => {
  const events: string[] = [];
  const { fake, client, subscribe, stalls } = await served((event) => events.push(event.type));
  subscribe(0, 'latest', 0);
  stalls();
  expect(events).toEqual(['opened', 'stalled']);
  expect(fake.warnings).toEqual([]);
  await client.close();
});

test('A2: a commit that the server lost after this client acked is told, with how far that was, and never else', async () => {
  const events: SubscriptionEvent[] = [];
  for (const isHeard of [true, false]) {
    const { fake, client, subscribe } = await served(isHeard ? (event) => events.push(event) : undefined);
    const first = subscribe(0, 'latest', 0);
    fake.socket.events.data(Buffer.from(`{"feed":"user","from":0,"to":5,"cut":"size"}\n${linesOf(0, 5)}`));
    for await (const block of first) {
      await block.ack();
      break;
    }
    fake.socket.hears({ type: 'unsubscribed', id: 1, feed: 'user', acked: 5 });
    subscribe(40, 'latest', 2);
    if (isHeard) {
      expect(events.map(({ type }) => type)).toEqual(['opened', 'opened', 'commit-lost']);
      expect(events.at(-1)).toMatchObject({ acked: 5, epoch: epochs[0], opened: { from: 40, at: 'latest' } });
      expect(fake.warnings).toEqual([]);
    } else
      expect(fake.warnings).toEqual([
        expect.stringMatching(/lost the commit of user: it was acked up to 5.*begins at 40/),
      ]);
    await client.close();
  }
});

test('A2: a commit that is there, or of a consumer that never acked here, is not taken for lost', async () => {
  const { fake, client, subscribe } = await served();
  subscribe(0, 'latest', 0);
  fake.socket.hears({ type: 'unsubscribed', feed: 'user', acked: 0 });
  subscribe(5, 'committed', 1);
  expect(fake.warnings).toEqual([]);
  await client.close();
});

test('in Node a warning is a warning of the process', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  client.subscribe('user');
  await peer.subscribe();
  const warned = once(process, 'warning');
  peer.say({ type: 'stalled', feed: 'user', window: 9, windowBytes: 1_000, unacked: 9, unackedBytes: 500 });
  expect((await warned)[0]).toMatchObject({
    name: 'BlockfeedWarning',
    message: expect.stringMatching(/user stands still/),
  });
  await client.close();
});

test('a signal of a client that was closed is held no longer', async () => {
  await using server = await scriptedServer();
  const controller = new AbortController();
  const { signal } = controller;
  const connected = connect(server.url, { signal });
  await server.welcomed();
  const client = await connected;
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  await client.close();
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  await expect(connect('ws://127.0.0.1:1', { signal, retry: 0 })).rejects.toMatchObject({ code: 'unreachable' });
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('features of a newer server are told, and change nothing', async () => {
  await using server = await scriptedServer();
  const states: ConnectionState[] = [];
  const connected = connect(server.url, { onState: (state) => states.push(state) });
  const peer = await server.connection();
  await peer.expect('hello');
  const features = ['publish', 'compress-2'];
  peer.say({ type: 'welcome', server: 's', session: 's', heartbeat: 10_000_000, subscriptions: 64, features });
  await (await connected).close();
  expect(states.find(({ phase }) => phase === 'live')).toMatchObject({ features });
});
