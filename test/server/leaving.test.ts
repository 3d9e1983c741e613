// How subscriptions, sessions and servers end, and that nothing is left of them: BYE-*, SUB-5.
import { describe, expect, it } from 'vitest';
import { MemoryFeed } from '../../src/feed/logs/memory.ts';
import { serverLimits } from '../../src/server/limits.ts';
import { LaterFeed } from '../support/feeds.ts';
import { ManualClock } from '../support/manualClock.ts';
import { PlainPeer } from '../support/plainPeer.ts';
import { type Bench, bench, eventually } from '../support/server.ts';
import { SessionPeer } from '../support/sessionPeer.ts';

interface Stage extends Bench {
  readonly memory: MemoryFeed;
  readonly feed: LaterFeed | MemoryFeed;
  readonly append: (count: number, bytes?: number) => void;
  /** How many timers the server has with nobody there. */
  readonly idle: number;
}

async function stage(isLater = false, anchorEvery = 4_096): Promise<Stage> {
  const clock = new ManualClock();
  const memory = new MemoryFeed('memory', { clock, anchorEvery });
  const feed = isLater ? new LaterFeed(memory) : memory;
  const server = await bench({ clock, feeds: { memory: feed, ticks: 'tick?rate=1000' } });
  const append = (count: number, bytes = 20) => {
    for (let index = 0; index < count; index++) memory.append('x'.repeat(bytes));
  };
  return { ...server, memory, feed, append, idle: clock.pending };
}

const ranges = (peer: SessionPeer) => peer.blocks('memory').map(({ from, to, cut }) => [from, to, cut]);
const leave = (peer: SessionPeer, flush = true) => peer.say({ type: 'unsubscribe', feed: 'memory', flush });
const deliveries = ['block', 'message'] as const;

async function expectNothingLeft({ server, clock, idle }: Stage): Promise<void> {
  await eventually(() => server.stats().subscriptions === 0);
  expect(server.stats()).toMatchObject({ unsentBytes: 0, cachedBytes: 0 });
  expect(clock.pending).toBe(idle);
}

describe('leaving with flush', () => {
  for (const isLater of [false, true])
    for (const delivery of deliveries) {
      const what = `${delivery} delivery, a feed that answers ${isLater ? 'later' : 'at once'}`;

      it(`BYE-1: before anything came there is nothing to send: ${what}`, async () => {
        const all = await stage(isLater);
        const one = await all.peer();
        await one.subscribe({ feed: 'memory', from: 'tail', size: 5, delivery });
        leave(one);
        expect(await one.hears('unsubscribed')).toMatchObject({ acked: 0 });
        expect(one.came('memory')).toEqual([]);
        await expectNothingLeft(all);
      });

      it(`BYE-1 and BYE-5: of the block that is filling what is there is sent with cut end, its ack awaited: ${what}`, async () => {
        const all = await stage(isLater);
        const one = await all.peer();
        all.append(8);
        await one.subscribe({ feed: 'memory', from: 0, size: 5, wait: 60_000_000, delivery, consumer: 'me' });
        await one.until(() => one.blocks('memory').length === 1);
        one.ack('memory', 5);
        if (delivery === 'message') await one.until(() => one.next('memory') === 8);
        leave(one);
        await one.until(() => one.blocks('memory').length === 2);
        all.append(10);
        expect(ranges(one)).toEqual([
          [0, 5, 'size'],
          [5, 8, 'end'],
        ]);
        await one.settled();
        expect(one.said.some(({ type }) => type === 'unsubscribed')).toBe(false);
        one.ack('memory', 8);
        expect(await one.hears('unsubscribed')).toEqual({ type: 'unsubscribed', id: 2, feed: 'memory', acked: 8 });
        await expectNothingLeft(all);
        // The commit is kept, and the feed can be subscribed again.
        expect(
          await one.subscribe({ feed: 'memory', from: { committed: { else: 'latest' } }, size: 5, consumer: 'me' }),
        ).toMatchObject({
          from: 8,
        });
      });

      it(`BYE-1: beyond the window if need be: ${what}`, async () => {
        const all = await stage(isLater);
        const one = await all.peer();
        all.append(13);
        await one.subscribe({ feed: 'memory', from: 0, size: 5, window: 2, delivery });
        await one.until(() => one.blocks('memory').length === 2);
        leave(one);
        await one.until(() => one.blocks('memory').length === 3);
        expect(ranges(one).at(-1)).toEqual([10, 13, 'end']);
        one.ack('memory', 13);
        expect(await one.hears('unsubscribed')).toMatchObject({ acked: 13 });
      });

      it(`BYE-1: no other block is begun by a reader that is behind: ${what}`, async () => {
        const all = await stage(isLater);
        const one = await all.peer();
        all.append(18);
        await one.subscribe({ feed: 'memory', from: 0, size: 5, window: 2, delivery });
        await one.until(() => one.blocks('memory').length === 2);
        leave(one);
        one.ack('memory', 10);
        expect(await one.hears('unsubscribed')).toMatchObject({ acked: 10 });
        expect(ranges(one)).toHaveLength(2);
        await expectNothingLeft(all);
      });

      it(`BYE-1: a part of the block that is filling, 600,000 bytes of it, is sent in as many frames as it needs: ${what}`, async () => {
        const all = await stage(isLater);
        const one = await all.peer();
        all.append(5);
        all.append(13, 100_000);
        // The window is full: nothing of the block that is filling was sent.
        await one.subscribe({ feed: 'memory', from: 0, size: 5, window: 3, delivery });
        await one.until(() => one.blocks('memory').length === 3);
        leave(one);
        await one.until(() => one.blocks('memory').length === 4);
        expect(ranges(one).at(-1)).toEqual([15, 18, 'end']);
        const two = await all.peer();
        await two.subscribe({ feed: 'memory', from: 4, size: 50, wait: 3_600_000_000, delivery });
        await two.until(() => two.next('memory') >= 15);
        leave(two);
        await two.until(() => two.blocks('memory').length === 1);
        expect(two.blocks('memory')[0]).toMatchObject({ from: 4, cut: 'end' });
      });

      it(`BYE-1 and FRAME-6: a block that was sent in part ends where it stands: ${what}`, async () => {
        const all = await stage(isLater);
        const one = await all.peer();
        all.append(8, 100_000);
        await one.subscribe({ feed: 'memory', from: 0, size: 50, delivery });
        const sent = delivery === 'block' ? 7 : 8;
        await one.until(() => one.next('memory') === sent);
        leave(one);
        await one.until(() => one.blocks('memory').length === 1);
        expect(ranges(one)).toEqual([[0, sent, 'end']]);
        one.ack('memory', sent);
        await one.hears('unsubscribed');
        await expectNothingLeft(all);
      });

      it(`BYE-1: behind a full window a filling block of several frames comes whole: ${what}`, async () => {
        const all = await stage(isLater);
        const one = await all.peer();
        all.append(10);
        await one.subscribe({ feed: 'memory', from: 0, size: 10, window: 1, delivery });
        await one.until(() => one.blocks('memory').length === 1);
        all.append(9, 100_000);
        leave(one);
        await one.until(() => one.blocks('memory').length === 2);
        expect(ranges(one).at(-1)).toEqual([10, 19, 'end']);
        expect(one.blocks('memory').at(-1)?.lines.split('\n')).toHaveLength(10);
      });

      it(`BYE-1: an ack that does not come is awaited 5 s: ${what}`, async () => {
        const all = await stage(isLater);
        const one = await all.peer();
        all.append(3);
        await one.subscribe({ feed: 'memory', from: 0, size: 5, delivery });
        if (delivery === 'message') await one.until(() => one.next('memory') === 3);
        leave(one);
        await one.until(() => one.blocks('memory').length === 1);
        all.clock.advance(4_000);
        await one.settled();
        expect(one.said.some(({ type }) => type === 'unsubscribed')).toBe(false);
        all.clock.advance(2_000);
        expect(await one.hears('unsubscribed')).toMatchObject({ acked: 0 });
        await expectNothingLeft(all);
      });
    }

  it('BYE-1: what was taken from the reader meanwhile is told, and the rest of the block sent', async () => {
    const all = await stage(true, 16);
    const feed = all.feed as LaterFeed;
    const one = await all.peer();
    all.append(18);
    feed.held = true;
    await one.subscribe({ feed: 'memory', from: 10, size: 10 });
    await eventually(() => feed.waiting > 0);
    leave(one);
    await one.settled();
    all.memory.forget(17);
    feed.release();
    await one.until(() => one.blocks('memory').length === 1);
    expect(one.gaps('memory')).toEqual([[10, 16]]);
    expect(ranges(one)).toEqual([[16, 18, 'end']]);
  });
});

describe('leaving without flush', () => {
  for (const delivery of deliveries)
    it(`BYE-2: nothing more is sent, unsubscribed follows at once: ${delivery}`, async () => {
      const all = await stage();
      const one = await all.peer();
      all.append(8);
      await one.subscribe({ feed: 'memory', from: 0, size: 5, delivery });
      await one.until(() => one.blocks('memory').length === 1);
      leave(one, false);
      await one.hears('unsubscribed');
      const came = one.order.length;
      all.append(100);
      await one.settled();
      expect(one.order.length).toBe(came + 1);
      expect(ranges(one)).toEqual([[0, 5, 'size']]);
      await expectNothingLeft(all);
    });

  it('BYE-2: also while leaving with flush is under way', async () => {
    const all = await stage();
    const one = await all.peer();
    all.append(8);
    await one.subscribe({ feed: 'memory', from: 0, size: 5 });
    leave(one);
    leave(one, false);
    await one.hears('unsubscribed');
    await expectNothingLeft(all);
  });

  it('what is not subscribed cannot be left', async () => {
    const all = await stage();
    const one = await all.peer();
    leave(one);
    await one.until(() => one.said.at(-1)?.type === 'error');
    expect(one.said.at(-1)).toMatchObject({ code: 'not-subscribed', about: 'memory' });
  });
});

describe('bye', () => {
  it('BYE-3: leaves every subscription with flush, and is answered with 1000 once all is acked', async () => {
    const all = await stage();
    const one = await all.peer();
    all.append(8);
    await one.subscribe({ feed: 'memory', from: 0, size: 5 });
    await one.subscribe({ feed: 'ticks', from: 'tail', size: 1_000 });
    all.clock.advance(10);
    await one.until(() => one.blocks('memory').length === 1);
    one.say({ type: 'bye' });
    await one.until(() => one.blocks('memory').length === 2 && one.blocks('ticks').length === 1);
    expect(one.blocks('ticks')[0]).toMatchObject({ cut: 'end' });
    // What is said after bye: acks are taken, the rest is refused or means nothing.
    one.say({ type: 'bye' });
    one.ask({ feed: 'counter', from: 0 });
    await one.until(() => one.said.at(-1)?.type === 'error');
    expect(one.said.at(-1)).toMatchObject({ code: 'bad-message' });
    one.ack('memory', 8);
    one.ack('ticks', one.next('ticks'));
    expect(await one.closed()).toBe(1000);
    expect(one.said.filter(({ type }) => type === 'unsubscribed')).toHaveLength(2);
    await expectNothingLeft(all);
  });

  it('BYE-3: a subscribe without its answer is answered with the error alone, and the others are left with flush', async () => {
    const all = await stage(true);
    const one = await all.peer();
    const feed = all.feed as LaterFeed;
    await one.subscribe({ feed: 'ticks', from: 'tail', size: 1_000 });
    all.clock.advance(10);
    all.append(8);
    feed.held = true;
    const asked = one.ask({ feed: 'memory', from: 'latest', wait: 5_000 });
    await eventually(() => feed.waiting > 0);
    one.say({ type: 'bye' });
    await one.until(() => one.blocks('ticks').length === 1);
    one.ack('ticks', one.next('ticks'));
    expect(await one.closed()).toBe(1000);
    expect(one.said.filter(({ type }) => type === 'error' || type === 'unsubscribed')).toMatchObject([
      { type: 'error', code: 'not-subscribed', id: asked, about: 'memory' },
      { type: 'unsubscribed', feed: 'ticks' },
    ]);
    feed.release();
    await expectNothingLeft(all);
  });

  it('BYE-3: with nothing subscribed is answered at once, with nothing acked after 5 s', async () => {
    const all = await stage();
    const none = await all.peer();
    none.say({ type: 'bye' });
    expect(await none.closed()).toBe(1000);
    const mute = await all.peer();
    all.append(3);
    await mute.subscribe({ feed: 'memory', from: 0, size: 5 });
    mute.say({ type: 'bye' });
    await mute.until(() => mute.blocks('memory').length === 1);
    all.clock.advance(4_000);
    expect(mute.closeCode).toBeUndefined();
    all.clock.advance(2_000);
    expect(await mute.closed()).toBe(1000);
    await expectNothingLeft(all);
  });
});

describe('until', () => {
  const cases = [
    [
      'off a boundary',
      12,
      [
        [0, 5, 'size'],
        [5, 10, 'size'],
        [10, 12, 'end'],
      ],
    ],
    [
      'on a boundary',
      10,
      [
        [0, 5, 'size'],
        [5, 10, 'size'],
      ],
    ],
    ['inside the first block', 3, [[0, 3, 'end']]],
  ] as const;
  for (const delivery of deliveries)
    for (const isLate of [false, true]) {
      for (const [where, until, expected] of cases)
        it(`SUB-5: ends the subscription there, ${where}, ${isLate ? 'late' : 'live'}, in ${delivery} delivery`, async () => {
          const all = await stage();
          const one = await all.peer();
          if (isLate) all.append(30);
          await one.subscribe({ feed: 'memory', from: 0, size: 5, until, delivery });
          for (let index = 0; !isLate && index < 30; index++) {
            all.append(1);
            await new Promise(setImmediate);
          }
          await one.until(() => one.blocks('memory').length === expected.length);
          expect(ranges(one)).toEqual(expected);
          await one.settled();
          expect(one.said.some(({ type }) => type === 'unsubscribed')).toBe(false);
          one.ack('memory', until);
          expect(await one.hears('unsubscribed')).toMatchObject({ acked: until });
          await expectNothingLeft(all);
        });

      it(`SUB-5: from there or beyond ends at once, ${isLate ? 'late' : 'live'}, in ${delivery} delivery`, async () => {
        const all = await stage();
        if (isLate) all.append(30);
        for (const until of [7, 3]) {
          const one = await all.peer();
          await one.subscribe({ feed: 'memory', from: 7, size: 5, until, delivery });
          expect(await one.hears('unsubscribed')).toMatchObject({ acked: 7 });
          expect(one.came('memory')).toEqual([]);
        }
        await expectNothingLeft(all);
      });
    }

  it('SUB-5: in a block of several frames', async () => {
    const all = await stage();
    all.append(30, 10_000);
    for (const [until, frames] of [
      [13, 3],
      [10, 2],
      [3, 1],
    ] as const) {
      const one = await all.peer();
      await one.subscribe({ feed: 'memory', from: 0, size: 30, until });
      await one.until(() => one.blocks('memory').length === 1);
      expect(one.blocks('memory')).toMatchObject([{ from: 0, to: until, cut: 'end', frames }]);
    }
  });
});

describe('a server that stops', () => {
  for (const delivery of deliveries)
    it(`BYE-4: says closing, sends no more, takes acks, and closes with 1012 when all is acked: ${delivery}`, async () => {
      const all = await stage();
      const one = await all.peer();
      const other = await all.peer();
      all.append(8);
      await one.subscribe({ feed: 'memory', from: 0, size: 5, delivery, consumer: 'me' });
      await one.until(() => one.blocks('memory').length === 1);
      if (delivery === 'message') await one.until(() => one.next('memory') === 8);
      const closed = all.server.close('a new version');
      const closing = await one.hears('closing');
      expect(closing.reason).toBe('a new version');
      const second = await other.hears('closing');
      // They are not all back in the same moment.
      expect(new Set([closing.retryAfter, second.retryAfter]).size).toBe(2);
      expect(await other.closed()).toBe(1012);
      all.append(20);
      one.ask({ feed: 'ticks', from: 0 });
      await one.settled();
      expect(ranges(one)).toEqual([[0, 5, 'size']]);
      expect(one.closeCode).toBeUndefined();
      one.ack('memory', 5);
      expect(await one.closed()).toBe(1012);
      await closed;
      expect(one.said.some(({ type }) => type === 'unsubscribed')).toBe(false);
      expect(all.server.stats()).toMatchObject({ connections: 0, subscriptions: 0, cachedBytes: 0, unsentBytes: 0 });
      expect(all.clock.pending).toBe(0);
      await expect(SessionPeer.open(all.url)).rejects.toThrow();
    });

  it('BYE-4: what is not acked when the drain is over is cut off', async () => {
    const all = await stage();
    const one = await all.peer();
    const plain = await PlainPeer.open(`${all.url}/feeds/memory?size=5`);
    all.append(8);
    await one.subscribe({ feed: 'memory', from: 0, size: 5 });
    await one.until(() => one.blocks('memory').length === 1);
    const closed = all.server.close();
    expect(await plain.closed()).toBe(1012);
    await one.hears('closing');
    all.clock.advance(serverLimits.drainMs.default - 1);
    await one.settled();
    all.clock.advance(1);
    expect([1006, 1012]).toContain(await one.closed());
    await closed;
    expect(all.clock.pending).toBe(0);
  });

  it('BYE-4: who leaves meanwhile is let go', async () => {
    const all = await stage();
    const one = await all.peer();
    const two = await all.peer();
    all.append(8);
    for (const peer of [one, two]) {
      await peer.subscribe({ feed: 'memory', from: 0, size: 5 });
      await peer.until(() => peer.blocks('memory').length === 1);
    }
    const closed = all.server.close();
    await one.hears('closing');
    await two.hears('closing');
    leave(one);
    two.say({ type: 'bye' });
    await one.settled();
    one.ack('memory', 5);
    expect(await one.hears('unsubscribed')).toMatchObject({ acked: 5 });
    expect(await one.closed()).toBe(1012);
    two.ack('memory', 5);
    expect(await two.closed()).toBe(1000);
    await closed;
  });

  it('BYE-4: a client in its handshake, one without hello, and one that never answers the close hold it up no longer', async () => {
    const all = await stage();
    const silent = await all.peer({ hello: false });
    const mute = await all.raw();
    const closed = all.server.close();
    expect(await silent.closed()).toBe(1012);
    expect(await mute.closeCode()).toBe(1012);
    all.clock.advance(10_000);
    await mute.end();
    await closed;
    expect(all.clock.pending).toBe(0);
  });
});
