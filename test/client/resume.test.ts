// Connections that break: every subscription goes on at its own place, and its blocks are as if nothing had been.
import { expect, test } from 'vitest';
import { crc32 } from '../../src/base/crc32.ts';
import { connect, type Part, type SubscriptionEvent } from '../../src/index.ts';
import { epochs, lineOf, linesOf, scriptedServer } from '../support/scriptedServer.ts';

const quick = { backoff: { firstMs: 1, capMs: 1 } };
const check = (offset: number) => crc32(Buffer.from(lineOf(offset)));

test('RES-1: in block delivery a block broken in its middle goes on with its remainder, place and checksum stated', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url, quick), server.welcomed()]);
  const events: SubscriptionEvent[] = [];
  const subscription = client.subscribe('user', { size: 5, window: 4, onEvent: (event) => events.push(event) });
  await peer.subscribe();
  peer.frame(0, 3);
  await peer.crash();
  const again = await server.welcomed();
  expect(await again.subscribe({ checked: true })).toEqual({
    type: 'subscribe',
    id: 0,
    feed: 'user',
    from: 3,
    epoch: epochs[0],
    check: check(2),
    size: 5,
    window: 4,
  });
  again.frame(3, 5, 'size');
  for await (const block of subscription) {
    expect(block).toMatchObject({ from: 0, to: 5, cut: 'size' });
    expect(Buffer.from(block.lines).toString()).toBe(linesOf(0, 5));
    break;
  }
  expect(events).toMatchObject([
    { type: 'opened', again: false },
    { type: 'interrupted' },
    { type: 'opened', again: true, opened: { from: 3, checked: true } },
  ]);
  expect(subscription.reconnects).toBe(1);
  await client.close();
});

test('RES-5: in message delivery the last line is asked for again and dropped, so the cut that was lost comes', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url, quick), server.welcomed()]);
  const subscription = client.subscribe('user', { size: 5, delivery: 'message' });
  await peer.subscribe();
  peer.lines(0, 5);
  await peer.crash();
  const again = await server.welcomed();
  expect(await again.subscribe()).toMatchObject({ from: 4, epoch: epochs[0], delivery: 'message' });
  again.lines(4, 5);
  again.cut(5, 'size');
  again.lines(5, 6);
  await again.crash();
  const third = await server.welcomed();
  expect(await third.subscribe()).toMatchObject({ from: 5 });
  third.lines(5, 10);
  third.cut(10, 'size');
  const seen: string[] = [];
  for await (const block of subscription) {
    seen.push(`${block.from} ${block.to} ${block.cut} ${block.messages.length}`);
    if (seen.length === 2) break;
  }
  expect(seen).toEqual(['0 5 size 5', '5 10 size 5']);
  await client.close();
});

test('between blocks message delivery resumes as block delivery does', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url, quick), server.welcomed()]);
  client.subscribe('user', { size: 5, delivery: 'message' });
  await peer.subscribe();
  peer.lines(0, 5);
  peer.cut(5, 'size');
  await peer.crash();
  const again = await server.welcomed();
  expect(await again.subscribe()).toMatchObject({ from: 5, epoch: epochs[0], check: check(4) });
  await client.close();
});

test('acks given while there is no connection are kept, joined, and said after resuming', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url, quick), server.welcomed()]);
  const subscription = client.subscribe('user', { size: 5 });
  await peer.subscribe();
  peer.frame(0, 5, 'size');
  peer.frame(5, 10, 'size');
  await peer.crash();
  const again = await server.connection();
  const acked: number[] = [];
  for await (const block of subscription) {
    await block.ack();
    if (acked.push(block.to) === 2) {
      await again.expect('hello');
      again.say({ type: 'welcome', server: 's', session: 's', heartbeat: 10_000_000, subscriptions: 64, features: [] });
      expect((await again.subscribe()).from).toBe(10);
      const ack = await again.expect('ack');
      expect(ack.to).toBe(10);
      expect(ack.blocks?.map(([to]) => to)).toEqual([5, 10]);
      break;
    }
  }
  await client.close();
});

test('ACK-3: an ack of what the new connection has not sent yet waits until it has', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url, quick), server.welcomed()]);
  const subscription = client.subscribe('user', { size: 5, delivery: 'message' });
  await peer.subscribe();
  peer.lines(0, 3);
  await peer.crash();
  const parts = subscription.parts();
  for (let to = 0; to < 3; ) to = ((await parts.next()).value as Part).to;
  const again = await server.welcomed();
  expect((await again.subscribe()).from).toBe(2);
  await subscription.opened;
  subscription.ack(3);
  await again.read();
  expect(again.unexpected).toBe(0);
  again.lines(2, 3);
  expect((await again.expect('ack')).to).toBe(3);
  await client.close();
});

test('with a consumer the last ack is said again after resuming, since it may have been lost', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url, quick), server.welcomed()]);
  const subscription = client.subscribe('user', { size: 5, consumer: 'c' });
  expect((await peer.subscribe()).from).toEqual({ committed: { else: 'latest' } });
  peer.frame(0, 5, 'size');
  for await (const block of subscription) {
    await block.ack();
    await peer.expect('ack');
    await peer.crash();
    const again = await server.welcomed();
    expect((await again.subscribe()).from).toBe(5);
    expect(await again.expect('ack')).toEqual({ type: 'ack', feed: 'user', epoch: epochs[0], to: 5 });
    break;
  }
  await client.close();
});

test('each of several subscriptions goes on at its own place, all asked for before one is answered', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url, quick), server.welcomed()]);
  client.subscribe('user', { size: 5 });
  const array = client.subscribe('array', { size: 5 });
  await peer.subscribe();
  await peer.subscribe();
  peer.frame(0, 5, 'size');
  peer.frame(0, 2, undefined, linesOf(0, 2), 'array');
  await peer.crash();
  const again = await server.welcomed();
  const asked = [await again.expect('subscribe'), await again.expect('subscribe')];
  expect(asked).toMatchObject([
    { feed: 'user', from: 5 },
    { feed: 'array', from: 2 },
  ]);
  // Answered in another order, which the ids tell.
  for (const { id, feed, from } of asked.reverse())
    again.say({
      type: 'subscribed',
      id,
      feed,
      epoch: epochs[0],
      from: from as number,
      checked: true,
      anchorEvery: 4_096,
    });
  again.frame(2, 4, 'size', linesOf(2, 4), 'array');
  again.frame(5, 10, 'size');
  const blocks = array[Symbol.asyncIterator]();
  expect((await blocks.next()).value).toMatchObject({ from: 0, to: 4 });
  await client.close();
});

test('nothing had come: the same place is asked for in the same words', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url, quick), server.welcomed()]);
  client.subscribe('user', { from: -10 });
  expect(await peer.expect('subscribe')).toMatchObject({ from: -10 });
  await peer.crash();
  const again = await server.welcomed();
  const asked = await again.expect('subscribe');
  expect(asked).toMatchObject({ from: -10, size: 100, wait: 1_000_000 });
  expect(asked).not.toHaveProperty('epoch');
  await client.close();
});

test.each([
  ['twice', 0, 5],
  ['skipped', 6, 10],
])('a server that after resuming sends a message %s ends the subscription as bad-server', async (_name, from, to) => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url, quick), server.welcomed()]);
  const subscription = client.subscribe('user', { size: 5 });
  await peer.subscribe();
  peer.frame(0, 5, 'size');
  await peer.crash();
  const again = await server.welcomed();
  await again.subscribe();
  again.frame(from, to, 'size');
  const seen: number[] = [];
  const iterating = (async () => {
    for await (const block of subscription) seen.push(block.to);
  })();
  await expect(iterating).rejects.toMatchObject({ code: 'bad-server' });
  expect(seen).toEqual([5]);
  expect(await again.expect('unsubscribe')).toMatchObject({ flush: false });
  await client.close();
});

test.each(['reset', 'diverged'] as const)('RES-2, RES-3: %s is thrown and not tried again', async (code) => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url, quick), server.welcomed()]);
  const subscription = client.subscribe('user', { size: 5 });
  await peer.subscribe();
  peer.frame(0, 3);
  await peer.crash();
  const again = await server.welcomed();
  const { id } = await again.expect('subscribe');
  again.say({ type: 'error', id, code, message: 'no', hint: 'Decide.', about: 'user' });
  await expect(subscription[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code, hint: 'Decide.' });
  await client.close();
  expect(again.unexpected).toBe(0);
});
