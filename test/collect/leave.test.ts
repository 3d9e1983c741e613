// A collector that is told to leave when there is nothing yet to leave, and one that finds its folder under other words:
// against a scripted server.
import { expect, test } from 'vitest';
import { type CollectOptions, collect, type Store } from '../../src/collect/index.ts';
import { scriptedServer } from '../support/scriptedServer.ts';

/** A store that has everything of the feed up to `next`, and hands out sinks that keep nothing. */
function storeAt(next: number | undefined): Store {
  const position = next === undefined ? undefined : { next, check: undefined };
  const nothing = async () => {};
  const record = async () => '{}';
  const sink = { position, start: nothing, append: nothing, seal: record, gap: record, sync: nothing, close: nothing };
  return { reopen: async () => undefined, open: async () => sink, close: nothing };
}

function options(next: number | undefined): CollectOptions {
  return { feeds: ['user'], size: 5, store: storeAt(next), connect: { backoff: { firstMs: 60_000, capMs: 60_000 } } };
}

test.each(['is silent', 'is gone'])(
  'leaving before the server has answered, which %s, ends at once and is no error',
  async (state) => {
    await using server = await scriptedServer();
    const collection = collect(server.url, options(undefined));
    const peer = await server.welcomed();
    await peer.expect('subscribe');
    if (state === 'is gone') await peer.crash();
    collection.leave();
    expect(await collection.done).toMatchObject({ blocks: 0, messages: 0 });
  },
);

test('a feed that turns out to be stored under other words is left where it began, and gone on with where its journal says', async () => {
  await using server = await scriptedServer();
  const collection = collect(server.url, options(40));
  const peer = await server.welcomed();
  await peer.subscribe({ from: 60, tail: 63 });
  peer.frame(60, 63);
  expect(await peer.expect('unsubscribe')).toMatchObject({ feed: 'user', flush: false });
  peer.say({ type: 'unsubscribed', feed: 'user', acked: 0 });
  expect(await peer.subscribe({ tail: 43 })).toMatchObject({ from: 40 });
  peer.frame(40, 43);
  // The one that was left counts no more: only its successor's messages are missing.
  peer.frame(43, 45, 'size');
  expect(await peer.expect('ack')).toMatchObject({ to: 45 });
  expect(collection.status()).toMatchObject({ blocks: 1, messages: 5, lag: 0 });
  collection.leave();
  expect(await peer.expect('unsubscribe')).toMatchObject({ flush: true });
  peer.say({ type: 'unsubscribed', feed: 'user', acked: 45 });
  expect(await collection.done).toMatchObject({ blocks: 1 });
});

test('of the number of blocks that are wanted the last is acked, also where more came before it was stored', async () => {
  let keep = () => {};
  const kept = new Promise<string>((resolve) => {
    keep = () => resolve('{}');
  });
  const { store, ...rest } = options(undefined);
  const keeping: Store = { ...store, open: async (feed) => ({ ...(await store.open(feed)), seal: () => kept }) };
  await using server = await scriptedServer();
  const collection = collect(server.url, { ...rest, store: keeping, blocks: 1 });
  const peer = await server.welcomed();
  await peer.subscribe();
  peer.frame(0, 5, 'size');
  peer.frame(5, 10, 'size');
  await peer.read();
  keep();
  expect(await peer.expect('ack')).toMatchObject({ feed: 'user', to: 5 });
  expect(await collection.done).toMatchObject({ blocks: 1, messages: 5 });
});
