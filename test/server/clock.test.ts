// The machine's wall clock is set, or the machine sleeps: T1. Nobody is thrown out and nothing stands still, but for feeds
// whose times are ahead of a clock that was set back; and then that is said.
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../support/manualClock.ts';
import { PlainPeer } from '../support/plainPeer.ts';
import { bench, eventually } from '../support/server.ts';
import type { SessionPeer } from '../support/sessionPeer.ts';

const hourMicros = 3_600_000_000;

/** The answer to a ping comes behind all that was said before; and the client is not silent. */
async function read(peer: SessionPeer | PlainPeer): Promise<void> {
  const pong = new Promise((resolve) => peer.webSocket.once('pong', resolve));
  peer.webSocket.ping();
  await pong;
}

describe('T1: a clock that is set', () => {
  for (const [name, stepMicros] of [
    ['forward by an hour', hourMicros],
    ['back by an hour', -hourMicros],
  ] as const)
    it(`${name} closes nobody, and pings and heartbeats go on`, async () => {
      const clock = new ManualClock();
      const { peer, url, server } = await bench({ clock, feeds: { ticks: 'counter?rate=1' } });
      const [session, early] = [await peer(), await peer({ hello: false })];
      await session.subscribe({ feed: 'ticks', from: 'tail', size: 1, window: 1_000 });
      const plain = await PlainPeer.open(`${url}/feeds/ticks?size=1`);
      let pings = 0;
      session.webSocket.on('ping', () => pings++);
      clock.set(clock.nowMicros() + stepMicros);
      clock.advance(4_000);
      await read(session);
      expect(early.closeCode).toBeUndefined();
      early.close();
      for (let second = 4; second < 121; second++) {
        clock.advance(1_000);
        if (second % 10 === 0) await read(session);
        if (second % 10 === 0) await read(plain);
      }
      expect(session.said.filter(({ type }) => type === 'heartbeat')).toHaveLength(12);
      expect(pings).toBe(4);
      expect(server.stats().connections).toBe(2);
      plain.close();
    });

  it('forward, or a machine that slept: what is due by then comes within a second, messages and the ends of blocks', async () => {
    const clock = new ManualClock();
    const { peer } = await bench({ clock, feeds: { slow: 'counter?rate=0.001', ticks: 'counter?rate=0.1' } });
    const client = await peer();
    await client.subscribe({ feed: 'slow', from: 'tail', size: 1 });
    await client.subscribe({ feed: 'ticks', from: 'tail', wait: hourMicros });
    clock.advance(20_000);
    expect(client.blocks('slow')).toEqual([]);
    clock.set(clock.nowMicros() + hourMicros);
    clock.advance(1_000);
    await client.until(() => client.blocks('slow').length > 0 && client.blocks('ticks').length > 0);
    expect(client.blocks('ticks')[0]).toMatchObject({ cut: 'wait' });
  });

  it('LIFE-2: back: the feeds that stand still are named in heartbeats with how long, and the log says when it begins and ends', async () => {
    const clock = new ManualClock();
    const { peer, logged } = await bench({ clock, feeds: { ticks: 'counter?rate=1', all: 'counter?rate=max' } });
    const client = await peer();
    const { tail = 0 } = await client.subscribe({ feed: 'ticks', from: 'tail', size: 1, window: 1_000 });
    await client.subscribe({ feed: 'all', from: 0, size: 1, window: 1 });
    clock.advance(2_000);
    clock.set(clock.nowMicros() - 25_000_000);
    clock.advance(8_000);
    expect(await client.hears('heartbeat')).toEqual({
      type: 'heartbeat',
      tails: { ticks: tail + 2 },
      ahead: { ticks: 17_000_000 },
    });
    const warnings = () => logged.filter(({ level }) => level === 'warn').map(({ sentence }) => sentence);
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toMatch(/^the clock was set back by 25 s: feeds .* stand still for up to 2[45] s$/);
    clock.advance(10_000);
    expect(await client.hears('heartbeat')).toMatchObject({ ahead: { ticks: 7_000_000 } });
    expect(warnings()).toHaveLength(1);
    clock.advance(10_000);
    expect(await client.hears('heartbeat')).toEqual({ type: 'heartbeat', tails: { ticks: tail + 5 } });
    expect(warnings()).toEqual([expect.anything(), 'the clock has caught up: feeds go on']);
    clock.set(clock.nowMicros() + hourMicros);
    clock.advance(1_000);
    expect(warnings().at(-1)).toBe('the clock went forward by 3600 s: it was set, or the machine slept');
  });

  it('does not make a feed idle that was made on request', async () => {
    const clock = new ManualClock();
    const { peer, server } = await bench({ clock, feeds: {} });
    const client = await peer();
    const { feed } = await client.subscribe({ feed: 'counter?seed=5', from: 'tail' });
    client.say({ type: 'unsubscribe', feed, flush: false });
    await client.hears('unsubscribed');
    clock.set(clock.nowMicros() + hourMicros);
    clock.advance(50_000);
    expect(server.stats().adHocFeeds).toBe(1);
    clock.advance(12_000);
    expect(server.stats().adHocFeeds).toBe(0);
  });
});

describe('T1: a process that stood still, as a machine that sleeps has it', () => {
  it('closes nobody for the silence of that time', async () => {
    const clock = new ManualClock();
    const { peer, url, server } = await bench({ clock, feeds: { ticks: 'counter?rate=1' } });
    const [session, early] = [await peer(), await peer({ hello: false })];
    const plain = await PlainPeer.open(`${url}/feeds/ticks?size=1`);
    clock.advance(3_500);
    clock.standStill(3_600_000);
    clock.advance(500);
    await read(session);
    await read(plain);
    expect(server.stats().connections).toBe(3);
    expect(early.closeCode).toBeUndefined();
    // But who is silent from now on is.
    clock.advance(5_000);
    expect(await early.closed()).toBe(4408);
    for (let second = 0; second < 52; second++) clock.advance(1_000);
    await eventually(() => server.stats().connections === 0);
  });
});
