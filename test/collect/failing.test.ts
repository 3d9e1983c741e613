// A store that fails: nothing is acked that it did not take, the collector ends with its error, and with no other.
import { expect, onTestFinished, test } from 'vitest';
import { BlockfeedError, collect, type Store } from '../../src/collect/index.ts';
import { scriptedServer } from '../support/scriptedServer.ts';

const full = new BlockfeedError('storage', 'the disk is full', { hint: 'Make room.' });

/** A store whose sink rejects this from its second use on. */
function failing(step: 'append' | 'seal' | 'sync'): Store {
  let uses = 0;
  const does = (name: string) => async () => {
    if (name === step && ++uses === 2) throw full;
    return '{}';
  };
  const nothing = async () => {};
  const sink = {
    ...{ position: undefined, start: nothing, gap: does('gap'), close: nothing },
    append: does('append') as () => Promise<never>,
    seal: does('seal'),
    sync: does('sync') as () => Promise<never>,
  };
  return { reopen: async () => undefined, open: async () => sink, close: nothing };
}

test.each([
  ['append', 1],
  ['append', 8],
  ['seal', 1],
  ['seal', 8],
  ['sync', 1],
  ['sync', 8],
] as const)(
  'A1: %s fails with window %i: the blocks before are acked, nothing else, and the error is told once',
  async (step, window) => {
    const unhandled: unknown[] = [];
    const onUnhandled = (error: unknown) => void unhandled.push(error);
    process.on('unhandledRejection', onUnhandled);
    onTestFinished(() => void process.off('unhandledRejection', onUnhandled));
    await using server = await scriptedServer();
    const { done } = collect(server.url, { feeds: ['user'], size: 5, window, store: failing(step) });
    const peer = await server.welcomed();
    await peer.subscribe({ from: 0 });
    const ended = expect(done).rejects.toBe(full);
    peer.frame(0, 5, 'size');
    expect(await peer.expect('ack')).toMatchObject({ to: 5 });
    // The next block comes whole, and nothing of the one after it.
    peer.frame(5, 10, 'size');
    await ended;
    expect(await peer.closed).toBe(1000);
    await new Promise(setImmediate);
    expect(unhandled).toEqual([]);
    while (peer.unexpected > 0) expect(await peer.expect('unsubscribe')).toMatchObject({ flush: false });
  },
);

test.each([1, 8])('A1: while a sync is under way nothing is acked, with window %i', async (window) => {
  const nothing = async () => {};
  let syncing = () => {};
  let synced = () => {};
  const began = new Promise<void>((resolve) => {
    syncing = resolve;
  });
  const durable = new Promise<void>((resolve) => {
    synced = resolve;
  });
  const sink = {
    ...{ position: undefined, start: nothing, append: nothing, close: nothing },
    gap: async () => '{}',
    seal: async () => '{}',
    sync: async () => {
      syncing();
      await durable;
    },
  };
  await using server = await scriptedServer();
  const store: Store = { reopen: async () => undefined, open: async () => sink, close: nothing };
  const collection = collect(server.url, { feeds: ['user'], size: 5, window, store });
  const peer = await server.welcomed();
  await peer.subscribe({ from: 0 });
  peer.frame(0, 5, 'size');
  await began;
  // Whatever the client says in the turn of the sync, or the next, lies before its answers to these.
  for (let turn = 0; turn < 3; turn++) await peer.read();
  expect(peer.unexpected).toBe(0);
  synced();
  expect(await peer.expect('ack')).toMatchObject({ to: 5 });
  collection.leave();
  expect(await peer.expect('unsubscribe')).toMatchObject({ flush: true });
  peer.say({ type: 'unsubscribed', feed: 'user', acked: 5 });
  expect(await collection.done).toMatchObject({ blocks: 1 });
});
