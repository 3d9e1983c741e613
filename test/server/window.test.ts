// The window of a subscription: how much may be under way, and what remembering it costs.
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { MemoryFeed } from '../../src/feed/logs/memory.ts';
import { Window } from '../../src/server/window.ts';
import { ManualClock } from '../support/manualClock.ts';
import { bench } from '../support/server.ts';
import type { SessionPeer } from '../support/sessionPeer.ts';

const mebibyte = 1_048_576;

/** A server with a feed of so many messages, whose blocks of 5 have about 1,000 bytes. */
async function stage(messages: number) {
  const clock = new ManualClock();
  const feed = new MemoryFeed('memory', { clock });
  for (let index = 0; index < messages; index++) feed.append('x'.repeat(140));
  const { peer } = await bench({ clock, feeds: { memory: feed } });
  return await peer();
}

/** Lets everything come that may: what is answered to a ping comes behind what was sent before. */
async function quiet(peer: SessionPeer): Promise<void> {
  for (let round = 0; round < 3; round++) {
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    peer.webSocket.ping();
    await once(peer.webSocket, 'pong');
  }
}

/** Bytes of the frames that came of blocks. */
function frameBytes(peer: SessionPeer): number {
  return peer.order.reduce((bytes, item) => bytes + (item instanceof Buffer ? item.length : 0), 0);
}

describe.each(['block', 'message'] as const)('the window in bytes, in %s delivery', (delivery) => {
  it(`ACK-2: no block is begun once so many bytes are begun, and each ack begins others: ${delivery}`, async () => {
    const peer = await stage(200);
    await peer.subscribe({ feed: 'memory', from: 0, size: 5, windowBytes: 3_500, delivery });
    await quiet(peer);
    // Of about 1,000 bytes each: three are below 3,500, so a fourth is begun, and then it is reached.
    expect(peer.blocks('memory').length).toBe(4);
    expect(frameBytes(peer)).toBeGreaterThanOrEqual(3_500);
    peer.ack('memory', 5);
    await quiet(peer);
    expect(peer.blocks('memory').length).toBe(5);
    peer.ack('memory', 12);
    await quiet(peer);
    expect(peer.blocks('memory').length).toBe(6);
    peer.ack('memory', 30);
    await quiet(peer);
    expect(peer.blocks('memory').length).toBe(10);
  });

  it(`ACK-2: a block larger than the window goes alone, one after the other: ${delivery}`, async () => {
    const peer = await stage(60);
    await peer.subscribe({ feed: 'memory', from: 0, size: 20, windowBytes: 1_000, delivery });
    for (let block = 1; block <= 3; block++) {
      await quiet(peer);
      expect(peer.blocks('memory').length).toBe(block);
      expect(peer.next('memory')).toBe(block * 20);
      peer.ack('memory', block * 20);
    }
  });
});

describe('what a window remembers', () => {
  it('E1: is 32 bytes a block, counted in all, and given back', () => {
    const budget = { maxBytes: 128 * mebibyte, bytes: 0 };
    const window = new Window({ blocks: 100_000, bytes: 1_073_741_824 }, 0, budget);
    let to = 0;
    while (!window.isFull) window.sent(++to, to * 10, to * 10 + 5, 100);
    expect([window.unacked, window.unackedBytes]).toEqual([100_000, 10_000_000]);
    expect(budget.bytes).toBe(4 * mebibyte);
    expect(window.ack(60_000)).toEqual({ blocks: 60_000, spanMicros: 599_995 });
    expect([window.unacked, window.unackedBytes]).toEqual([40_000, 4_000_000]);
    window.ack(100_000);
    expect(budget.bytes).toBe(128 * 32);
    window.release();
    window.release();
    expect(budget.bytes).toBe(0);
  });

  it('E1: is bounded over all windows: beyond it each goes on with 8 blocks', () => {
    const budget = { maxBytes: mebibyte, bytes: 0 };
    const windows = Array.from({ length: 64 }, () => new Window({ blocks: 100_000, bytes: 1_073_741_824 }, 0, budget));
    for (const window of windows) for (let to = 1; !window.isFull; to++) window.sent(to, 0, 0, 100);
    expect(budget.bytes).toBeLessThanOrEqual(mebibyte + 64 * 256);
    for (const window of windows) expect(window.unacked).toBeGreaterThanOrEqual(8);
    expect(windows.at(-1)?.unacked).toBe(8);
    // The hostile ones gone, it grows again.
    for (const window of windows.slice(0, -1)) window.release();
    const [last] = windows.slice(-1);
    last?.ack(1);
    for (let to = 9; last?.isFull === false; to++) last.sent(to, 0, 0, 100);
    expect(last?.unacked).toBeGreaterThan(1_000);
  });
});
