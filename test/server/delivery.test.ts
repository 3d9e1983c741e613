// What is sent, in which frames and in which order: FRAME-*, ACK-*, GAP-*, LIFE-3, C1, F2.
import { describe, expect, it } from 'vitest';
import { sliceOf } from '../../src/feed/lines.ts';
import { MemoryFeed } from '../../src/feed/logs/memory.ts';
import { parseFrame } from '../../src/protocol/frame.ts';
import { blocksOf, linesOf } from '../support/bruteForce.ts';
import { LaterFeed } from '../support/feeds.ts';
import { ManualClock, newYearMicros } from '../support/manualClock.ts';
import { RawPeer } from '../support/rawPeer.ts';
import { type Bench, bench, eventually } from '../support/server.ts';
import type { SessionPeer } from '../support/sessionPeer.ts';

interface Stage extends Bench {
  readonly feed: MemoryFeed;
  readonly append: (count: number, bytes?: number) => void;
}

async function stage(options: Parameters<typeof bench>[0] = {}, anchorEvery = 4_096): Promise<Stage> {
  const clock = new ManualClock();
  const feed = new MemoryFeed('memory', { clock, anchorEvery });
  const server = await bench({ clock, feeds: { memory: feed }, ...options });
  const append = (count: number, bytes = 20) => {
    for (let index = 0; index < count; index++) feed.append('x'.repeat(bytes));
  };
  return { ...server, feed, append };
}

const ranges = (peer: SessionPeer) =>
  peer.came('memory').map((item) => ('gap' in item ? ['gap', ...item.gap] : [item.from, item.to, item.cut]));
const framesOf = (peer: SessionPeer) => peer.order.filter((item): item is Buffer => item instanceof Buffer);

/** Lets everything happen that can happen without anybody doing anything. */
async function quiet(peer: SessionPeer): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  await peer.settled();
}

describe('frames', () => {
  it('FRAME-1: in block delivery is a header line and the lines, the same bytes for everyone', async () => {
    const { peer, feed, append } = await stage();
    append(10);
    const peers = await Promise.all([peer(), peer(), peer()]);
    await peers[0].subscribe({ feed: 'memory', from: 0, size: 5 });
    await peers[1].subscribe({ feed: 'memory', from: 5, size: 5, consumer: 'me' });
    append(5);
    await peers[2].subscribe({ feed: 'memory', from: 'earliest', size: 5, window: 1_000 });
    for (const one of peers) await one.until(() => one.next('memory') === 15);
    const [first, second, third] = peers.map(framesOf) as [Buffer[], Buffer[], Buffer[]];
    expect(Buffer.concat(third)).toEqual(Buffer.concat(first));
    expect(Buffer.concat(second)).toEqual(Buffer.concat(first.slice(1)));
    expect(first[1]?.toString()).toBe(
      `{"feed":"memory","from":5,"to":10,"cut":"size"}\n${sliceOf(feed.read(5), 5, 10).toString()}`,
    );
  });

  it('FRAME-2: a frame has at most 65,536 bytes of lines, and only the last of a block has the cut', async () => {
    const { peer, append } = await stage();
    append(30, 10_000);
    const one = await peer();
    await one.subscribe({ feed: 'memory', from: 0, size: 15 });
    await one.until(() => one.blocks('memory').length === 2);
    const frames = framesOf(one).map((frame) => parseFrame(frame));
    expect(frames.map(({ header: { from, to, cut } }) => [from, to, cut])).toEqual([
      [0, 6, undefined],
      [6, 12, undefined],
      [12, 15, 'size'],
      [15, 21, undefined],
      [21, 27, undefined],
      [27, 30, 'size'],
    ]);
    for (const { lines } of frames) expect(lines.length).toBeLessThanOrEqual(65_536);
  });

  it('FRAME-2: a longer line has a frame of its own', async () => {
    const { peer, append } = await stage();
    append(1);
    append(1, 900_000);
    append(1);
    const one = await peer();
    await one.subscribe({ feed: 'memory', from: 0, size: 3 });
    await one.until(() => one.blocks('memory').length === 1);
    expect(framesOf(one).map((frame) => parseFrame(frame).header)).toMatchObject([
      { from: 0, to: 1 },
      { from: 1, to: 2 },
      { from: 2, to: 3, cut: 'size' },
    ]);
  });

  it('FRAME-2 and CUT-4: a frame ends at every anchor, and with bytes the block too', async () => {
    const { peer, append } = await stage({}, 256);
    append(700, 1);
    const one = await peer();
    await one.subscribe({ feed: 'memory', from: 0, size: 600 });
    await one.until(() => one.blocks('memory').length === 1);
    expect(framesOf(one).map((frame) => parseFrame(frame).header)).toMatchObject([
      { from: 0, to: 256 },
      { from: 256, to: 512 },
      { from: 512, to: 600, cut: 'size' },
    ]);
    const two = await peer();
    await two.subscribe({ feed: 'memory', from: 0, bytes: 1_073_741_824 });
    await two.until(() => two.blocks('memory').length === 2);
    expect(ranges(two)).toEqual([
      [0, 256, 'size'],
      [256, 512, 'size'],
    ]);
  });

  it('FRAME-3: in message delivery each message is a frame, and the cut follows the last line of a block at once', async () => {
    const { peer, feed, append } = await stage();
    const one = await peer();
    await one.subscribe({ feed: 'memory', from: 0, size: 2, delivery: 'message' });
    append(5);
    await one.until(() => one.next('memory') === 5);
    const data = one.order.slice(2).map((item) => (item instanceof Buffer ? item.toString() : item));
    const line = (offset: number) => sliceOf(feed.read(offset), offset, offset + 1).toString();
    expect(data).toEqual([
      line(0),
      line(1),
      { type: 'cut', feed: 'memory', to: 2, cut: 'size' },
      line(2),
      line(3),
      { type: 'cut', feed: 'memory', to: 4, cut: 'size' },
      line(4),
    ]);
  });

  it('FRAME-4 and B2: thousands of blocks through pages that were forgotten are the same in every delivery and pace', async () => {
    const { peer, feed, append, clock } = await stage({ limits: { cachedBytes: 4_194_304, unsentBytes: 65_536 } });
    for (let index = 0; index < 1_500; index++) {
      append(1, index % 97 === 0 ? 60_000 : 6_000);
      if (index % 7 === 0) clock.advance(3);
    }
    const policy = { size: 50, waitMs: 20, bytes: 40_000 };
    const fields = { feed: 'memory', from: 0, size: 50, wait: 20_000, bytes: 40_000 } as const;
    const fast = await peer();
    const slow = await peer();
    const byMessage = await peer();
    const slowByMessage = await peer();
    for (const one of [fast, slow, byMessage, slowByMessage]) one.acksAll = true;
    for (const one of [slow, slowByMessage])
      one.onBlock = () => {
        one.webSocket.pause();
        setImmediate(() => setImmediate(() => one.webSocket.resume()));
      };
    await Promise.all([
      fast.subscribe(fields),
      slow.subscribe({ ...fields, window: 1 }),
      byMessage.subscribe({ ...fields, delivery: 'message' }),
      slowByMessage.subscribe({ ...fields, delivery: 'message', window: 2 }),
    ]);
    const { blocks } = blocksOf(await linesOf(feed), policy, feed.watermarkMicros(), 0);
    for (const one of [fast, slow, byMessage, slowByMessage]) {
      await one.until(() => one.blocks('memory').length === blocks.length);
      expect(one.blocks('memory').map(({ from, to, cut }) => [from, to, cut])).toEqual(
        blocks.map(({ from, to, cut }) => [from, to, cut]),
      );
      expect(one.lines('memory') === blocks.map(({ lines }) => lines).join('')).toBe(true);
    }
  });

  it('FRAME-5: what was said first arrives first, control messages and data', async () => {
    const { peer, feed, append } = await stage({}, 4);
    append(20);
    feed.forget(4);
    const one = await peer();
    one.onBlock = ({ to }) => one.ack('memory', to);
    await one.subscribe({ feed: 'memory', from: 0, size: 2, window: 1, until: 7 });
    await one.hears('unsubscribed');
    const order = one.order.slice(1).map((item) => {
      if ('type' in item) return item.type;
      return [parseFrame(item).header.from, parseFrame(item).header.to];
    });
    expect(order).toEqual(['subscribed', 'gap', [4, 6], [6, 7], 'unsubscribed']);
  });

  it('CUT-7: a client that states nothing gets size 100 and wait 1 s, one that states anything only that', async () => {
    const { peer, append, clock } = await stage();
    const nothing = await peer();
    const size = await peer();
    await nothing.subscribe({ feed: 'memory', from: 0 });
    await size.subscribe({ feed: 'memory', from: 0, size: 200 });
    append(130);
    await nothing.until(() => nothing.blocks('memory').length === 1);
    clock.advance(1_000);
    await nothing.until(() => nothing.blocks('memory').length === 2);
    expect(ranges(nothing)).toEqual([
      [0, 100, 'size'],
      [100, 130, 'wait'],
    ]);
    await quiet(size);
    expect(ranges(size)).toEqual([]);
    append(70);
    await size.until(() => size.blocks('memory').length === 1);
    expect(ranges(size)).toEqual([[0, 200, 'size']]);
  });

  for (const delivery of ['block', 'message'] as const)
    it(`B2 and CUT-2: a slot is over at its end and not a microsecond before, a message right there is in the next: ${delivery}`, async () => {
      const { peer, append, clock } = await stage();
      const one = await peer();
      await one.subscribe({ feed: 'memory', from: 0, wait: 1_000_000, delivery });
      append(1);
      clock.advance(999.999);
      append(1);
      await quiet(one);
      const late = await peer();
      await late.subscribe({ feed: 'memory', from: 0, wait: 1_000_000, delivery });
      await quiet(late);
      expect(ranges(one)).toEqual([]);
      expect(ranges(late)).toEqual([]);
      clock.advance(0.001);
      append(1);
      await one.until(() => one.blocks('memory').length === 1);
      clock.advance(1_000);
      for (const any of [one, late]) {
        await any.until(() => any.blocks('memory').length === 2);
        expect(ranges(any)).toEqual([
          [0, 2, 'wait'],
          [2, 3, 'wait'],
        ]);
      }
    });

  it('B2 and CUT-3: a block of exactly the bytes asked for is one, wherever a reader begins in it', async () => {
    const { peer, append, server } = await stage();
    // Lines of 150 bytes: the first ten offsets have one digit, their padding one more.
    for (let offset = 0; offset < 30; offset++) append(1, offset < 10 ? 103 : 102);
    for (const from of [0, 8, 13]) {
      const one = await peer();
      await one.subscribe({ feed: 'memory', from, bytes: 1_500 });
      await one.until(() => one.next('memory') === 20);
      expect(ranges(one)).toEqual([
        ...(from < 10
          ? [
              [from, 10, 'bytes'],
              [10, 20, 'bytes'],
            ]
          : [[from, 20, 'bytes']]),
      ]);
      expect(one.blocks('memory').at(-1)?.lines.length).toBe(from < 10 ? 1_500 : 1_050);
      // The next one finds nothing made already.
      one.close();
      await eventually(() => server.stats().connections === 0);
    }
  });

  it('CUT-2 and F4: a block ends at the end of its slot also when nothing comes, and when the clock went back meanwhile', async () => {
    const { peer, append, clock } = await stage();
    const one = await peer();
    await one.subscribe({ feed: 'memory', from: 0, wait: 1_000_000 });
    clock.advance(300);
    append(2);
    await quiet(one);
    clock.set(clock.nowMicros() - 3_600_000_000);
    append(1);
    clock.advance(699);
    append(1);
    await quiet(one);
    expect(ranges(one)).toEqual([]);
    // The machine's time is an hour behind: the feed's stands still until it has caught up.
    clock.advance(10_000);
    await quiet(one);
    expect(ranges(one)).toEqual([]);
    clock.set(newYearMicros + 999_999);
    clock.advance(1_000);
    await one.until(() => one.blocks('memory').length === 1);
    expect(ranges(one)).toEqual([[0, 4, 'wait']]);
  });

  it('one timer serves all who wait for the same slots, and none is left when they have gone', async () => {
    const { peer, append, clock } = await stage();
    const idle = clock.pending;
    const peers = await Promise.all(Array.from({ length: 10 }, () => peer()));
    for (const [index, one] of peers.entries())
      await one.subscribe({
        feed: 'memory',
        from: 0,
        wait: 1_000_000,
        delivery: index % 2 === 0 ? 'block' : 'message',
      });
    const other = await peer();
    await other.subscribe({ feed: 'memory', from: 0, wait: 86_400_000_000 });
    append(1);
    await Promise.all(peers.map((one) => quiet(one)));
    await quiet(other);
    expect(clock.pending - idle).toBe(2);
    for (const one of peers) one.say({ type: 'unsubscribe', feed: 'memory', flush: false });
    for (const one of peers) await one.hears('unsubscribed');
    expect(clock.pending - idle).toBe(1);
    other.close();
    await eventually(() => clock.pending === idle);
  });

  it('a subscription that has much to send starves no other on its connection', async () => {
    const { peer } = await bench({
      feeds: { much: 'counter?rate=max', more: 'counter?rate=max&seed=1' },
      limits: { unsentBytes: 65_536 },
    });
    const one = await peer();
    one.acksAll = true;
    await one.subscribe({ feed: 'much', from: 0, size: 1_000, window: 1_000, windowBytes: 1_073_741_824 });
    await one.until(() => one.blocks('much').length > 5);
    await one.subscribe({ feed: 'more', from: 0, size: 1_000, window: 1_000, windowBytes: 1_073_741_824 });
    const began = one.blocks('much').length;
    await one.until(() => one.blocks('more').length > 50);
    expect(one.blocks('much').length - began).toBeLessThan(1_000);
    one.close();
  });
});

describe('acks and the window', () => {
  for (const delivery of ['block', 'message'] as const) {
    it(`ACK-2: no block is begun while the window is full, with a window of 1, in ${delivery} delivery`, async () => {
      const { peer, append } = await stage();
      append(23);
      const one = await peer();
      await one.subscribe({ feed: 'memory', from: 0, size: 5, window: 1, delivery });
      for (let block = 1; block <= 4; block++) {
        await one.until(() => one.blocks('memory').length === block);
        await quiet(one);
        expect(one.next('memory')).toBe(block * 5);
        one.ack('memory', block * 5);
      }
      append(2);
      await one.until(() => one.blocks('memory').length === 5);
    });

    it(`ACK-1 and ACK-2: an ack frees every block that ends at or before it, one inside a block frees none: ${delivery}`, async () => {
      const { peer, append } = await stage();
      append(100);
      const one = await peer();
      await one.subscribe({ feed: 'memory', from: 0, size: 5, window: 3, delivery });
      const settledAt = async (offset: number) => {
        await one.until(() => one.next('memory') >= offset);
        await quiet(one);
        expect(one.next('memory')).toBe(offset);
      };
      await settledAt(15);
      one.ack('memory', 4);
      await settledAt(15);
      one.ack('memory', 9);
      await settledAt(20);
      one.ack('memory', 20);
      await settledAt(35);
    });
  }

  it('ACK-2: a block whose lines are all acked before its end is told takes no place', async () => {
    const { peer, append, clock } = await stage();
    const one = await peer();
    await one.subscribe({ feed: 'memory', from: 0, wait: 1_000_000, window: 1, delivery: 'message' });
    for (let block = 1; block <= 3; block++) {
      append(2);
      await one.until(() => one.next('memory') === block * 2);
      one.ack('memory', block * 2);
      await quiet(one);
      clock.advance(1_000);
      await one.until(() => one.blocks('memory').length === block);
    }
    append(1);
    await one.until(() => one.next('memory') === 7);
    one.ack('memory', 7);
    one.say({ type: 'unsubscribe', feed: 'memory', flush: true });
    expect(await one.hears('unsubscribed')).toMatchObject({ acked: 7 });
  });

  it('ACK-2: a window of 1,000 blocks is 1,000 blocks', async () => {
    const { peer, append } = await stage();
    append(2_000);
    const one = await peer();
    await one.subscribe({ feed: 'memory', from: 0, size: 1, window: 1_000 });
    await one.until(() => one.next('memory') === 1_000);
    await quiet(one);
    expect(one.next('memory')).toBe(1_000);
  });

  it('ACK-3: an ack beyond what was sent is bad-ack and has no effect', async () => {
    const { peer, append } = await stage();
    append(20);
    const one = await peer();
    await one.subscribe({ feed: 'memory', from: 0, size: 5, window: 1, consumer: 'me' });
    await one.until(() => one.blocks('memory').length === 1);
    one.ack('memory', 6);
    await one.until(() => one.said.at(-1)?.type === 'error');
    expect(one.said.at(-1)).toMatchObject({ code: 'bad-ack', about: 'memory' });
    await quiet(one);
    expect(one.next('memory')).toBe(5);
    one.say({ type: 'unsubscribe', feed: 'memory', flush: false });
    expect(await one.hears('unsubscribed')).toMatchObject({ acked: 0 });
    const again = await peer();
    expect(
      await again.subscribe({ feed: 'memory', from: { committed: { else: 'latest' } }, size: 50, consumer: 'me' }),
    ).toMatchObject({
      from: 0,
    });
  });

  it('ACK-3: one that goes back has no effect, and 100,000 of them neither', async () => {
    const { peer, append, logged } = await stage();
    append(20);
    const one = await peer();
    await one.subscribe({ feed: 'memory', from: 0, size: 5, window: 2, consumer: 'me' });
    await one.until(() => one.next('memory') === 10);
    one.ack('memory', 10);
    await one.until(() => one.next('memory') === 20);
    const lines = logged.length;
    for (let count = 0; count < 100_000; count++) one.ack('memory', 10 - (count % 10));
    await one.settled();
    expect(logged.length - lines).toBeLessThan(10);
    one.say({ type: 'unsubscribe', feed: 'memory', flush: false });
    expect(await one.hears('unsubscribed')).toMatchObject({ acked: 10 });
  });

  it('ACK-3: one of another epoch, or of a feed that was left, is ignored and logged', async () => {
    const { peer, append, logged, feed } = await stage();
    append(20);
    const one = await peer();
    await one.subscribe({ feed: 'memory', from: 0, size: 5, window: 2 });
    await one.until(() => one.next('memory') === 10);
    one.say({ type: 'ack', feed: 'memory', epoch: '0'.repeat(32), to: 10 });
    await quiet(one);
    expect(one.next('memory')).toBe(10);
    one.say({ type: 'unsubscribe', feed: 'memory', flush: false });
    await one.hears('unsubscribed');
    one.say({ type: 'ack', feed: 'memory', epoch: feed.epoch, to: 10 });
    await one.settled();
    const errors = one.said.flatMap((message) => (message.type === 'error' ? [message.code] : []));
    expect(new Set(errors)).toEqual(new Set(['not-subscribed']));
    expect(logged.filter(({ sentence }) => /ack.*ignored/.test(sentence))).toHaveLength(2);
  });

  it('every ack is logged with its range, blocks, span and took; above 100 a second in one summary', async () => {
    const { peer, append, logged, clock, feed } = await stage();
    for (let index = 0; index < 10; index++) {
      append(1);
      clock.advance(2_000);
    }
    append(300);
    const one = await peer();
    await one.subscribe({ feed: 'memory', from: 0, size: 5, window: 1_000 });
    await one.until(() => one.next('memory') === 310);
    one.say({ type: 'ack', feed: 'memory', epoch: feed.epoch, to: 5, blocks: [[5, 1_234]] });
    await one.settled();
    expect(logged.at(-2)).toMatchObject({
      fields: { feed: 'memory', from: 0, to: 5, blocks: 1, messages: 5, spanMicros: 8_000_000, tookMicros: 1_234 },
    });
    for (let to = 6; to <= 310; to++) one.ack('memory', to);
    await one.settled();
    const acks = () => logged.filter(({ sentence }) => /^ack memory|more acks/.test(sentence));
    expect(acks()).toHaveLength(100);
    clock.advance(1_000);
    expect(acks()).toHaveLength(101);
    const messages = acks().reduce((sum, { fields }) => sum + (fields.messages as number), 0);
    expect(messages).toBe(310);
  });

  it('ACK-5: a window that is full with nothing acked for 30 s is told once, and told again after an ack', async () => {
    const { peer, append, clock } = await stage();
    append(100);
    const one = await peer();
    await one.subscribe({ feed: 'memory', from: 0, size: 5, window: 2 });
    await one.until(() => one.next('memory') === 10);
    // The answer to a ping comes behind what was said before; and the client is not silent.
    const pass = async (seconds: number) => {
      clock.advance(seconds * 1_000);
      one.webSocket.ping();
      await new Promise((resolve) => one.webSocket.once('pong', resolve));
    };
    const stalled = () => one.said.filter(({ type }) => type === 'stalled');
    await pass(20);
    await pass(9);
    expect(stalled()).toEqual([]);
    await pass(3);
    expect(stalled()).toEqual([
      {
        type: 'stalled',
        feed: 'memory',
        window: 2,
        windowBytes: 4_194_304,
        unacked: 2,
        unackedBytes: expect.any(Number),
      },
    ]);
    for (let time = 0; time < 4; time++) await pass(20);
    expect(stalled()).toHaveLength(1);
    one.ack('memory', 5);
    await one.until(() => one.next('memory') === 15);
    await pass(29);
    expect(stalled()).toHaveLength(1);
    await pass(3);
    expect(stalled()).toHaveLength(2);
    // Nothing is dropped.
    one.acksAll = true;
    one.ack('memory', 15);
    await one.until(() => one.blocks('memory').length === 20);
  });
});

describe('gaps', () => {
  for (const delivery of ['block', 'message'] as const) {
    it(`GAP-1, GAP-2 and FRAME-6: what retention took from a reader behind is told before anything else: ${delivery}`, async () => {
      const { peer, append, feed, logged } = await stage({}, 8);
      append(40);
      const one = await peer();
      await one.subscribe({ feed: 'memory', from: 0, size: 5, window: 2, delivery });
      await one.until(() => one.next('memory') === 10);
      feed.forget(30);
      append(1);
      one.ack('memory', 5);
      expect(await one.hears('gap')).toEqual({
        type: 'gap',
        feed: 'memory',
        from: 10,
        to: 24,
        reason: expect.stringMatching(/./),
      });
      await one.until(() => one.next('memory') === 25);
      await quiet(one);
      // The gap took no place and freed none.
      expect(ranges(one)).toEqual([
        [0, 5, 'size'],
        [5, 10, 'size'],
        ['gap', 10, 24],
        [24, 25, 'size'],
      ]);
      one.ack('memory', 25);
      await one.until(() => one.next('memory') === 35);
      expect(logged.some(({ level, sentence }) => level === 'warn' && sentence === 'gap memory [10,24)')).toBe(true);
    });
  }

  it('FRAME-6 and GAP-1: a gap ends the block that was open in message delivery, its cut is gap, and it has its place in the window', async () => {
    const { peer, append, feed } = await stage({}, 4);
    append(7);
    const one = await peer();
    await one.subscribe({ feed: 'memory', from: 0, size: 10, window: 2, delivery: 'message' });
    await one.until(() => one.next('memory') === 7);
    one.webSocket.pause();
    // All in one turn: the server had no chance to send them.
    append(6);
    feed.forget(12);
    one.webSocket.resume();
    await one.until(() => one.next('memory') === 13);
    append(10);
    await one.until(() => one.next('memory') === 20);
    await quiet(one);
    expect(ranges(one)).toEqual([
      [0, 7, 'gap'],
      ['gap', 7, 12],
      [12, 20, 'size'],
    ]);
    expect(one.next('memory')).toBe(20);
    one.ack('memory', 7);
    await one.until(() => one.next('memory') === 23);
  });

  it('FRAME-6: a gap ends a block that was sent in part in block delivery', async () => {
    const { peer, append, feed } = await stage({}, 8);
    append(8, 10_000);
    const one = await peer();
    await one.subscribe({ feed: 'memory', from: 0, size: 20, window: 2 });
    await one.until(() => one.next('memory') === 6);
    append(1, 10_000);
    feed.forget(9);
    append(11);
    await one.until(() => one.blocks('memory').length === 2);
    expect(ranges(one)).toEqual([
      [0, 6, 'gap'],
      ['gap', 6, 8],
      [8, 20, 'size'],
    ]);
  });

  it('GAP-1: a place that is lost while it is being read is a gap, no failure', async () => {
    const clock = new ManualClock();
    const memory = new MemoryFeed('memory', { clock, anchorEvery: 8 });
    const feed = new LaterFeed(memory);
    const { peer } = await bench({ clock, feeds: { memory: feed } });
    for (let index = 0; index < 2_000; index++) memory.append('x'.repeat(1_000));
    const one = await peer();
    feed.held = true;
    await one.subscribe({ feed: 'memory', from: 0, size: 10 });
    await eventually(() => feed.waiting > 0);
    memory.forget(1_800);
    feed.release();
    await one.until(() => one.blocks('memory').length >= 8);
    expect(one.gaps('memory')).toEqual([[0, 1_800]]);
  });

  for (const policy of [{ bytes: 1_000 }, { wait: 1_000_000 }, { size: 7, bytes: 5_000 }])
    it(`F5: retention that is faster than the search for the start is no failure: ${JSON.stringify(policy)}`, async () => {
      const clock = new ManualClock();
      const memory = new MemoryFeed('memory', { clock, anchorEvery: 16 });
      const feed = new LaterFeed(memory);
      const { peer } = await bench({ clock, feeds: { memory: feed } });
      for (let index = 0; index < 37; index++) memory.append('x'.repeat(100));
      const one = await peer();
      feed.held = true;
      one.say({ type: 'subscribe', feed: 'memory', from: 'latest', ...policy });
      await eventually(() => feed.waiting > 0);
      for (let index = 0; index < 40; index++) memory.append('x'.repeat(100));
      memory.forget(64);
      feed.release();
      expect(await one.hears('subscribed')).toMatchObject({ from: 64 });
      clock.advance(2_000);
      await one.until(() => one.blocks('memory').length > 0);
      expect(one.gaps('memory')).toEqual([]);
    });

  it('GAP-1: the end of a subscription is the end of its gap', async () => {
    const { peer, append, feed } = await stage({}, 2);
    append(40);
    feed.forget(30);
    const one = await peer();
    await one.subscribe({ feed: 'memory', from: 5, size: 5, until: 20 });
    await one.hears('unsubscribed');
    expect(ranges(one)).toEqual([['gap', 5, 20]]);
  });
});

describe('memory', () => {
  it('LIFE-3 and C1: at most 256 KiB, or one frame, is handed to a socket that does not drain, however far it lags', async () => {
    for (const [bytes, size] of [
      [1_000, 10],
      [100_000, 1],
      [100_000, 4],
      [900_000, 1],
    ] as const) {
      const { port, append, server, peer } = await stage();
      append(Math.ceil(30_000_000 / bytes), bytes);
      const mute = await RawPeer.upgraded(port);
      mute.say({ type: 'hello', client: 'mute', instance: '1' });
      await mute.next();
      mute.socket.pause();
      mute.say({ type: 'subscribe', id: 1, feed: 'memory', from: 0, size, window: 1_000, windowBytes: 1_073_741_824 });
      await eventually(() => server.stats().unsentBytes > 0);
      let most = 0;
      const honest = await peer();
      honest.acksAll = true;
      honest.onBlock = () => {
        most = Math.max(most, server.stats().unsentBytes);
      };
      const frame = bytes * size + 200;
      await honest.subscribe({ feed: 'memory', from: 0, size });
      await honest.until(() => honest.blocks('memory').length >= Math.floor(30_000_000 / bytes / size) - 1);
      honest.close();
      await eventually(() => server.stats().connections === 1);
      // A page of so few frames has memory for what is kept of 32 at most, 52 bytes each.
      const bound = Math.max(262_144, frame) + 32 * 52 + 300;
      expect(server.stats().unsentBytes, `${size} x ${bytes}`).toBeLessThanOrEqual(bound);
      mute.destroy();
      await eventually(() => server.stats().connections === 0);
      expect(server.stats().unsentBytes).toBe(0);
      expect(most).toBeGreaterThan(0);
    }
  });

  it('F1: what a stalled socket holds is not written over, however many pages are made meanwhile', async () => {
    const { append, server, peer, feed } = await stage({ limits: { cachedBytes: 4_194_304 } });
    append(30_000, 1_000);
    const fields = { feed: 'memory', from: 0, size: 100, window: 1_000, windowBytes: 1_073_741_824 } as const;
    const stalled = await peer();
    stalled.webSocket.pause();
    stalled.ask(fields);
    await eventually(() => server.stats().unsentBytes > 0);
    const honest = await peer();
    honest.acksAll = true;
    await honest.subscribe(fields);
    await honest.until(() => honest.next('memory') === 30_000);
    stalled.acksAll = true;
    stalled.webSocket.resume();
    await stalled.hears('subscribed');
    await stalled.until(() => stalled.next('memory') === 30_000);
    const lines = (await linesOf(feed)).map(({ text }) => text).join('');
    expect(honest.lines('memory') === lines).toBe(true);
    expect(stalled.lines('memory') === lines).toBe(true);
  });

  it('C1 and E1: what all sockets hold has a bound: who has taken nothing for longest is ended, and nobody who reads', async () => {
    const { port, append, server, peer, logged } = await stage({ limits: { unsentBytesInAll: 1_048_576 } });
    append(8_000, 5_000);
    const mutes: RawPeer[] = [];
    let most = 0;
    for (let index = 0; index < 12; index++) {
      const mute = await RawPeer.upgraded(port);
      mute.say({ type: 'hello', client: `mute ${index}`, instance: '1' });
      await mute.next();
      mute.socket.pause();
      // Each in a policy of its own: no page is another's too.
      mute.say({ type: 'subscribe', id: 1, feed: 'memory', from: 0, size: 10 + index, windowBytes: 1_073_741_824 });
      mutes.push(mute);
      await eventually(() => {
        most = Math.max(most, server.stats().unsentBytes);
        return logged.some(({ sentence }) => sentence.startsWith(`mute ${index} takes`));
      });
    }
    const honest = await peer();
    honest.acksAll = true;
    honest.onBlock = () => {
      most = Math.max(most, server.stats().unsentBytes);
    };
    await honest.subscribe({ feed: 'memory', from: 0, size: 10 });
    await honest.until(() => honest.next('memory') === 8_000);
    const ended = logged.filter(({ level, fields }) => level === 'warn' && fields.code === 'unread');
    expect(ended.length).toBeGreaterThan(4);
    expect(ended.every(({ fields }) => String(fields.client).startsWith('mute'))).toBe(true);
    await eventually(() => server.stats().connections === 13 - ended.length);
    expect(most).toBeGreaterThan(524_288);
    expect(most).toBeLessThanOrEqual(1_048_576);
    for (const mute of mutes) mute.destroy();
    await eventually(() => server.stats().connections === 1);
    expect(server.stats().unsentBytes).toBe(0);
  });

  it('C1: a page counts once, however many sockets hold it', async () => {
    const { port, append, server, logged } = await stage({ limits: { unsentBytesInAll: 1_048_576 } });
    append(8_000, 5_000);
    const mutes: RawPeer[] = [];
    for (let index = 0; index < 12; index++) {
      const mute = await RawPeer.upgraded(port);
      mute.say({ type: 'hello', client: 'mute', instance: `${index}` });
      await mute.next();
      mute.socket.pause();
      mutes.push(mute);
    }
    for (const mute of mutes)
      mute.say({ type: 'subscribe', id: 1, feed: 'memory', from: 0, size: 10, windowBytes: 1_073_741_824 });
    await eventually(() => server.stats().unsentBytes > 0);
    for (let turn = 0; turn < 2_000; turn++) await new Promise(setImmediate);
    expect(server.stats().connections).toBe(12);
    expect(logged.filter(({ fields }) => fields.code === 'unread')).toEqual([]);
    for (const mute of mutes) mute.destroy();
    await eventually(() => server.stats().connections === 0);
    expect(server.stats().unsentBytes).toBe(0);
  });

  it('F2: nothing at or beyond the tail is sent', async () => {
    const clock = new ManualClock();
    const memory = new MemoryFeed('memory', { clock });
    let tail = 7;
    const feed = new Proxy(memory, {
      get: (target, name) => {
        const value: unknown = name === 'tail' ? () => tail : Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const { peer } = await bench({ clock, feeds: { memory: feed } });
    // The chunk that is read holds more than is durable.
    for (let index = 0; index < 20; index++) memory.append(index);
    const one = await peer();
    const two = await peer();
    await one.subscribe({ feed: 'memory', from: 0, size: 5, delivery: 'message' });
    await two.subscribe({ feed: 'memory', from: 0, size: 5 });
    await one.until(() => one.next('memory') === 7);
    await quiet(one);
    await quiet(two);
    expect(one.next('memory')).toBe(7);
    expect(two.next('memory')).toBe(5);
    tail = 20;
    memory.append(0);
    await two.until(() => two.next('memory') === 20);
    await one.until(() => one.next('memory') === 20);
  });
});
