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
    ...{ place: undefined, start: nothing, gap: does('gap'), close: nothing },
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
