// What a user sees of blocks that come over a real socket, in both deliveries, and what of acks the server hears.
import { expect, test } from 'vitest';
import { type Block, connect, type Part, type SubscriptionEvent } from '../../src/index.ts';
import { Arrivals } from '../support/arrivals.ts';
import { ManualClock } from '../support/manualClock.ts';
import { epochs, linesOf, scriptedServer } from '../support/scriptedServer.ts';

test('block delivery: a block has its messages, lines, range, cut and times', async () => {
  await using server = await scriptedServer();
  const clock = new ManualClock();
  const [client, peer] = await Promise.all([connect(server.url, { clock }), server.welcomed()]);
  const subscription = client.subscribe('user', { size: 5 });
  expect(await peer.subscribe({ from: 60 })).toEqual({
    type: 'subscribe',
    id: 0,
    feed: 'user',
    from: 'latest',
    size: 5,
  });
  peer.frame(60, 65, 'size');
  for await (const block of subscription) {
    expect(block).toMatchObject({ feed: 'user', epoch: epochs[0], from: 60, to: 65, cut: 'size', gapsBefore: [] });
    expect(Buffer.from(block.lines).toString()).toBe(linesOf(60, 65));
    expect(block.messages).toHaveLength(5);
    expect(block.messages[1]).toEqual({ offset: 61, time: 61_000_000, data: 'x' });
    expect(block.messages).toBe(block.messages);
    expect(block).toMatchObject({ firstTime: 60_000_000, lastTime: 64_000_000, spanMicros: 4_000_000, tookMicros: 0 });
    expect(block.firstReceivedMicros).toBe(clock.nowMicros());
    break;
  }
  await client.close();
});

test('FRAME-3: message delivery has a connection of its own beside others, and took runs from line to cut', async () => {
  await using server = await scriptedServer();
  const clock = new ManualClock();
  const [client, first] = await Promise.all([connect(server.url, { clock }), server.welcomed()]);
  const shared = [client.subscribe('user'), client.subscribe('array')];
  await first.subscribe();
  await first.subscribe();
  const subscription = client.subscribe('user', { size: 3, delivery: 'message' });
  const peer = await server.welcomed();
  await peer.subscribe();
  const came = subscription.parts();
  const received: Part[] = [];
  for (const offset of [0, 1, 2]) {
    peer.lines(offset, offset + 1);
    const { value } = await came.next();
    received.push(value as Part);
    clock.advance(2_000);
  }
  peer.cut(3, 'size');
  const end = (await came.next()).value as Part;
  expect(received.map(({ from, to, cut }) => ({ from, to, cut }))).toEqual(
    [0, 1, 2].map((from) => ({ from, to: from + 1, cut: undefined })),
  );
  expect(end).toMatchObject({ from: 3, to: 3, cut: 'size' });
  subscription.ack(3);
  expect(await peer.expect('ack')).toMatchObject({ to: 3, blocks: [[3, 6_000_000]] });
  expect(shared).toHaveLength(2);
  await client.close();
});

test('ACK-1: acks of one turn are one message, with every block it covers', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const subscription = client.subscribe('user', { size: 5 });
  await peer.subscribe();
  for (const from of [0, 5, 10]) peer.frame(from, from + 5, 'size');
  const blocks: Block[] = [];
  for await (const block of subscription) {
    if (blocks.push(block) === 3) {
      for (const each of blocks) await each.ack();
      // The loop waits here for a fourth block while the ack goes out.
      const ack = await peer.expect('ack');
      expect(ack).toMatchObject({ type: 'ack', feed: 'user', epoch: epochs[0], to: 15 });
      expect(ack.blocks?.map(([to]) => to)).toEqual([5, 10, 15]);
      break;
    }
  }
  expect((await peer.expect('unsubscribe')).flush).toBe(false);
  await client.close();
  expect(peer.unexpected).toBe(0);
});

test('an ack inside a block, of a part, is said; one beyond what was handed out is bad-ack and is not', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const events = new Arrivals<SubscriptionEvent>();
  const subscription = client.subscribe('user', { size: 1_000, onEvent: (event) => events.add(event) });
  await peer.subscribe();
  peer.frame(0, 10);
  for await (const part of subscription.parts()) {
    expect(part).toMatchObject({ kind: 'part', from: 0, to: 10, cut: undefined });
    peer.frame(10, 20);
    peer.say({ type: 'heartbeat', tails: { user: 20 } });
    while ((await events.next()).type !== 'tail');
    expect(subscription.next).toBe(20);
    for (const to of [11, -1, 1.5, Number.NaN])
      expect(() => subscription.ack(to)).toThrow(expect.objectContaining({ code: 'bad-ack' }));
    subscription.ack(10);
    expect(await peer.expect('ack')).toEqual({ type: 'ack', feed: 'user', epoch: epochs[0], to: 10 });
    break;
  }
  await client.close();
});

test('GAP-1: a gap is told as it comes, and in its place among the parts and before the next block', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const events: SubscriptionEvent[] = [];
  const subscription = client.subscribe('user', { size: 5, onEvent: (event) => events.push(event) });
  await peer.subscribe();
  peer.frame(0, 3);
  peer.say({ type: 'gap', feed: 'user', from: 3, to: 7, reason: 'retention' });
  peer.say({ type: 'gap', feed: 'user', from: 7, to: 8, reason: 'retention' });
  peer.frame(8, 10, 'size');
  const blocks: Block[] = [];
  for await (const block of subscription) if (blocks.push(block) === 2) break;
  expect(blocks).toMatchObject([
    { from: 0, to: 3, cut: 'gap', gapsBefore: [] },
    {
      from: 8,
      to: 10,
      cut: 'size',
      gapsBefore: [
        { from: 3, to: 7, reason: 'retention' },
        { from: 7, to: 8 },
      ],
    },
  ]);
  expect(events.filter((event) => event.type === 'gap')).toHaveLength(2);
  await client.close();
});

test('LIFE-2, ACK-5: opened, the tail, the lag and a stall are told', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const events: SubscriptionEvent[] = [];
  const subscription = client.subscribe('user', { size: 5, onEvent: (event) => events.push(event) });
  await peer.subscribe({ from: 10, tail: 12, spec: 'user?rate=1' });
  expect(await subscription.opened).toEqual({
    feed: 'user',
    epoch: epochs[0],
    from: 10,
    tail: 12,
    at: undefined,
    specification: 'user?rate=1',
    checked: false,
    anchorEvery: 4_096,
  });
  expect(subscription.lag).toBe(2);
  peer.say({ type: 'heartbeat', tails: { user: 100, another: 5 } });
  peer.say({ type: 'stalled', feed: 'user', window: 8, windowBytes: 1_000, unacked: 8, unackedBytes: 900 });
  peer.frame(10, 15, 'size');
  for await (const _block of subscription) break;
  expect(events).toMatchObject([
    { type: 'opened', again: false },
    { type: 'tail', tail: 100, lag: 90 },
    { type: 'stalled', window: 8, windowBytes: 1_000, unacked: 8, unackedBytes: 900 },
  ]);
  expect(subscription).toMatchObject({ next: 15, lag: 85 });
  await client.close();
});

test('LIFE-2: a feed that is ahead of the server’s clock is told with each heartbeat, and once more when that is over', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const events = new Arrivals<SubscriptionEvent>();
  client.subscribe('user', { onEvent: (event) => event.type === 'ahead' && events.add(event) });
  await peer.subscribe();
  for (const ahead of [undefined, 17_000_000, 7_000_500, undefined, undefined])
    peer.say({ type: 'heartbeat', tails: { user: 5 }, ...(ahead === undefined ? {} : { ahead: { user: ahead } }) });
  for (const aheadMs of [17_000, 7_000.5, 0]) expect(await events.next()).toEqual({ type: 'ahead', aheadMs });
  await peer.read();
  expect(events.waiting).toBe(0);
  await client.close();
});

test('a block whose lines are not each of its offsets once throws when its messages are read', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const subscription = client.subscribe('user', { size: 5 });
  await peer.subscribe();
  peer.frame(0, 5, 'size', linesOf(0, 2) + linesOf(1, 2) + linesOf(3, 5));
  for await (const block of subscription) {
    expect(() => block.messages).toThrow(expect.objectContaining({ code: 'bad-server' }));
    break;
  }
  await client.close();
});

test('one iteration a subscription: a second is closed', async () => {
  await using server = await scriptedServer();
  const [client, peer] = await Promise.all([connect(server.url), server.welcomed()]);
  const subscription = client.subscribe('user', { size: 5 });
  await peer.subscribe();
  peer.frame(0, 5, 'size');
  for await (const _block of subscription) break;
  await expect(subscription.parts().next()).rejects.toMatchObject({ code: 'closed' });
  await client.close();
});
