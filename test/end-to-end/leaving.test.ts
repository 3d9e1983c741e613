// Who leaves is let go: its last block and ack, and then the server keeps nothing of it, and nobody else notices.
import { Socket } from 'node:net';
import { queryObjects } from 'node:v8';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Rendition } from '../../src/frames/rendition.ts';
import { type Block, connect, type Delivery } from '../../src/index.ts';
import { Connection } from '../../src/server/connection.ts';
import { Cursor } from '../../src/server/cursor.ts';
import { Plain } from '../../src/server/plain.ts';
import { Session } from '../../src/server/session.ts';
import { Window } from '../../src/server/window.ts';
import { ManualClock, newYearMicros } from '../support/manualClock.ts';
import { PlainPeer } from '../support/plainPeer.ts';
import { type Bench, bench, eventually } from '../support/server.ts';

/** A message a second, and the clock at message 60. */
async function serving(): Promise<Bench> {
  return await bench({ clock: new ManualClock(newYearMicros + 60_000_000), feeds: { user: 'user?rate=1' } });
}

/** A client that takes blocks of 5 of the feed from the one that is filling, and acks each. */
async function taking(url: string, delivery: Delivery) {
  const client = await connect(url);
  const subscription = client.subscribe('user', { size: 5, delivery });
  const blocks: Block[] = [];
  const done = (async () => {
    for await (const block of subscription) {
      blocks.push(block);
      await block.ack();
    }
  })();
  await subscription.opened;
  return { client, subscription, blocks, done };
}

const ranges = (blocks: readonly Block[]) => blocks.map(({ from, to, cut }) => `${from} ${to} ${cut}`);

test.each(['block', 'message'] as const)(
  'BYE-1, BYE-5: the partial block of who leaves comes with cut end, its ack is logged, others see nothing: %s delivery',
  async (delivery) => {
    const { url, clock, logged, server } = await serving();
    const stays = await Promise.all([taking(url, 'block'), taking(url, 'message')]);
    const timers = clock.pending;
    const before = server.stats();
    const leaves = await taking(url, delivery);
    for (let second = 0; second < 7; second++) clock.advance(1_000);
    await eventually(() => leaves.subscription.next === (delivery === 'block' ? 65 : 68) && leaves.blocks.length === 1);
    leaves.subscription.leave();
    await leaves.done;
    expect(ranges(leaves.blocks)).toEqual(['60 65 size', '65 68 end']);
    expect(leaves.blocks[1]?.messages.map(({ offset }) => offset)).toEqual([65, 66, 67]);
    await leaves.client.close();

    const ofLeaver = logged.filter(
      ({ fields, sentence }) => sentence.startsWith('ack user') && fields.from === 65 && fields.to === 68,
    );
    expect(ofLeaver).toMatchObject([{ fields: { messages: 3, spanMicros: 2_000_000 } }]);
    expect(logged.filter(({ sentence }) => sentence.includes('leaves user'))).toMatchObject([
      { fields: { acked: 68 } },
    ]);
    await eventually(() => server.stats().connections === before.connections);
    expect(server.stats()).toMatchObject({ connections: before.connections, subscriptions: before.subscriptions });
    expect(clock.pending).toBe(timers);

    for (let second = 0; second < 7; second++) clock.advance(1_000);
    for (const { blocks, client, done } of stays) {
      await eventually(() => blocks.length === 3);
      expect(ranges(blocks)).toEqual(['60 65 size', '65 70 size', '70 75 size']);
      done.catch(() => undefined);
      await client.close();
    }
  },
);

/** What the server makes for a client, and what other objects of the same process may be of as well. */
const own = { Session, Plain, Connection, Cursor, Window, Rendition };
const shared = { WebSocket, Socket };

/** How many objects there are of each class, once the garbage is collected. */
async function census(classes: Readonly<Record<string, Parameters<typeof queryObjects>[0]>>) {
  // A socket's handle is let go a turn after its close.
  await new Promise(setImmediate);
  return Object.fromEntries(
    Object.entries(classes).map(([name, made]) => [name, queryObjects(made, { format: 'count' })]),
  );
}

test('BYE-5: of clients that came in every way and left in every way no object, timer or count is left', async () => {
  const { url, clock, server } = await serving();
  const visit = async (number: number): Promise<void> => {
    // Partly with policies of their own, so that what is made for a policy is let go as well.
    // Leaves, breaks, says bye, closes, and is cut off; by blocks and by messages; and one that speaks WebSocket only.
    const all = await Promise.all(
      (['block', 'message'] as const).flatMap((by) => [1, 2, 3].map(() => taking(url, by))),
    );
    const breaks = await connect(url);
    const broken = (async () => {
      for await (const _block of breaks.subscribe('user', { waitMs: 2_000 + number })) break;
    })();
    const mute = await connect(url);
    await mute.subscribe('user', { bytes: 1_000 + number, window: 1, from: 0 }).opened;
    const plain = [
      await PlainPeer.open(`${url}/feeds/user?wait=${3_000 + number}ms`),
      await PlainPeer.open(`${url}/feeds/user`),
    ];
    for (let second = 0; second < 7; second++) clock.advance(1_000);
    await eventually(() => all.every(({ blocks }) => blocks.length >= 1));
    await Promise.all([broken, ...plain.map((peer) => peer.until(() => peer.frames.length > 0))]);
    for (const [index, { client, subscription, done }] of all.entries()) {
      if (index % 3 === 0) subscription.leave();
      else if (index % 3 === 1) await client.bye();
      else done.catch(() => undefined);
      if (index % 3 === 2) await client.close();
      else await done;
    }
    await Promise.all([...all.map(({ client }) => client), breaks, mute].map((client) => client.close()));
    for (const peer of plain) peer.close();
    await eventually(() => server.stats().connections === 0);
  };
  await visit(0);
  const [timers, stats, objects] = [clock.pending, server.stats(), await census(shared)];
  for (let number = 1; number <= 5; number++) await visit(number);
  const { adHocFeeds } = stats;
  expect(server.stats()).toMatchObject({ connections: 0, subscriptions: 0, unsentBytes: 0, adHocFeeds });
  expect(clock.pending).toBe(timers);
  expect(await census(own)).toEqual({ Session: 0, Plain: 0, Connection: 0, Cursor: 0, Window: 0, Rendition: 0 });
  for (const [name, count] of Object.entries(await census(shared)))
    expect(count, `${name} objects`).toBeLessThanOrEqual(objects[name] ?? 0);
}, 60_000);
