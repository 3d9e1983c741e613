// What a session may say and when, and what it is answered: HELLO-*, MSG-*, SUB-*, RES-*.

import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { sliceOf } from '../../src/feed/lines.ts';
import { MemoryFeed } from '../../src/feed/logs/memory.ts';
import type { FeedMaker } from '../../src/feed/maker.ts';
import { generatedFeeds } from '../../src/generate/index.ts';
import type { ServerMessage } from '../../src/protocol/messages.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import { latestOf, linesOf } from '../support/bruteForce.ts';
import { LaterFeed } from '../support/feeds.ts';
import { malformedClientMessages } from '../support/malformed.ts';
import { ManualClock, newYearMicros } from '../support/manualClock.ts';
import { PlainPeer } from '../support/plainPeer.ts';
import { clientFrame } from '../support/rawPeer.ts';
import { bench, eventually } from '../support/server.ts';
import { policyFields, type Sayable, type SessionPeer } from '../support/sessionPeer.ts';

type SaidError = Extract<ServerMessage, { type: 'error' }>;

/** A published feed of `count` messages, a millisecond apart. */
function published(clock: ManualClock, count: number, name = 'memory', anchorEvery = 4_096): MemoryFeed {
  const feed = new MemoryFeed(name, { clock, anchorEvery });
  for (let index = 0; index < count; index++) {
    feed.append(`message ${index}`);
    clock.advance(1);
  }
  return feed;
}

/** Makes feeds that answer when they are released, and puts them into `made`. */
function heldFeeds(made: LaterFeed[]): FeedMaker {
  return {
    kinds: generatedFeeds.kinds,
    specify(words) {
      const specified = generatedFeeds.specify(words);
      return {
        epoch: specified.epoch,
        name: specified.name,
        rate: specified.rate,
        make(name, clock, memory) {
          const feed = new LaterFeed(specified.make(name, clock, memory));
          feed.held = true;
          made.push(feed);
          return feed;
        },
      };
    },
  };
}

async function refusal(peer: SessionPeer, message: Sayable): Promise<SaidError> {
  const before = peer.said.length;
  peer.say(message);
  await peer.until(() => peer.said.slice(before).some(({ type }) => type === 'error'));
  const error = peer.said.slice(before).find(({ type }) => type === 'error') as SaidError;
  expect(error.message.length).toBeGreaterThan(5);
  expect(error.hint.length).toBeGreaterThan(5);
  return error;
}

describe('hello', () => {
  it('HELLO-1: is answered by welcome, with the heartbeat and the limit of subscriptions', async () => {
    const { peer } = await bench();
    const client = await peer({ hello: false });
    client.say({ type: 'hello', client: 'test 1.0', instance: 'a' });
    expect(await client.hears('welcome')).toMatchObject({ heartbeat: 10_000_000, subscriptions: 64 });
  });

  it('HELLO-1: the server does not speak first', async () => {
    const { peer } = await bench();
    const client = await peer({ hello: false });
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    expect(client.order).toEqual([]);
  });

  const others: Sayable[] = [
    { type: 'subscribe', feed: 'counter', from: 'latest' },
    { type: 'ack', feed: 'counter', epoch: '0'.repeat(32), to: 0 },
    { type: 'unsubscribe', feed: 'counter', flush: true },
    { type: 'bye' },
  ];
  for (const message of others)
    it(`HELLO-1: ${message.type} before it is hello-expected, and 4400`, async () => {
      const { peer } = await bench();
      const client = await peer({ hello: false });
      expect(await refusal(client, message)).toMatchObject({ code: 'hello-expected' });
      expect(await client.closed()).toBe(4400);
    });

  it('HELLO-1: what is no message at all before it is hello-expected, and 4400', async () => {
    const { peer } = await bench();
    const client = await peer({ hello: false });
    client.sayText('hello');
    expect(await client.closed()).toBe(4400);
    expect(client.said).toMatchObject([{ type: 'error', code: 'hello-expected' }]);
  });

  it('HELLO-2: a connection that says none in 5 s is closed with 4408', async () => {
    const { peer, clock } = await bench();
    const client = await peer({ hello: false });
    clock.advance(4_999);
    expect(client.closeCode).toBeUndefined();
    clock.advance(1_001);
    expect(await client.closed()).toBe(4408);
    expect(client.said).toMatchObject([{ type: 'error', code: 'hello-late' }]);
  });

  it('HELLO-2: one in time is in time, and the connection lives on', async () => {
    const { peer, clock } = await bench();
    const client = await peer({ hello: false });
    clock.advance(4_000);
    client.say({ type: 'hello', client: 'test', instance: 'a' });
    await client.hears('welcome');
    clock.advance(4_000);
    await client.settled();
    expect(client.closeCode).toBeUndefined();
  });

  it('HELLO-2: a second one is a bad-message, and the connection lives on', async () => {
    const { peer } = await bench();
    const client = await peer();
    expect(await refusal(client, { type: 'hello', client: 'test', instance: 'a' })).toMatchObject({
      code: 'bad-message',
    });
    client.ask({ feed: 'counter', from: 'tail' });
    await client.until(() => client.said.some(({ type }) => type === 'subscribed'));
  });
});

describe('what is malformed', () => {
  it('MSG-1: in any field of any message, is a bad-message with a hint; an honest client beside it loses nothing', async () => {
    const clock = new ManualClock();
    const feed = published(clock, 0);
    const { peer, raw } = await bench({ clock, feeds: { memory: feed } });
    const honest = await peer();
    honest.acksAll = true;
    await honest.subscribe({ feed: 'memory', from: 0, size: 3 });
    const cases = malformedClientMessages();
    expect(cases.length).toBeGreaterThan(300);
    // A connection bears 15 errors.
    for (let first = 0; first < cases.length; first += 15) {
      const liar = await raw();
      liar.say({ type: 'hello', client: 'liar', instance: '1' });
      await liar.next();
      const some = cases.slice(first, first + 15);
      for (const { text } of some) liar.write(clientFrame(0x1, text));
      for (const { message, field, why } of some) {
        const frame = await liar.next();
        const answer = JSON.parse(frame.payload.toString()) as SaidError;
        expect(answer, `${message}.${field}: ${why}`).toMatchObject({ type: 'error', code: 'bad-message' });
        expect(answer.message.length, `${message}.${field}: ${why}`).toBeGreaterThan(5);
        expect(answer.hint.length, `${message}.${field}: ${why}`).toBeGreaterThan(5);
      }
      // It had no effect, and the connection lives on.
      liar.say({ type: 'subscribe', id: 1, feed: 'memory', from: 'tail' });
      expect(JSON.parse((await liar.next()).payload.toString())).toMatchObject({ type: 'subscribed' });
      liar.destroy();
      feed.append(first);
    }
    while (feed.tail() % 3 !== 0) feed.append(0);
    await honest.until(() => honest.next('memory') === feed.tail());
    expect(honest.blocks('memory').map(({ from, to, cut }) => [from, to, cut])).toEqual(
      Array.from({ length: feed.tail() / 3 }, (_, index) => [index * 3, index * 3 + 3, 'size']),
    );
  });

  it('MSG-2: the sixteenth error is followed by too-many-errors and 4400', async () => {
    const { peer } = await bench();
    const client = await peer();
    for (let index = 0; index < 15; index++) client.sayText('{}');
    client.say({ type: 'subscribe', feed: 'counter', from: 'tail' });
    await client.until(() => client.said.some(({ type }) => type === 'subscribed'));
    client.sayText('{}');
    expect(await client.closed()).toBe(4400);
    const codes = client.said.flatMap((message) => (message.type === 'error' ? [message.code] : []));
    expect(codes).toEqual([...Array(16).fill('bad-message'), 'too-many-errors']);
  });
});

describe('subscribe', () => {
  it('SUB-1: each place is the offset that it says', async () => {
    const clock = new ManualClock(newYearMicros);
    const feed = published(clock, 23);
    const { peer } = await bench({ clock, feeds: { memory: feed } });
    const places = [
      ['latest', 20],
      ['tail', 23],
      ['earliest', 0],
      [7, 7],
      [0, 0],
      [-4, 19],
      [-23, 0],
      [-1_000, 0],
      [30, 30],
      [{ time: newYearMicros + 11_000 }, 11],
      [{ time: newYearMicros + 10_001 }, 11],
      [{ time: 0 }, 0],
      [{ time: newYearMicros + 1_000_000 }, 23],
    ] as const;
    for (const [from, expected] of places) {
      const client = await peer();
      expect(await client.subscribe({ feed: 'memory', from, size: 5 }), JSON.stringify(from)).toMatchObject({
        from: expected,
      });
      client.close();
    }
  });

  it('SUB-1: latest is the start of the block that is filling, for every policy', async () => {
    const clock = new ManualClock(newYearMicros);
    const feed = published(clock, 23);
    const { peer } = await bench({ clock, feeds: { memory: feed } });
    const lines = await linesOf(feed);
    const policies: Policy[] = [
      { size: 7 },
      { size: 23 },
      { waitMs: 10 },
      { waitMs: 1 },
      { size: 7, waitMs: 10 },
      { size: 5, waitMs: 2 },
      { bytes: 1_000 },
      { bytes: 1_000, waitMs: 20 },
    ];
    const found: number[] = [];
    for (const policy of policies) {
      const client = await peer();
      const { from } = await client.subscribe({ feed: 'memory', from: 'latest', ...policyFields(policy) });
      expect(from, JSON.stringify(policy)).toBe(latestOf(lines, policy, feed.watermarkMicros()));
      found.push(from);
      client.close();
    }
    expect(found).toEqual([21, 23, 20, 23, 21, 22, 17, 20]);
    const client = await peer();
    // CUT-7: with nothing stated, size 100 and wait 1 s.
    expect(await client.subscribe({ feed: 'memory', from: 'latest' })).toMatchObject({ from: 0 });
  });

  it('SUB-1: on a feed whose messages exist already, latest, tail and a count before it are 0', async () => {
    const { peer } = await bench({ feeds: { all: 'counter?rate=max' } });
    for (const from of ['latest', 'tail', 'earliest', -5] as const) {
      const client = await peer();
      expect(await client.subscribe({ feed: 'all', from, size: 5 })).toMatchObject({ from: 0 });
      client.close();
    }
  });

  it('SUB-1, ACK-4: committed is where the consumer got to, by its highest ack, else latest', async () => {
    const clock = new ManualClock();
    const feed = published(clock, 23);
    const { peer } = await bench({ clock, feeds: { memory: feed } });
    const first = await peer();
    await first.subscribe({ feed: 'memory', from: 0, size: 5, consumer: 'me' });
    await first.until(() => first.blocks('memory').length === 4);
    first.ack('memory', 10);
    first.ack('memory', 13);
    first.ack('memory', 5);
    await first.settled();
    first.close();
    const second = await peer();
    expect(
      await second.subscribe({ feed: 'memory', from: { committed: { else: 'latest' } }, size: 5, consumer: 'me' }),
    ).toMatchObject({
      from: 13,
    });
    const other = await peer();
    expect(
      await other.subscribe({ feed: 'memory', from: { committed: { else: 'latest' } }, size: 5, consumer: 'you' }),
    ).toMatchObject({
      from: 20,
    });
  });

  it('SUB-2: subscribed comes before the first data and says everything of the feed', async () => {
    const clock = new ManualClock(newYearMicros + 100_000_000);
    const feed = published(clock, 7);
    const { peer } = await bench({ clock, feeds: { memory: feed, ticks: 'tick?rate=2', all: 'counter?rate=max' } });
    const client = await peer();
    expect(await client.subscribe({ feed: 'memory', from: 2, size: 5 })).toEqual({
      type: 'subscribed',
      id: 1,
      feed: 'memory',
      epoch: feed.epoch,
      from: 2,
      tail: 7,
      checked: false,
      anchorEvery: 4_096,
    });
    const ticks = await client.subscribe({ feed: 'ticks', from: 0, size: 5 });
    expect(ticks).toMatchObject({ feed: 'ticks', tail: 201 });
    expect(ticks.spec).toMatch(/^tick\?.*rate=2/);
    const all = await client.subscribe({ feed: 'all', from: 0, size: 5 });
    expect(all.tail).toBeUndefined();
    const adHoc = await client.subscribe({ feed: 'counter?seed=5', from: 0, size: 5 });
    expect(adHoc).toMatchObject({ feed: expect.stringMatching(/^counter-[0-9a-f]{12}$/) });
    expect(adHoc.feed.endsWith(adHoc.epoch.slice(0, 12))).toBe(true);
    await client.until(() => client.blocks(adHoc.feed).length > 0);
    for (const { feed: name } of [ticks, all, adHoc]) {
      const subscribed = client.order.findIndex(
        (item) => 'type' in item && item.type === 'subscribed' && item.feed === name,
      );
      const data = client.order.findIndex((item) => item instanceof Buffer && item.includes(`{"feed":"${name}"`));
      expect(subscribed).toBeGreaterThan(0);
      if (data >= 0) expect(data).toBeGreaterThan(subscribed);
    }
  });

  for (const delivery of ['block', 'message'] as const)
    it(`SUB-3: a second subscription of a feed is already-subscribed, in ${delivery} delivery too`, async () => {
      const { peer } = await bench();
      const client = await peer();
      await client.subscribe({ feed: 'counter', from: 'tail', delivery });
      expect(await refusal(client, { type: 'subscribe', feed: 'counter', from: 0, delivery })).toMatchObject({
        code: 'already-subscribed',
        about: 'counter',
      });
    });

  it('SUB-3: more than 64 are a subscription-limit, and a place is free again when one was left', async () => {
    const { peer, server } = await bench();
    const client = await peer();
    for (let seed = 0; seed < 64; seed++) client.ask({ feed: `counter?seed=${seed + 1}`, from: 'tail' });
    await client.until(() => client.said.filter(({ type }) => type === 'subscribed').length === 64);
    expect(server.stats().subscriptions).toBe(64);
    expect(await refusal(client, { type: 'subscribe', feed: 'counter', from: 'tail' })).toMatchObject({
      code: 'subscription-limit',
    });
    const one = client.said.find((message) => message.type === 'subscribed');
    client.say({ type: 'unsubscribe', feed: one?.feed ?? '', flush: false });
    client.ask({ feed: 'counter', from: 'tail' });
    await client.until(() => client.said.filter(({ type }) => type === 'subscribed').length === 65);
  });

  it('SUB-4: message delivery has its connection to itself, whichever comes first', async () => {
    const { peer } = await bench();
    const first = await peer();
    await first.subscribe({ feed: 'counter', from: 'tail', delivery: 'message' });
    expect(await refusal(first, { type: 'subscribe', feed: 'tick', from: 'tail' })).toMatchObject({
      code: 'not-alone',
    });
    const second = await peer();
    await second.subscribe({ feed: 'counter', from: 'tail' });
    expect(await refusal(second, { type: 'subscribe', feed: 'tick', from: 'tail', delivery: 'message' })).toMatchObject(
      { code: 'not-alone' },
    );
  });

  it('SUB-6, SUB-7 and SUB-8: what does not fit is refused and says why', async () => {
    const { peer } = await bench();
    const client = await peer();
    const refused = async (fields: object) =>
      await refusal(client, { type: 'subscribe', feed: 'counter', from: 'tail', ...fields } as Sayable);
    expect(await refused({ from: { committed: { else: 'latest' } } })).toMatchObject({
      code: 'bad-message',
      about: 'from',
    });
    expect(await refused({ wait: 1_500 })).toMatchObject({ code: 'bad-message', about: 'wait' });
    expect(await refused({ feed: 'nobody' })).toMatchObject({ code: 'unknown-feed', about: 'nobody' });
    const bad = await refused({ feed: 'counter?rate=-1' });
    expect(bad).toMatchObject({ code: 'bad-feed', about: 'rate' });
    expect(`${bad.message} ${bad.hint}`).toMatch(/rate.*1,?000,?000/);
    client.ask({ feed: 'counter', from: 'tail' });
    await client.until(() => client.said.some(({ type }) => type === 'subscribed'));
  });

  it('SUB-8: where no feeds are made on request one is feed-refused, where too many feed-limit, and too fast feed-refused', async () => {
    const none = await (await bench({ limits: { adHocFeeds: 0 } })).peer();
    expect(await refusal(none, { type: 'subscribe', feed: 'counter?seed=1', from: 0 })).toMatchObject({
      code: 'feed-refused',
    });
    const { peer } = await bench({ limits: { adHocFeeds: 1, adHocRate: 10 } });
    const few = await peer();
    await few.subscribe({ feed: 'counter?seed=1', from: 'tail' });
    expect(await refusal(few, { type: 'subscribe', feed: 'counter?seed=2', from: 0 })).toMatchObject({
      code: 'feed-limit',
    });
    expect(await refusal(few, { type: 'subscribe', feed: 'counter?rate=11', from: 0 })).toMatchObject({
      code: 'feed-refused',
    });
  });

  it('SUB-8: a feed made on request counts while the place of its first reader is being looked up', async () => {
    const made: LaterFeed[] = [];
    const { peer, url } = await bench({ limits: { adHocFeeds: 2 }, maker: heldFeeds(made) });
    // Those that the server offers by name.
    made.length = 0;
    const client = await peer();
    client.ask({ feed: 'counter?seed=1', from: { time: newYearMicros } });
    const plain = PlainPeer.open(`${url}/feeds/counter%3Fseed%3D2?from=2026-01-01T00:00:00Z`);
    await eventually(() => made.length === 2 && made.every(({ waiting }) => waiting > 0));
    expect(await refusal(client, { type: 'subscribe', feed: 'counter?seed=3', from: 0 })).toMatchObject({
      code: 'feed-limit',
    });
    for (const feed of made) feed.release();
    (await plain).close();
    await client.until(() => client.said.some(({ type }) => type === 'subscribed'));
    expect(made).toHaveLength(2);
  });

  it('SUB-9: from before earliest is a gap, said at once, and reading begins at earliest', async () => {
    const clock = new ManualClock();
    const feed = published(clock, 23, 'memory', 4);
    feed.forget(12);
    const { peer } = await bench({ clock, feeds: { memory: feed } });
    const client = await peer();
    expect(await client.subscribe({ feed: 'memory', from: 4, size: 5 })).toMatchObject({ from: 4 });
    expect(await client.hears('gap')).toMatchObject({ from: 4, to: 12 });
    await client.until(() => client.next('memory') === 20);
    expect(client.came('memory').map((item) => ('gap' in item ? item.gap : [item.from, item.to, item.cut]))).toEqual([
      [4, 12],
      [12, 15, 'size'],
      [15, 20, 'size'],
    ]);
  });
});

describe('resuming', () => {
  const resume = async (fields: object, feeds?: (clock: ManualClock) => MemoryFeed) => {
    const clock = new ManualClock(newYearMicros + 5_000_000);
    const feed = feeds?.(clock) ?? published(clock, 23);
    const { peer } = await bench({ clock, feeds: { memory: feed, ticks: 'tick' } });
    const client = await peer();
    const message = { type: 'subscribe', feed: 'memory', from: 10, epoch: feed.epoch, size: 5, ...fields };
    client.say(message as Sayable);
    await client.until(() => client.said.some(({ type }) => type === 'subscribed' || type === 'error'));
    const answer = client.said.find(({ type }) => type === 'subscribed' || type === 'error');
    return { answer: answer as ServerMessage, feed };
  };
  const lineOf = (feed: MemoryFeed, offset: number) => sliceOf(feed.read(offset), offset, offset + 1);

  it('RES-1, RES-3: the line before from is compared where epoch and check are said', async () => {
    const clock = new ManualClock();
    const feed = published(clock, 23);
    const check = crc32(lineOf(feed, 9));
    expect((await resume({ check }, () => feed)).answer).toMatchObject({ type: 'subscribed', from: 10, checked: true });
    expect((await resume({}, () => feed)).answer).toMatchObject({ checked: false });
    expect((await resume({ from: 0, check: 5 }, () => feed)).answer).toMatchObject({ checked: false });
    expect((await resume({ from: 'latest', check: 5 }, () => feed)).answer).toMatchObject({ checked: false });
  });

  it('RES-2: another epoch is reset', async () => {
    expect((await resume({ epoch: '0'.repeat(32) })).answer).toMatchObject({ type: 'error', code: 'reset' });
    expect((await resume({ epoch: '0'.repeat(32), from: 'latest' })).answer).toMatchObject({ code: 'reset' });
  });

  it('RES-3: another line before from is diverged', async () => {
    expect((await resume({ check: 12_345 })).answer).toMatchObject({ type: 'error', code: 'diverged' });
  });

  it('RES-3: a published feed that ends before from is diverged, and one that ends there is not', async () => {
    expect((await resume({ from: 24 })).answer).toMatchObject({ type: 'error', code: 'diverged' });
    expect((await resume({ from: 23 })).answer).toMatchObject({ type: 'subscribed', from: 23 });
  });

  it('RES-3: the last line that retention removed can still be compared; of one before it nothing is known', async () => {
    const make = () => {
      const clock = new ManualClock();
      const feed = published(clock, 23, 'memory', 2);
      const checks = [crc32(lineOf(feed, 8)), crc32(lineOf(feed, 9))] as const;
      feed.forget(10);
      return { feed, checks };
    };
    const { feed, checks } = make();
    expect((await resume({ check: checks[1] }, () => feed)).answer).toMatchObject({ checked: true });
    expect((await resume({ check: checks[0] }, () => feed)).answer).toMatchObject({ code: 'diverged' });
    expect((await resume({ from: 9, check: checks[0] }, () => feed)).answer).toMatchObject({ checked: false });
  });

  it('RES-4: a generated feed that ends before from waits there', async () => {
    const clock = new ManualClock(newYearMicros + 5_000_000);
    const { peer } = await bench({ clock, feeds: { ticks: 'tick' } });
    const client = await peer();
    const { epoch } = await client.subscribe({ feed: 'ticks', from: 'tail' });
    client.close();
    const ahead = await peer();
    expect(await ahead.subscribe({ feed: 'ticks', from: 8, epoch, check: 1, size: 2 })).toMatchObject({
      from: 8,
      checked: false,
    });
    clock.advance(6_000);
    await ahead.until(() => ahead.blocks('ticks').length === 2);
    expect(ahead.blocks('ticks').map(({ from, to }) => [from, to])).toEqual([
      [8, 10],
      [10, 12],
    ]);
  });
});

describe('a feed that answers later', () => {
  it('REQ-2: is forgotten where it was left, or the connection ended, while the place was looked up, and both requests are answered', async () => {
    const clock = new ManualClock();
    const feed = new LaterFeed(published(clock, 23));
    const { peer, server } = await bench({ clock, feeds: { memory: feed } });
    const client = await peer();
    feed.held = true;
    const asked = client.ask({ feed: 'memory', from: 'latest', wait: 5_000 });
    await eventually(() => feed.waiting > 0);
    const left = client.say({ type: 'unsubscribe', feed: 'memory', flush: true });
    await client.until(() => client.said.some(({ type }) => type === 'unsubscribed'));
    expect(client.said.slice(1)).toMatchObject([
      { type: 'error', code: 'not-subscribed', id: asked },
      { type: 'unsubscribed', id: left, feed: 'memory' },
    ]);
    client.ask({ feed: 'memory', from: 'latest', wait: 5_000 });
    await eventually(() => feed.waiting > 1);
    client.close();
    await eventually(() => server.stats().connections === 0);
    feed.release();
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(server.stats()).toMatchObject({ connections: 0, subscriptions: 0, cachedBytes: 0 });
    expect(feed.watchers).toBe(0);
  });

  it('SUB-10: that fails ends its own subscription with feed-failed, however it fails; the others on its connection go on', async () => {
    const clock = new ManualClock();
    const feed = new LaterFeed(published(clock, 23));
    const { peer, server, logged } = await bench({ clock, feeds: { memory: feed, ticks: 'tick' } });
    const client = await peer();
    await client.subscribe({ feed: 'ticks', from: 'tail', size: 1, window: 1_000 });
    feed.failure = new Error('the disk is gone');
    const failures = () => client.said.filter((message) => message.type === 'error');
    const failed = { type: 'error', code: 'feed-failed', about: 'memory' };
    // While it is read, again and again: more often than a connection may err.
    for (let time = 1; time <= 20; time++) {
      await client.subscribe({ feed: 'memory', from: 0, size: 5 });
      expect(await client.hears('error')).toMatchObject(failed);
      expect(server.stats()).toMatchObject({ connections: 1, subscriptions: 1 });
    }
    // While the place is looked up.
    client.ask({ feed: 'memory', from: 'latest', wait: 5_000 });
    expect(await client.hears('error')).toMatchObject(failed);
    expect(logged.filter(({ level }) => level === 'error')).toHaveLength(21);
    // At its tail, in a heartbeat, and while it is left.
    feed.failure = undefined;
    for (const provoke of [
      () => clock.advance(10_000),
      () => client.say({ type: 'unsubscribe', feed: 'memory', flush: true }),
    ]) {
      await client.subscribe({ feed: 'memory', from: 'tail', size: 5 });
      feed.tailFailure = new Error('the disk is gone');
      provoke();
      expect(await client.hears('error')).toMatchObject(failed);
      feed.tailFailure = undefined;
    }
    expect(failures()).toHaveLength(23);
    const before = client.blocks('ticks').length;
    clock.advance(3_000);
    await client.until(() => client.blocks('ticks').length >= before + 3);
    await client.subscribe({ feed: 'memory', from: 0, size: 5 });
    await client.until(() => client.blocks('memory').length === 4);
    expect(feed.watchers).toBe(1);
  });
});
