// What a server refuses, and whom that ends.
import { expect, test } from 'vitest';
import { connect, type ErrorCode, type SubscribeOptions, type SubscriptionEvent } from '../../src/index.ts';
import { Arrivals } from '../support/arrivals.ts';
import { ManualClock } from '../support/manualClock.ts';
import { linesOf, scriptedServer } from '../support/scriptedServer.ts';

type To = { readonly id: number } | { readonly feed: string } | Record<string, never>;
const refuse = (code: ErrorCode, to: To, about?: string) =>
  ({
    type: 'error',
    code,
    message: 'no',
    hint: 'Ask another.',
    ...to,
    ...(about === undefined ? {} : { about }),
  }) as const;

test.each([
  ['unknown-feed', 'nosuch'],
  ['bad-feed', 'rate'],
  ['feed-refused', undefined],
  ['bad-message', 'from'],
  ['already-subscribed', 'nosuch'],
  ['subscription-limit', undefined],
] as const)('%s about %s ends the one that was asked for, and no other', async (code, about) => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const good = client.subscribe('user', { size: 5 });
  const wrong = client.subscribe('nosuch');
  const later = client.subscribe('array');
  await peer.subscribe();
  const { id, feed } = await peer.expect('subscribe');
  expect(feed).toBe('nosuch');
  // It is matched by its id, whatever it is about.
  peer.say(refuse(code, { id }, about));
  await expect(wrong.parts().next()).rejects.toMatchObject({ code, hint: 'Ask another.', about });
  await expect(wrong.opened).rejects.toMatchObject({ code });
  await peer.subscribe();
  expect(await later.opened).toMatchObject({ feed: 'array' });
  peer.frame(0, 5, 'size');
  for await (const block of good) {
    expect(block.to).toBe(5);
    break;
  }
  await client.close();
});

test('a code of a newer server is a refusal like others', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const wrong = client.subscribe('user');
  const { id } = await peer.expect('subscribe');
  peer.say({ type: 'error', id, code: 'not-thought-of-yet', message: 'no', hint: 'Ask another.', about: 'user' });
  await expect(wrong.parts().next()).rejects.toMatchObject({ code: 'refused', message: 'no', retry: false });
  await client.close();
});

test('an error about a subscription that runs ends that one after what had come', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const [user, array] = [client.subscribe('user', { size: 5 }), client.subscribe('array')];
  await peer.subscribe();
  await peer.subscribe();
  peer.frame(0, 5, 'size');
  peer.say(refuse('diverged', { feed: 'user' }, 'user'));
  const blocks = user[Symbol.asyncIterator]();
  expect((await blocks.next()).value).toMatchObject({ to: 5 });
  await expect(blocks.next()).rejects.toMatchObject({ code: 'diverged' });
  peer.frame(0, 1, 'size', linesOf(0, 1), 'array');
  for await (const block of array) {
    expect(block.to).toBe(1);
    break;
  }
  await client.close();
});

test('a fault of one feed’s data ends that subscription as bad-server, the others go on', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const [user, array] = [client.subscribe('user', { size: 5 }), client.subscribe('array')];
  await peer.subscribe();
  await peer.subscribe();
  peer.frame(3, 5, 'size');
  await expect(user.parts().next()).rejects.toMatchObject({ code: 'bad-server' });
  expect(await peer.expect('unsubscribe')).toMatchObject({ feed: 'user', flush: false });
  peer.frame(5, 10, 'size');
  peer.frame(0, 1, 'size', linesOf(0, 1), 'array');
  for await (const block of array) {
    expect(block.to).toBe(1);
    break;
  }
  await client.close();
});

test('a frame of a feed that is not subscribed is nobody’s fault but the server’s: bad-server for all', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const user = client.subscribe('user');
  await peer.subscribe();
  peer.frame(0, 1, 'size', linesOf(0, 1), 'array');
  await expect(user.parts().next()).rejects.toMatchObject({ code: 'bad-server' });
  await peer.closed;
  await client.close();
});

test('what passes is asked for again, others first, after a wait; retry bounds it', async () => {
  await using server = await scriptedServer();
  const clock = new ManualClock();
  const connected = connect(server.url, { clock, random: () => 0.5, retry: 2 });
  const peer = await server.welcomed();
  const client = await connected;
  const events = new Arrivals<SubscriptionEvent>();
  const subscription = client.subscribe('array?rate=5', { onEvent: (event) => events.add(event) });
  client.subscribe('user');
  for (const waitMs of [250, 500]) {
    const { id, feed } = await peer.expect('subscribe');
    expect(feed).toBe('array?rate=5');
    peer.say(refuse('feed-limit', { id }));
    if (waitMs === 250) await peer.subscribe();
    expect(await events.next()).toMatchObject({ type: 'refused', error: { code: 'feed-limit' }, waitMs });
    clock.advance(waitMs);
  }
  const { id } = await peer.expect('subscribe');
  peer.say(refuse('feed-limit', { id }));
  await expect(subscription.parts().next()).rejects.toMatchObject({ code: 'feed-limit' });
  await client.close();
  expect(clock.pending).toBe(0);
});

test('a connection that breaks while a refusal waits asks anew on the next, and only once', async () => {
  await using server = await scriptedServer();
  const clock = new ManualClock();
  const waits = new Arrivals<number>();
  const connected = connect(server.url, {
    clock,
    random: () => 0.5,
    backoff: { firstMs: 1_000, capMs: 4_000 },
    onState: (state) => state.phase === 'waiting' && waits.add(state.waitMs),
  });
  const peer = await server.welcomed();
  const client = await connected;
  client.subscribe('array');
  // The second refusal waits for 1 s, longer than the connection does.
  for (const waitMs of [500, 0]) {
    const { id } = await peer.expect('subscribe');
    peer.say(refuse('feed-limit', { id }));
    await peer.read();
    clock.advance(waitMs);
  }
  await peer.crash();
  clock.advance(await waits.next());
  const again = await server.welcomed();
  await again.subscribe();
  clock.advance(1_000);
  await again.read();
  expect(again.unexpected).toBe(0);
  await client.close();
});

test('MSG-2: a new connection is made before the server would close this one for too many refusals', async () => {
  await using server = await scriptedServer();
  const clock = new ManualClock();
  const waiting = new Arrivals<string>();
  const connected = connect(server.url, {
    clock,
    random: () => 0,
    onState: (state) => state.phase === 'waiting' && waiting.add(state.reason),
  });
  const peer = await server.welcomed();
  const client = await connected;
  const refused = new Arrivals<SubscriptionEvent>();
  client.subscribe('array?rate=5', { onEvent: (event) => event.type === 'refused' && refused.add(event) });
  for (let errors = 1; errors <= 64; errors++) {
    const { id } = await peer.expect('subscribe');
    peer.say(refuse('feed-limit', { id }));
    await refused.next();
    clock.advance(0);
  }
  expect(await waiting.next()).toMatch(/refused 64/);
  clock.advance(0);
  const again = await server.welcomed();
  expect(await again.expect('subscribe')).toMatchObject({ feed: 'array?rate=5' });
  await client.close();
});

test('not-subscribed, the race of two ends, disturbs nobody: neither the feed read anew nor another', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const first = client.subscribe('user', { size: 5 });
  await peer.subscribe();
  peer.frame(0, 5, 'size');
  for await (const _block of first) break;
  const { id } = await peer.expect('unsubscribe');
  const second = client.subscribe('user');
  // `until` was reached at the server in the same moment.
  peer.say({ type: 'unsubscribed', feed: 'user', acked: 0 });
  peer.say(refuse('not-subscribed', { id }, 'user'));
  await peer.subscribe();
  peer.frame(0, 1, 'size');
  for await (const block of second) {
    expect(block.to).toBe(1);
    break;
  }
  await client.close();
});

test('REQ-3: a subscription that fails at the server for the moment is asked for again at its place, the others go on', async () => {
  await using server = await scriptedServer();
  const clock = new ManualClock();
  const events = new Arrivals<SubscriptionEvent>();
  const connected = connect(server.url, { clock, random: () => 0.5 });
  const peer = await server.welcomed();
  const client = await connected;
  const user = client.subscribe('user', { size: 5, onEvent: (event) => events.add(event) });
  await peer.subscribe();
  peer.frame(0, 3);
  peer.say(refuse('internal', { feed: 'user' }));
  while ((await events.next()).type !== 'refused');
  clock.advance(250);
  expect(await peer.subscribe()).toMatchObject({ feed: 'user', from: 3 });
  peer.frame(3, 5, 'size');
  expect((await user[Symbol.asyncIterator]().next()).value).toMatchObject({ from: 0, to: 5 });
  await client.close();
});

test('a feed twice, or more feeds than a connection carries, is a second connection', async () => {
  await using server = await scriptedServer();
  const connected = connect(server.url);
  const peer = await server.connection();
  await peer.expect('hello');
  peer.say({ type: 'welcome', server: 's', session: 's', heartbeat: 10_000_000, subscriptions: 2, features: [] });
  const client = await connected;
  client.subscribe('user', { size: 5 });
  client.subscribe('user', { size: 10 });
  client.subscribe('array');
  client.subscribe('tick');
  expect(await peer.subscribe()).toMatchObject({ feed: 'user', size: 5 });
  expect(await peer.subscribe()).toMatchObject({ feed: 'array' });
  const second = await server.welcomed();
  expect(await second.subscribe()).toMatchObject({ feed: 'user', size: 10 });
  expect(await second.subscribe()).toMatchObject({ feed: 'tick' });
  await client.close();
});

test('SUB-4: message delivery takes a connection that carries nothing, and nothing is put beside it', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  client.subscribe('user', { delivery: 'message' });
  expect(await peer.subscribe()).toMatchObject({ feed: 'user', delivery: 'message' });
  client.subscribe('array');
  const second = await server.welcomed();
  expect(await second.subscribe()).toMatchObject({ feed: 'array' });
  expect(peer.unexpected).toBe(0);
  await client.close();
});

test.each([
  { size: 0 },
  { size: 1.5 },
  { waitMs: 0 },
  { bytes: 999 },
  { window: 100_001 },
  { windowBytes: 999 },
  { from: 'nowhere' },
  { from: 'committed' },
  { from: { committed: { else: 'tail' } } },
  { from: { committed: { else: 'latest' } } },
  { check: 5 },
  { until: -1 },
  { epoch: 'no' },
  { check: -1 },
  { consumer: 'a b' },
  { delivery: 'pigeon' },
])('bad-option, before anything is sent: %o', async (options) => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const subscribe = () => client.subscribe('user', options as SubscribeOptions);
  expect(subscribe).toThrow(expect.objectContaining({ code: 'bad-option' }));
  await client.close();
  await peer.closed;
  expect(peer.unexpected).toBe(0);
});

test('SUB-10: a feed that failed is asked for again from its own place, ever later while it fails; the others go on', async () => {
  await using server = await scriptedServer();
  const clock = new ManualClock();
  const connected = connect(server.url, { clock, random: () => 0.5 });
  const peer = await server.welcomed();
  const client = await connected;
  const events = new Arrivals<SubscriptionEvent>();
  const user = client.subscribe('user', { size: 5, onEvent: (event) => event.type === 'refused' && events.add(event) });
  const array = client.subscribe('array');
  await peer.subscribe();
  await peer.subscribe();
  peer.frame(0, 3);
  // More often than a connection bears refusals.
  for (let time = 0; time < 20; time++) {
    peer.say(refuse('feed-failed', { feed: 'user' }));
    const waitMs = Math.min(250 * 2 ** time, 10_000);
    expect(await events.next()).toMatchObject({ type: 'refused', error: { code: 'feed-failed' }, waitMs });
    clock.advance(waitMs);
    expect(await peer.subscribe()).toMatchObject({ feed: 'user', from: 3, check: expect.any(Number) });
  }
  peer.frame(3, 5, 'size');
  const blocks = user[Symbol.asyncIterator]();
  expect((await blocks.next()).value).toMatchObject({ from: 0, to: 5 });
  // It came on: so the next failure is a first one.
  peer.say(refuse('feed-failed', { feed: 'user' }));
  expect(await events.next()).toMatchObject({ waitMs: 250 });
  // Left while it waits, it is not asked for again.
  await blocks.return?.();
  clock.advance(20_000);
  peer.frame(0, 1, 'size', linesOf(0, 1), 'array');
  for await (const block of array) {
    expect(block.to).toBe(1);
    break;
  }
  await client.close();
  expect(peer.unexpected).toBeLessThanOrEqual(2);
  expect(clock.pending).toBe(0);
});

test('one that is being left when its feed fails is over, and comes to no error', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const user = client.subscribe('user', { size: 5 });
  await peer.subscribe();
  peer.frame(0, 5, 'size');
  const blocks = user[Symbol.asyncIterator]();
  await blocks.next();
  user.leave();
  await peer.expect('unsubscribe');
  peer.say(refuse('feed-failed', { feed: 'user' }));
  expect((await blocks.next()).done).toBe(true);
  await client.close();
});
