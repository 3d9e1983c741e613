// Any WebSocket client: PLAIN-*, and plain HTTP.

import { describe, expect, it } from 'vitest';
import { sliceOf } from '../../src/feed/lines.ts';
import { MemoryFeed } from '../../src/feed/logs/memory.ts';
import { LaterFeed } from '../support/feeds.ts';
import { ManualClock, newYearMicros } from '../support/manualClock.ts';
import { PlainPeer } from '../support/plainPeer.ts';
import { clientFrame } from '../support/rawPeer.ts';
import { bench, eventually } from '../support/server.ts';

async function stage(count = 0, isLater = false) {
  const clock = new ManualClock();
  const feed = new MemoryFeed('memory', { clock, anchorEvery: 16 });
  const append = (more: number, bytes = 10) => {
    for (let index = 0; index < more; index++) {
      feed.append('x'.repeat(bytes));
      clock.advance(1);
    }
  };
  append(count);
  const offered = isLater ? new LaterFeed(feed) : feed;
  const server = await bench({ clock, feeds: { memory: offered, all: 'counter?rate=max', ticks: 'tick' } });
  const open = async (query: string) => await PlainPeer.open(`${server.url}/feeds/memory?${query}`);
  const lines = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) =>
      sliceOf(feed.read(from + index), from + index, from + index + 1),
    ).join('');
  return { ...server, feed, append, open, lines, offered };
}

describe('a plain client', () => {
  it('PLAIN-1: gets a text frame of lines for each block, without a header', async () => {
    const { open, append, lines } = await stage(12);
    const one = await open('from=3&size=5');
    await one.until(() => one.frames.length === 2);
    expect(one.frames).toEqual([lines(3, 5), lines(5, 10)]);
    append(3);
    await one.until(() => one.frames.length === 3);
    expect(one.frames[2]).toBe(lines(10, 15));
    one.close();
  });

  it('PLAIN-1: several frames where a block has more than 65,536 bytes', async () => {
    const { open, append, lines } = await stage();
    append(10, 10_000);
    const one = await open('from=0&size=10');
    await one.until(() => one.frames.length === 2);
    expect(one.frames).toEqual([lines(0, 6), lines(6, 10)]);
    one.close();
  });

  it('PLAIN-1: without size, wait and bytes gets a frame for each message, from the next one on', async () => {
    const { open, append, lines } = await stage(5);
    const one = await open('');
    const two = await open('from=2');
    await two.until(() => two.frames.length === 3);
    append(2);
    await one.until(() => one.frames.length === 2);
    expect(one.frames).toEqual([lines(5, 6), lines(6, 7)]);
    await two.until(() => two.frames.length === 5);
    expect(two.text).toBe(lines(2, 7));
    one.close();
    two.close();
  });

  it('PLAIN-1 and C1: TCP slows the sender for one that does not read; it misses nothing when it reads on', async () => {
    const { url, server } = await stage();
    const one = await PlainPeer.open(`${url}/feeds/all?size=1024&from=0`);
    await one.until(() => one.frames.length > 3);
    one.webSocket.pause();
    await eventually(() => server.stats().unsentBytes > 0);
    for (let turn = 0; turn < 500; turn++) await new Promise(setImmediate);
    expect(server.stats().unsentBytes).toBeLessThan(300_000);
    one.webSocket.resume();
    await one.until(() => one.frames.length > 500);
    for (const [index, frame] of one.frames.entries())
      expect(frame.startsWith(`{"offset":${index * 1_024},`)).toBe(true);
    one.close();
  });

  const taken = [
    ['/feeds/memory?from=latest&size=5', 200],
    ['/feeds/memory?size=5&wait=1s&bytes=64KiB&until=30&from=-3', 200],
    ['/feeds/memory?wait=500ms&from=2026-01-01T00:00:00Z', 200],
    ['/feeds/%6demory', 200],
    ['/feeds/counter%3Fseed%3D5%26rate%3Dmax?size=5', 200],
    ['/feeds/memory?size=0', 400],
    ['/feeds/memory?size=-1', 400],
    ['/feeds/memory?size=2147483648', 400],
    ['/feeds/memory?size=five', 400],
    ['/feeds/memory?size=', 400],
    ['/feeds/memory?size=5&size=5', 400],
    ['/feeds/memory?size=5?from=0', 400],
    ['/feeds/memory?from=0&size=5?', 400],
    ['/feeds/memory?wait=0ms', 400],
    ['/feeds/memory?wait=1.5ms', 400],
    ['/feeds/memory?wait=2d', 400],
    ['/feeds/memory?wait=5', 400],
    ['/feeds/memory?bytes=999', 400],
    ['/feeds/memory?bytes=2GiB', 400],
    ['/feeds/memory?from=committed', 400],
    ['/feeds/memory?from=yesterday', 400],
    ['/feeds/memory?from=%ff', 400],
    ['/feeds/memory?until=-1', 400],
    ['/feeds/memory?window=5', 400],
    ['/feeds/memory?token=', 400],
    ['/feeds/nobody', 404],
    ['/feeds/counter%3Frate%3D-1', 400],
    ['/feeds/nobody%3Frate%3D1', 400],
  ] as const;
  for (const [target, status] of taken)
    it(`PLAIN-2: ${target} is answered ${status === 200 ? 'with data' : status}`, async () => {
      const { url, server } = await stage(20);
      if (status === 200) {
        const one = await PlainPeer.open(url + target);
        one.close();
      } else {
        const { status: answered, body } = await PlainPeer.refused(url + target);
        expect(answered, body).toBe(status);
        // What is wrong, and what to do.
        expect(body).toMatch(/\. .{5,}/);
      }
      await eventually(() => server.stats().connections === 0);
    });

  it('PLAIN-2: a time with a zone, whose + the query made a space, is answered with how to write it', async () => {
    const { url } = await bench({});
    const { status, body } = await PlainPeer.refused(`${url}/feeds/counter?from=2026-01-01T00:00:00+02:00`);
    expect({ status, body }).toMatchObject({ status: 400, body: expect.stringContaining('with + written as %2B') });
    const taken = await PlainPeer.open(`${url}/feeds/counter?from=2026-01-01T00:00:00%2B02:00`);
    taken.close();
  });

  it('PLAIN-2: where no feeds are made on request 403, where too many 429, and where the feed cannot be read 500', async () => {
    const none = await bench({ limits: { adHocFeeds: 0 } });
    expect(await PlainPeer.refused(`${none.url}/feeds/counter%3Fseed%3D1`)).toMatchObject({ status: 403 });
    const one = await bench({ limits: { adHocFeeds: 1 } });
    const first = await PlainPeer.open(`${one.url}/feeds/counter%3Fseed%3D1`);
    expect(await PlainPeer.refused(`${one.url}/feeds/counter%3Fseed%3D2`)).toMatchObject({ status: 429 });
    first.close();
    const { url, offered } = await stage(20, true);
    (offered as LaterFeed).failure = new Error('the disk is gone');
    expect(await PlainPeer.refused(`${url}/feeds/memory?wait=1h`)).toMatchObject({ status: 500 });
    const reading = await PlainPeer.open(`${url}/feeds/memory?from=0&size=5`);
    expect(await reading.closed()).toBe(1011);
  });

  it('PLAIN-3: a gap is a line in a frame of its own', async () => {
    const { open, feed, lines } = await stage(25);
    feed.forget(17);
    const one = await open('from=3&size=5');
    await one.until(() => one.frames.length === 3);
    expect(one.frames).toEqual(['{"gap":[3,16]}\n', lines(16, 20), lines(20, 25)]);
    one.close();
  });

  for (const [query, expected] of [
    [
      'from=3&size=5&until=12',
      [
        [3, 5],
        [5, 10],
        [10, 12],
      ],
    ],
    [
      'from=3&size=5&until=10',
      [
        [3, 5],
        [5, 10],
      ],
    ],
    [
      'from=3&until=5',
      [
        [3, 4],
        [4, 5],
      ],
    ],
    ['from=3&until=3', []],
    ['from=3&until=0&size=5', []],
    [
      'from=18&size=5&until=22',
      [
        [18, 20],
        [20, 22],
      ],
    ],
  ] as const)
    it(`PLAIN-3: at until the rest of the block is sent, and the server closes with 1000: ${query}`, async () => {
      const { open, append, lines } = await stage(20);
      const one = await open(query);
      append(5);
      expect(await one.closed()).toBe(1000);
      expect(one.frames).toEqual(expected.map(([from, to]) => lines(from, to)));
    });

  it('PLAIN-4: what it sends is logged and has no other effect', async () => {
    const { raw, logged, append } = await stage();
    const one = await raw('/feeds/memory?size=2');
    one.write(clientFrame(1, '{"type":"bye"}'));
    one.write(clientFrame(1, 'x'.repeat(60_000)));
    one.write(clientFrame(9, 'ping'));
    expect(await one.next()).toMatchObject({ opcode: 10 });
    append(2);
    expect(await one.next()).toMatchObject({ opcode: 1 });
    const says = logged.filter(({ sentence }) => sentence.includes(' says '));
    expect(says.map(({ fields }) => (fields.text as string).length)).toEqual([14, 1_000]);
  });
});

describe('plain HTTP', () => {
  it('tells which feeds there are, and how to connect', async () => {
    const { port, feed } = await stage(20);
    feed.forget(19);
    const get = async (path: string, method = 'GET') => await fetch(`http://127.0.0.1:${port}${path}`, { method });
    const { feeds, onRequest } = (await (await get('/feeds')).json()) as { feeds: object[]; onRequest: object };
    expect(feeds).toEqual([
      { name: 'memory', epoch: feed.epoch, earliest: 16, tail: 20 },
      { name: 'all', epoch: expect.stringMatching(/^[0-9a-f]{32}$/), specification: expect.any(String), earliest: 0 },
      expect.objectContaining({
        name: 'ticks',
        tail: Math.floor((newYearMicros + 20_000 - newYearMicros) / 1_000_000) + 1,
      }),
    ]);
    expect(onRequest).toMatchObject({ feeds: 64, rate: 1_000_000 });
    expect(Object.keys((await (await get('/')).json()) as object)).toContain('session');
    expect((await get('/feeds/memory')).status).toBe(426);
    expect((await get('/nothing')).status).toBe(404);
    expect((await get('/feeds', 'POST')).status).toBe(405);
  });
});
