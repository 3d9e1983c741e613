// Connections that are silent, paused, half dead or hostile: LIFE-1, LIFE-2, and floods that a server must bear.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clientFrame, RawPeer } from '../support/rawPeer.ts';
import { bench, eventually } from '../support/server.ts';
import { SessionPeer } from '../support/sessionPeer.ts';

const hello = { type: 'hello', client: 'test', instance: '1' };
const pong = clientFrame(10);

describe('life', () => {
  it('LIFE-1: the server pings every 25 s', async () => {
    const { raw, clock } = await bench();
    const peer = await raw();
    peer.say(hello);
    await peer.next();
    const pings = () => peer.frames.filter(({ opcode }) => opcode === 9).length;
    for (let time = 1; time <= 4; time++) {
      clock.advance(24_000);
      peer.write(clientFrame(9, 'here'));
      await peer.next(({ opcode }) => opcode === 10);
      expect(pings()).toBe(0);
      clock.advance(1_000);
      await peer.next(({ opcode }) => opcode === 9);
    }
  });

  for (const target of ['/', '/feeds/counter?from=0&size=1000000'])
    it(`LIFE-1: a client from which nothing came for 50 s is closed with 4408, one that answers pings is not: ${target}`, async () => {
      const { raw, clock, server } = await bench({ feeds: { counter: 'counter?rate=0.001' } });
      const [dead, alive] = [await raw(target), await raw(target)];
      if (target === '/') for (const peer of [dead, alive]) peer.say(hello);
      if (target === '/') for (const peer of [dead, alive]) await peer.next();
      for (let second = 1; second <= 52; second++) {
        clock.advance(1_000);
        if (second % 10 === 0) {
          alive.write(pong);
          alive.write(clientFrame(9));
          await alive.next(({ opcode }) => opcode === 10);
        }
        if (second === 48) expect(dead.frames.some(({ opcode }) => opcode === 8)).toBe(false);
      }
      expect(await dead.closeCode()).toBe(4408);
      dead.destroy();
      await eventually(() => server.stats().connections === 1);
      alive.write(clientFrame(9));
      await alive.next(({ opcode }) => opcode === 10);
    });

  it('LIFE-1: a session that is closed for its silence is told so before', async () => {
    const { raw, clock } = await bench();
    const peer = await raw();
    peer.say(hello);
    await peer.next();
    clock.advance(51_000);
    const error = await peer.next(({ payload }) => payload.includes('"error"'));
    expect(JSON.parse(error.payload.toString())).toMatchObject({ code: 'silent' });
    expect(await peer.closeCode()).toBe(4408);
  });

  it('LIFE-1: one that takes nothing of what is unsent to it is cut off after 15 minutes, and not before', async () => {
    const { raw, clock, server } = await bench({ feeds: { all: 'counter?rate=max' } });
    const peer = await raw();
    peer.say(hello);
    await peer.next();
    peer.socket.pause();
    peer.say({
      type: 'subscribe',
      id: 1,
      feed: 'all',
      from: 0,
      size: 1_000,
      window: 1_000,
      windowBytes: 1_073_741_824,
    });
    await eventually(() => server.stats().unsentBytes > 0);
    // The system's buffers fill up; from here on nothing is taken.
    let unsent = -1;
    while (unsent !== server.stats().unsentBytes) {
      unsent = server.stats().unsentBytes;
      for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
    }
    for (let minute = 0; minute < 14; minute++) clock.advance(60_000);
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    expect(server.stats().connections).toBe(1);
    clock.advance(62_000);
    await eventually(() => server.stats().connections === 0);
    expect(server.stats()).toMatchObject({ unsentBytes: 0, subscriptions: 0, cachedBytes: 0 });
  });

  it('LIFE-1: one that was paused for 10 minutes goes on where it was', async () => {
    const { peer, clock, server } = await bench({ feeds: { all: 'counter?rate=max' } });
    const one = await peer();
    one.acksAll = true;
    await one.subscribe({ feed: 'all', from: 0, size: 1_000, window: 1_000, windowBytes: 1_073_741_824 });
    await one.until(() => one.blocks('all').length > 3);
    one.webSocket.pause();
    await eventually(() => server.stats().unsentBytes > 0);
    for (let minute = 0; minute < 10; minute++) clock.advance(60_000);
    one.webSocket.resume();
    const before = one.blocks('all').length;
    await one.until(() => one.blocks('all').length > before + 2_000);
  });

  it('LIFE-2: a session hears a heartbeat every 10 s, with the tails of its feeds that are paced', async () => {
    const { peer, clock } = await bench({ feeds: { ticks: 'tick?rate=2', all: 'counter?rate=max' } });
    const one = await peer();
    const quiet = await peer();
    const { tail = 0 } = await one.subscribe({ feed: 'ticks', from: 'tail', size: 1_000_000 });
    await one.subscribe({ feed: 'all', from: 0, size: 1, window: 1 });
    clock.advance(9_000);
    await one.settled();
    expect(one.said.some(({ type }) => type === 'heartbeat')).toBe(false);
    clock.advance(1_000);
    expect(await one.hears('heartbeat')).toEqual({ type: 'heartbeat', tails: { ticks: tail + 20 } });
    expect(await quiet.hears('heartbeat')).toEqual({ type: 'heartbeat', tails: {} });
    clock.advance(10_000);
    expect(await one.hears('heartbeat')).toEqual({ type: 'heartbeat', tails: { ticks: tail + 40 } });
  });

  it('a peer that does not read the answers to what it says is closed, and the memory is free again', async () => {
    const { raw, server } = await bench();
    const peer = await raw();
    peer.say(hello);
    await peer.next();
    peer.socket.pause();
    // Each pair is answered by about 200 bytes.
    const pair = Buffer.concat([
      clientFrame(1, JSON.stringify({ type: 'subscribe', id: 1, feed: 'counter', from: 'tail' })),
      clientFrame(1, JSON.stringify({ type: 'unsubscribe', id: 2, feed: 'counter', flush: false })),
    ]);
    const many = Buffer.concat(Array<Buffer>(500).fill(pair));
    for (let round = 0; round < 400 && server.stats().connections === 1 && !peer.ended; round++) {
      peer.write(many);
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
      expect(server.stats().unsentBytes).toBeLessThan(2_000_000);
    }
    peer.destroy();
    await eventually(() => server.stats().connections === 0);
    expect(server.stats()).toMatchObject({ unsentBytes: 0, subscriptions: 0 });
  });
});

interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
  readonly arrayBuffers: number;
  readonly connections: number;
  readonly subscriptions: number;
  readonly unsentBytes: number;
}

describe('a server in a process of its own', () => {
  const started = async () => {
    const feeds = JSON.stringify({ all: 'counter?rate=max', counter: 'counter?rate=1000' });
    const child = fork(new URL('child.mjs', import.meta.url), [feeds], { execArgv: ['--expose-gc'] });
    onTestFinished(async () => {
      if (child.exitCode !== null) return;
      child.send('stop');
      await once(child, 'exit');
    });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    const memory = async (): Promise<Memory> => {
      child.send('memory');
      const [answer] = (await once(child, 'message')) as [Memory];
      return answer;
    };
    // With nobody there. The collector of garbage takes what sockets held in several goes: the least of some looks counts.
    const idle = async (): Promise<Memory> => {
      let least = await memory();
      for (let look = 0; look < 20 || least.connections > 0; look++) {
        const now = await memory();
        if (least.connections > 0 || now.heapUsed + now.arrayBuffers < least.heapUsed + least.arrayBuffers) least = now;
      }
      return least;
    };
    return { child, port, memory, idle };
  };
  const MB = 1_000_000;

  it('C1: bears 200,000 tiny fragments, on one connection and on many, with flat memory, and lives', async () => {
    const { port, idle } = await started();
    const flood = async () => {
      for (let connection = 0; connection < 20; connection++) {
        const peer = await RawPeer.upgraded(port);
        peer.write(clientFrame(1, 'a', { fin: false }));
        const fragments = Buffer.concat(Array<Buffer>(10_000).fill(clientFrame(0, 'a', { fin: false })));
        peer.write(fragments);
        expect([1008, 1006]).toContain(await peer.closeCode());
        peer.destroy();
      }
    };
    await flood();
    const before = await idle();
    await flood();
    const after = await idle();
    expect(after.heapUsed - before.heapUsed).toBeLessThan(2 * MB);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(2 * MB);
    const honest = await SessionPeer.open(`ws://127.0.0.1:${port}`);
    await honest.subscribe({ feed: 'counter', from: 'tail', size: 1 });
    await honest.until(() => honest.blocks('counter').length > 2);
    honest.close();
  });

  it('C1: bears 300,000 pings from one who reads nothing, with flat memory', async () => {
    const { port, memory, idle } = await started();
    const flood = Buffer.concat(Array<Buffer>(3_000).fill(clientFrame(9, 'x'.repeat(100))));
    const peer = await RawPeer.upgraded(port);
    peer.say(hello);
    await peer.next();
    const before = await memory();
    peer.socket.pause();
    let most = 0;
    for (let round = 0; round < 100; round++) {
      if (!peer.socket.write(flood)) await once(peer.socket, 'drain');
      if (round % 10 === 9) most = Math.max(most, (await memory()).arrayBuffers);
    }
    const after = await memory();
    expect(most - before.arrayBuffers).toBeLessThan(4 * MB);
    expect(after.heapUsed - before.heapUsed).toBeLessThan(12 * MB);
    peer.destroy();
    const left = await idle();
    expect(left).toMatchObject({ subscriptions: 0, unsentBytes: 0 });
    expect(left.heapUsed - before.heapUsed).toBeLessThan(2 * MB);
  });

  it('BYE-5: keeps nothing of hundreds of clients that came and left in any way', async () => {
    const { port, idle } = await started();
    const crowd = async () => {
      for (let round = 0; round < 4; round++) {
        const peers = await Promise.all(
          Array.from({ length: 50 }, async (_, index) => {
            const peer = await RawPeer.upgraded(port, index % 3 === 0 ? '/feeds/all?size=7' : '/');
            if (index % 3 === 0) return peer;
            peer.say(hello);
            const delivery = index % 2 === 0 ? 'block' : 'message';
            peer.say({
              type: 'subscribe',
              id: 1,
              feed: 'all',
              from: index,
              size: index + 1,
              wait: 1_000_000,
              delivery,
            });
            await peer.next();
            return peer;
          }),
        );
        for (const [index, peer] of peers.entries()) index % 5 === 0 ? peer.socket.resetAndDestroy() : peer.destroy();
      }
    };
    await crowd();
    const before = await idle();
    await crowd();
    const after = await idle();
    expect(after).toMatchObject({ subscriptions: 0, unsentBytes: 0 });
    expect(after.heapUsed - before.heapUsed).toBeLessThan(1.5 * MB);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(2 * MB);
  });
});
