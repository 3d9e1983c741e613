// What came and was not taken is bounded, however much a server sends: by pausing the socket, or where that is impossible
// by closing it and going on later.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Client } from '../../src/client/client.ts';
import { platform } from '../../src/client/platform.node.ts';
import type { Platform } from '../../src/client/platform.ts';
import { messageLine } from '../../src/protocol/message.ts';
import { Arrivals } from '../support/arrivals.ts';
import { ManualClock } from '../support/manualClock.ts';
import { type Peer, scriptedServer } from '../support/scriptedServer.ts';

const limit = 1_048_576;
const frames = 40;
const text = JSON.stringify('x'.repeat(400_000));
const lineAt = (offset: number) => messageLine(offset, 0, text);
const lineLength = lineAt(10).length;

/** Node's platform, watched: how many bytes came, when its sockets were paused; with `flow` false it is as in a browser. */
function watched(flow: boolean) {
  const seen = { bytes: 0, pauses: 0, resumes: 0, paused: new Arrivals<void>() };
  const watching: Platform = {
    ...platform,
    openSocket(url, subprotocol, events) {
      const data = (bytes: Uint8Array) => {
        seen.bytes += bytes.length;
        events.data(bytes);
      };
      const socket = platform.openSocket(url, subprotocol, { ...events, data });
      if (!flow) return { ...socket, flow: undefined };
      return {
        ...socket,
        flow: {
          pause() {
            seen.pauses++;
            seen.paused.add();
            socket.flow?.pause();
          },
          resume() {
            seen.resumes++;
            socket.flow?.resume();
          },
        },
      };
    },
  };
  return { watching, seen };
}

function flood(peer: Peer, from: number): void {
  for (let offset = from; offset < frames; offset++) peer.frame(offset, offset + 1, 'size', lineAt(offset));
}

test('a socket is paused when the bound is reached and resumed as its user takes, over and over', async () => {
  await using server = await scriptedServer();
  const { watching, seen } = watched(true);
  const connected = Client.connect(watching, server.url, { receivedBytes: limit });
  const peer = await server.welcomed();
  const client = await connected;
  const subscription = client.subscribe('user', { size: 1 });
  await peer.subscribe();
  flood(peer, 0);
  await seen.paused.next();
  for (let turns = 0; turns < 20; turns++) await nextTurn();
  let taken = 0;
  let most = seen.bytes;
  for await (const part of subscription.parts()) {
    most = Math.max(most, seen.bytes - taken * lineLength);
    expect(part).toMatchObject({ from: taken, to: taken + 1 });
    taken++;
    if (taken === frames) break;
    await nextTurn();
  }
  // One frame takes it beyond the bound, and what the socket had read with it may hold the next.
  expect(most).toBeLessThan(limit + 2 * lineLength + frames * 160);
  expect(seen.pauses).toBeGreaterThan(5);
  expect(seen.resumes).toBe(seen.pauses);
  await client.close();
});

test('who leaves gives back the room of what came for it: the others on the connection go on', async () => {
  await using server = await scriptedServer();
  const { watching, seen } = watched(true);
  const connected = Client.connect(watching, server.url, { receivedBytes: limit });
  const peer = await server.welcomed();
  const client = await connected;
  const controller = new AbortController();
  client.subscribe('user', { size: 1, signal: controller.signal });
  const array = client.subscribe('array');
  for (let asked = 0; asked < 2; asked++) await peer.subscribe();
  flood(peer, 0);
  peer.frame(0, 1, 'size', lineAt(0), 'array');
  await seen.paused.next();
  controller.abort();
  expect((await array.parts().next()).value).toMatchObject({ from: 0, to: 1 });
  await client.close();
});

test('where it cannot be paused the connection is closed, and resumed at its place when half was taken', async () => {
  await using server = await scriptedServer();
  const { watching, seen } = watched(false);
  const phases = new Arrivals<string>();
  const options = { receivedBytes: limit, onState: ({ phase }: { phase: string }) => phases.add(phase) };
  const connected = Client.connect(watching, server.url, options);
  const peer = await server.welcomed();
  const client = await connected;
  const subscription = client.subscribe('user', { size: 1 });
  await peer.subscribe();
  flood(peer, 0);
  expect(await peer.closed).toBe(1000);
  while ((await phases.next()) !== 'full');
  expect(seen.bytes).toBeGreaterThan(limit);
  const parts = subscription.parts();
  for (const to of [1, 2]) expect((await parts.next()).value).toMatchObject({ to });
  const again = await server.welcomed();
  const { from } = await again.subscribe();
  expect(from).toBe(3);
  flood(again, 3);
  for (const to of [3, 4, 5]) expect((await parts.next()).value).toMatchObject({ to });
  await client.close();
});

test('LIFE-1: a paused connection is not taken for a silent one, and is again when it reads', async () => {
  await using server = await scriptedServer();
  const { watching, seen } = watched(true);
  const clock = new ManualClock();
  const phases: string[] = [];
  const connected = Client.connect(watching, server.url, {
    receivedBytes: limit,
    clock,
    onState: ({ phase }) => phases.push(phase),
  });
  const peer = await server.welcomed();
  const client = await connected;
  const parts = client.subscribe('user', { size: 1 }).parts();
  await peer.subscribe();
  for (let offset = 0; offset < 3; offset++) peer.frame(offset, offset + 1, 'size', lineAt(offset));
  await seen.paused.next();
  for (let beats = 0; beats < 10; beats++) clock.advance(10_000);
  expect(phases).toEqual(['connecting', 'live']);
  for (let taken = 0; taken < 3; taken++) await parts.next();
  for (let beats = 0; beats < 4; beats++) clock.advance(10_000);
  expect(phases).toEqual(['connecting', 'live']);
  await nextTurn();
  expect(phases).toEqual(['connecting', 'live', 'waiting']);
  await client.close();
});
