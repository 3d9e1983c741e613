// The ways to leave: at once, gracefully, one subscription or all, by break, signal or bye.
import { expect, test } from 'vitest';
import { type Block, type ConnectionState, connect, type Subscription } from '../../src/index.ts';
import { lineOf, linesOf, scriptedServer } from '../support/scriptedServer.ts';

async function rangesOf(subscription: Subscription): Promise<string[]> {
  const ranges: string[] = [];
  for await (const block of subscription) {
    ranges.push(`${block.from} ${block.to} ${block.cut}`);
    await block.ack();
  }
  return ranges;
}

test('BYE-2: break says its acks, then unsubscribes at once, and what still comes is dropped', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const subscription = client.subscribe('user', { size: 5 });
  await peer.subscribe();
  peer.frame(0, 5, 'size');
  for await (const block of subscription) {
    await block.ack();
    break;
  }
  expect(await peer.expect('ack')).toMatchObject({ to: 5 });
  expect(await peer.expect('unsubscribe')).toEqual({ type: 'unsubscribe', id: 1, feed: 'user', flush: false });
  peer.frame(5, 10, 'size');
  peer.say({ type: 'unsubscribed', feed: 'user', acked: 5 });
  // The connection lives on, and the same feed can be had again from elsewhere.
  const anew = client.subscribe('user', { from: 70, size: 5 });
  await peer.subscribe();
  peer.frame(70, 75, 'size');
  for await (const block of anew) {
    expect(block.from).toBe(70);
    break;
  }
  await client.close();
  expect(server.unexpected).toBe(0);
});

test('the same feed again right after break: what comes of the first is not taken for the second', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const first = client.subscribe('user', { size: 5 });
  await peer.subscribe();
  peer.frame(0, 5, 'size');
  for await (const _block of first) break;
  const second = client.subscribe('user', { from: 5, size: 5 });
  peer.frame(5, 10, 'size');
  peer.say({ type: 'unsubscribed', feed: 'user', acked: 0 });
  await peer.expect('unsubscribe');
  await peer.subscribe();
  peer.frame(5, 10, 'size');
  for await (const block of second) {
    expect(block).toMatchObject({ from: 5, to: 10 });
    break;
  }
  await client.close();
});

test('a connection of message delivery is closed with its subscription, the client lives on', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const subscription = client.subscribe('user', { size: 5, delivery: 'message' });
  await peer.subscribe();
  peer.lines(0, 1);
  for await (const _part of subscription.parts()) break;
  expect(await peer.expect('unsubscribe')).toMatchObject({ flush: false });
  expect(await peer.closed).toBe(1000);
  const other = client.subscribe('array');
  const second = await server.welcomed();
  await second.subscribe();
  expect(await other.opened).toMatchObject({ feed: 'array' });
  await client.close();
});

test.each(['block', 'message'] as const)(
  'BYE-1: leave gives the partial block, its ack goes out, and the iteration ends: %s delivery',
  async (delivery) => {
    await using server = await scriptedServer();
    const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
    const subscription = client.subscribe('user', { size: 5, delivery });
    await peer.subscribe();
    if (delivery === 'block') peer.frame(0, 5, 'size');
    else {
      peer.lines(0, 5);
      peer.cut(5, 'size');
    }
    const ranges = rangesOf(subscription);
    expect(await peer.expect('ack')).toMatchObject({ to: 5 });
    subscription.leave();
    expect(await peer.expect('unsubscribe')).toEqual({ type: 'unsubscribe', id: 1, feed: 'user', flush: true });
    if (delivery === 'block') peer.frame(5, 7, 'end');
    else {
      peer.lines(5, 7);
      peer.cut(7, 'end');
    }
    expect(await peer.expect('ack')).toMatchObject({ to: 7 });
    peer.say({ type: 'unsubscribed', feed: 'user', acked: 7 });
    expect(await ranges).toEqual(['0 5 size', '5 7 end']);
    await client.close();
  },
);

test('a block sent in part that nothing follows ends where it stands, also when the connection breaks while leaving', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const subscription = client.subscribe('user', { size: 5 });
  await peer.subscribe();
  peer.frame(0, 2);
  const parts = subscription.parts();
  expect((await parts.next()).value).toMatchObject({ from: 0, to: 2, cut: undefined });
  subscription.leave();
  await peer.expect('unsubscribe');
  await peer.crash();
  expect((await parts.next()).value).toMatchObject({ from: 2, to: 2, cut: 'end' });
  expect(await parts.next()).toEqual({ done: true, value: undefined });
  await client.close();
});

test('SUB-5: when the server says unsubscribed by itself, at until, the iteration ends', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const ranges = rangesOf(client.subscribe('user', { from: 0, until: 7, size: 5 }));
  expect(await peer.subscribe()).toMatchObject({ until: 7 });
  peer.frame(0, 5, 'size');
  peer.frame(5, 7, 'end');
  await peer.expect('ack');
  peer.say({ type: 'unsubscribed', feed: 'user', acked: 7 });
  expect(await ranges).toEqual(['0 5 size', '5 7 end']);
  await client.close();
});

test('leaving before the server has answered ends at once, and the answer is answered with unsubscribe', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const subscription = client.subscribe('user');
  const { id } = await peer.expect('subscribe');
  subscription.leave();
  expect(await rangesOf(subscription)).toEqual([]);
  await expect(subscription.opened).rejects.toMatchObject({ code: 'closed' });
  peer.say({
    type: 'subscribed',
    id,
    feed: 'user',
    epoch: '0'.repeat(32),
    from: 0,
    checked: false,
    anchorEvery: 4_096,
  });
  expect(await peer.expect('unsubscribe')).toMatchObject({ feed: 'user', flush: false });
  await client.close();
});

test('a subscription’s signal leaves at once and its reason is thrown to who waits', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const controller = new AbortController();
  const ranges = rangesOf(client.subscribe('user', { signal: controller.signal }));
  await peer.subscribe();
  controller.abort(new Error('enough'));
  await expect(ranges).rejects.toThrow('enough');
  await client.close();
  expect(() => client.subscribe('user')).toThrow(expect.objectContaining({ code: 'closed' }));
});

test('the client’s signal closes every socket, and its reason is thrown everywhere', async () => {
  await using server = await scriptedServer();
  const controller = new AbortController();
  const { signal } = controller;
  const [client, first] = await Promise.all([connect(server.url, { signal }), server.welcomed()]);
  const both = [client.subscribe('user'), client.subscribe('user', { delivery: 'message' })].map(rangesOf);
  const second = await server.welcomed();
  await second.subscribe();
  controller.abort(new Error('enough'));
  for (const ranges of both) await expect(ranges).rejects.toThrow('enough');
  expect(await Promise.all([first.closed, second.closed])).toEqual([1000, 1000]);
});

test('close throws closed to who iterates; await using closes', async () => {
  await using server = await scriptedServer();
  let ranges: Promise<string[]>;
  let closed: Promise<number>;
  {
    const connected = connect(server.url);
    const peer = await server.welcomed();
    await using client = await connected;
    ranges = rangesOf(client.subscribe('user'));
    closed = peer.closed;
    ranges.catch(() => undefined);
    await peer.subscribe();
  }
  await expect(ranges).rejects.toMatchObject({ code: 'closed' });
  expect(await closed).toBe(1000);
});

test('BYE-3: bye leaves every subscription with its partial block and resolves when the server has closed', async () => {
  await using server = await scriptedServer();
  const states: ConnectionState['phase'][] = [];
  const connected = connect(server.url, { onState: ({ phase }) => states.push(phase) });
  const peer = await server.welcomed();
  const client = await connected;
  const users = rangesOf(client.subscribe('user', { size: 5 }));
  const arrays = rangesOf(client.subscribe('array', { size: 5 }));
  for (let asked = 0; asked < 2; asked++) await peer.subscribe();
  peer.frame(0, 2);
  const over = client.bye();
  await peer.expect('bye');
  peer.frame(2, 3, 'end', lineOf(2));
  peer.frame(0, 1, 'end', linesOf(0, 1), 'array');
  const acks = [await peer.expect('ack'), await peer.expect('ack')];
  expect(acks.map(({ feed, to }) => `${feed} ${to}`).sort()).toEqual(['array 1', 'user 3']);
  peer.socket.close(1000);
  await over;
  expect(await users).toEqual(['0 3 end']);
  expect(await arrays).toEqual(['0 1 end']);
  expect(states).toEqual(['connecting', 'live', 'closed']);
});

test('BYE-3: bye while a subscribe has no answer ends that one without error, and the others gracefully', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const users = rangesOf(client.subscribe('user', { size: 5 }));
  await peer.subscribe();
  peer.frame(0, 2);
  const arrays = rangesOf(client.subscribe('array', { size: 5 }));
  const { id } = await peer.expect('subscribe');
  const over = client.bye();
  await peer.expect('bye');
  peer.say({ type: 'error', code: 'not-subscribed', message: 'left', hint: 'Subscribe again.', id, about: 'array' });
  peer.frame(2, 3, 'end', lineOf(2));
  expect(await peer.expect('ack')).toMatchObject({ feed: 'user', to: 3 });
  peer.say({ type: 'unsubscribed', feed: 'user', acked: 3 });
  peer.socket.close(1000);
  await over;
  expect(await users).toEqual(['0 3 end']);
  expect(await arrays).toEqual([]);
});

test('BYE-3: bye while as many subscribes as a connection carries have no answer opens no other connection', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed(10_000_000, 2)]);
  const all = ['user', 'array'].map((feed) => rangesOf(client.subscribe(feed)));
  const ids = [(await peer.expect('subscribe')).id, (await peer.expect('subscribe')).id];
  const over = client.bye();
  await peer.expect('bye');
  for (const id of ids) peer.say({ type: 'error', code: 'not-subscribed', message: 'left', hint: 'Again.', id });
  await peer.read();
  peer.socket.close(1000);
  expect(await peer.closed).toBe(1000);
  await over;
  expect(await Promise.all(all)).toEqual([[], []]);
  expect(server.unexpected).toBe(0);
});

test('an ack after the end has no effect', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const subscription = client.subscribe('user', { size: 5 });
  await peer.subscribe();
  peer.frame(0, 5, 'size');
  let kept: Block | undefined;
  for await (const block of subscription) {
    kept = block;
    break;
  }
  await kept?.ack();
  await peer.expect('unsubscribe');
  await client.close();
  await peer.closed;
  expect(peer.unexpected).toBe(0);
});
