// A1 where the files that are written to are taken away: nothing is acked that is not in the folder, and the collector ends.
import { rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dataFile, journalFileName } from '../../src/blocks/names.ts';
import { collect, folderStore, openTextStore } from '../../src/collect/index.ts';
import { policyName } from '../../src/protocol/policy.ts';
import { temporaryFolder } from '../blocks/folders.ts';
import { epochs, scriptedServer } from '../support/scriptedServer.ts';

const takings: [string, (folder: string) => Promise<void>][] = [
  ['its data file is deleted', (folder) => unlink(join(folder, dataFile(0)))],
  ['its journal is deleted', (folder) => unlink(join(folder, journalFileName))],
  ['its lock is deleted', (folder) => unlink(join(folder, 'lock'))],
  ['the folder is deleted', (folder) => rm(folder, { recursive: true })],
  ['the folder is renamed', (folder) => rename(folder, `${folder}.old`)],
];

test.each(takings)('A1: %s: the collector ends with storage, and nothing more is acked', async (_, take) => {
  const out = await temporaryFolder();
  await using server = await scriptedServer();
  const { done } = collect(server.url, { feeds: ['user'], size: 5, store: folderStore(out) });
  const peer = await server.welcomed();
  await peer.subscribe({ from: 0 });
  const ended = expect(done).rejects.toMatchObject({
    code: 'storage',
    message: expect.stringMatching(/deleted, moved/),
  });
  peer.frame(0, 5, 'size');
  expect(await peer.expect('ack')).toMatchObject({ to: 5 });
  await take(join(out, 'user', policyName({ size: 5 }), epochs[0]));
  peer.frame(5, 10, 'size');
  await ended;
  expect(await peer.closed).toBe(1000);
  while (peer.unexpected > 0) expect(await peer.expect('unsubscribe')).toMatchObject({ flush: false });
});

test('A1: its text file is deleted: the same', async () => {
  const path = join(await temporaryFolder(), 'blocks.txt');
  await using server = await scriptedServer();
  const store = await openTextStore(path);
  const { done } = collect(server.url, { feeds: ['user'], size: 5, store });
  const peer = await server.welcomed();
  await peer.subscribe({ from: 0 });
  const ended = expect(done).rejects.toMatchObject({ code: 'storage', about: path });
  peer.frame(0, 5, 'size');
  expect(await peer.expect('ack')).toMatchObject({ to: 5 });
  await unlink(path);
  peer.frame(5, 10, 'size');
  await ended;
  expect(await peer.closed).toBe(1000);
  while (peer.unexpected > 0) expect(await peer.expect('unsubscribe')).toMatchObject({ flush: false });
  await store.close();
});

test('two collectors in one process: the second is refused the folder, and the first goes on', async () => {
  const out = await temporaryFolder();
  await using server = await scriptedServer();
  const first = collect(server.url, { feeds: ['user'], size: 5, store: folderStore(out) });
  const peer = await server.welcomed();
  await peer.subscribe({ from: 0 });
  peer.frame(0, 5, 'size');
  expect(await peer.expect('ack')).toMatchObject({ to: 5 });
  const second = collect(server.url, { feeds: ['user'], size: 5, store: folderStore(out) });
  const refused = expect(second.done).rejects.toMatchObject({ code: 'locked' });
  await server.welcomed();
  await refused;
  peer.frame(5, 10, 'size');
  expect(await peer.expect('ack')).toMatchObject({ to: 10 });
  first.leave();
  expect(await peer.expect('unsubscribe')).toMatchObject({ flush: true });
  peer.say({ type: 'unsubscribed', feed: 'user', acked: 10 });
  expect(await first.done).toMatchObject({ blocks: 2 });
});

test('of two errors, of the collecting and of closing the store after it, the first is told', async () => {
  const first = new Error('the first');
  const nothing = async () => {};
  const sink = {
    ...{ position: undefined, start: nothing, append: nothing, seal: async () => '{}', gap: async () => '{}' },
    sync: () => Promise.reject(first),
    close: () => Promise.reject(new Error('the second')),
  };
  await using server = await scriptedServer();
  const store = { reopen: async () => undefined, open: async () => sink, close: nothing };
  const { done } = collect(server.url, { feeds: ['user'], size: 5, store });
  const peer = await server.welcomed();
  await peer.subscribe({ from: 0 });
  const ended = expect(done).rejects.toBe(first);
  peer.frame(0, 5, 'size');
  await ended;
});
