// Requests and their answers: which answer is whose, and what too many refusals are.
import { describe, expect, it } from 'vitest';
import { MemoryFeed } from '../../src/feed/logs/memory.ts';
import type { ServerMessage } from '../../src/protocol/messages.ts';
import { ManualClock } from '../support/manualClock.ts';
import { bench } from '../support/server.ts';
import type { SessionPeer } from '../support/sessionPeer.ts';

type SaidError = Extract<ServerMessage, { type: 'error' }>;

const errorsOf = (peer: SessionPeer) => peer.said.filter((message): message is SaidError => message.type === 'error');

async function published(count: number) {
  const clock = new ManualClock();
  const feed = new MemoryFeed('memory', { clock });
  for (let index = 0; index < count; index++) feed.append(index);
  return { feed, ...(await bench({ clock, feeds: { memory: feed, counter: 'counter' } })) };
}

describe('requests', () => {
  it('REQ-1: 64 subscribes said at once are answered, each with its id', async () => {
    const { peer } = await bench();
    const client = await peer();
    const ids = new Map<number, string>();
    for (let seed = 1; seed <= 64; seed++) {
      const feed = `counter?seed=${seed}`;
      // Whatever number the client likes.
      const id = (seed * 7_919) % 1_009;
      ids.set(id, feed);
      client.say({ type: 'subscribe', id, feed, from: 'tail' });
    }
    const answers = () => client.said.flatMap((message) => (message.type === 'subscribed' ? [message] : []));
    await client.until(() => answers().length === 64);
    for (const { id, spec } of answers()) expect(`${spec}&`).toContain(`seed=${ids.get(id)?.slice(13)}&`);
    expect(new Set(answers().map(({ id }) => id)).size).toBe(64);
  });

  it('REQ-2: the refusal of a request has its id, also where the request is malformed, and the largest there is', async () => {
    const { peer } = await published(10);
    const client = await peer();
    const id = Number.MAX_SAFE_INTEGER;
    client.say({ type: 'subscribe', id, feed: 'nobody', from: 0 });
    client.say({ type: 'unsubscribe', id: 0, feed: 'memory', flush: true });
    client.sayText('{"type":"subscribe","id":5,"feed":"memory","from":"nowhere"}');
    client.sayText('{"type":"unsubscribe","id":6,"feed":"memory","flush":1}');
    client.say({ type: 'subscribe', id: 7, feed: 'memory', from: 0, epoch: '0'.repeat(32) });
    await client.until(() => errorsOf(client).length === 5);
    expect(errorsOf(client).map(({ code, id: of }) => [code, of])).toEqual([
      ['unknown-feed', id],
      ['not-subscribed', 0],
      ['bad-message', 5],
      ['bad-message', 6],
      ['reset', 7],
    ]);
  });

  it('REQ-2: what is no request, or has no id that can be read, is refused without one', async () => {
    const { peer } = await published(10);
    const client = await peer();
    const said = [
      '{"type":"subscribe","feed":"memory","from":0}',
      '{"type":"subscribe","id":-1,"feed":"memory","from":0}',
    ];
    said.push(
      '{"type":"subscribe","id":"1","feed":"memory","from":0}',
      '{"type":"ack","id":5}',
      '{"id":5}',
      '[5]',
      '5',
    );
    for (const text of said) client.sayText(text);
    await client.until(() => errorsOf(client).length === said.length);
    for (const error of errorsOf(client)) {
      expect(error.code).toBe('bad-message');
      expect(error).not.toHaveProperty('id');
    }
  });

  it('REQ-2: unsubscribed has the id of the last unsubscribe of its feed, and none where until ended it', async () => {
    const { peer } = await published(10);
    const client = await peer();
    await client.subscribe({ feed: 'memory', from: 0, size: 5 });
    await client.until(() => client.blocks('memory').length === 2);
    client.say({ type: 'unsubscribe', id: 50, feed: 'memory', flush: true });
    client.say({ type: 'unsubscribe', id: 51, feed: 'memory', flush: false });
    expect(await client.hears('unsubscribed')).toEqual({ type: 'unsubscribed', id: 51, feed: 'memory', acked: 0 });
    await client.subscribe({ feed: 'memory', from: 5, size: 5, until: 10 });
    await client.until(() => client.next('memory') === 10);
    client.ack('memory', 10);
    expect(await client.hears('unsubscribed')).toEqual({ type: 'unsubscribed', feed: 'memory', acked: 10 });
  });

  it('REQ-3: an error that answers no request names the subscription that it is about', async () => {
    const { peer } = await published(10);
    const client = await peer();
    await client.subscribe({ feed: 'memory', from: 0, size: 5 });
    await client.until(() => client.blocks('memory').length === 2);
    client.ack('memory', 11);
    await client.until(() => errorsOf(client).length === 1);
    expect(errorsOf(client)[0]).toMatchObject({ code: 'bad-ack', feed: 'memory' });
    expect(errorsOf(client)[0]).not.toHaveProperty('id');
  });

  it('MSG-2: subscribes that are refused count only beyond twice the subscriptions that a connection carries', async () => {
    const { peer } = await bench({ limits: { subscriptions: 10 } });
    const client = await peer();
    for (let index = 0; index < 20 + 15; index++) client.ask({ feed: 'nobody', from: 0 });
    await client.until(() => errorsOf(client).length === 35);
    client.ask({ feed: 'counter', from: 'tail' });
    await client.until(() => client.said.some(({ type }) => type === 'subscribed'));
    client.ask({ feed: 'nobody', from: 0 });
    expect(await client.closed()).toBe(4400);
    expect(errorsOf(client).at(-1)).toMatchObject({ code: 'too-many-errors' });
  });
});

describe('committed', () => {
  const committed = (otherwise: 'latest' | 'earliest' | 'refuse') =>
    ({ feed: 'memory', from: { committed: { else: otherwise } }, size: 5 }) as const;

  it('SUB-1: without a commit it is what else names, and subscribed says which it was', async () => {
    const { peer, logged } = await published(23);
    for (const [otherwise, from] of [
      ['latest', 20],
      ['earliest', 0],
    ] as const) {
      const client = await peer();
      expect(await client.subscribe({ ...committed(otherwise), consumer: 'new' })).toMatchObject({
        from,
        at: otherwise,
      });
      expect(logged.at(-1)?.sentence).toMatch(/no commit of new is known/);
    }
  });

  it('SUB-1: without a commit `refuse` is no-commit, and nothing is begun', async () => {
    const { peer, server } = await published(23);
    const client = await peer();
    const id = client.ask({ ...committed('refuse'), consumer: 'new' });
    await client.until(() => errorsOf(client).length === 1);
    expect(errorsOf(client)[0]).toMatchObject({ code: 'no-commit', id, about: 'memory' });
    expect(server.stats().subscriptions).toBe(0);
  });

  it.each(['latest', 'earliest', 'refuse'] as const)(
    'SUB-1: with a commit it is that, whatever else is: %s',
    async (otherwise) => {
      const { peer } = await published(23);
      const first = await peer();
      await first.subscribe({ feed: 'memory', from: 0, size: 5, consumer: 'me' });
      await first.until(() => first.blocks('memory').length === 4);
      first.ack('memory', 10);
      await first.settled();
      const second = await peer();
      expect(await second.subscribe({ ...committed(otherwise), consumer: 'me' })).toMatchObject({
        from: 10,
        at: 'committed',
      });
    },
  );

  it('SUB-2: a place of another kind is not said to be one', async () => {
    const { peer } = await published(23);
    const client = await peer();
    expect(await client.subscribe({ feed: 'memory', from: 'latest', consumer: 'me' })).not.toHaveProperty('at');
  });
});

it('RES-1: a check without an epoch is a bad-message', async () => {
  const { peer } = await published(10);
  const client = await peer();
  const id = client.ask({ feed: 'memory', from: 5, check: 1 });
  await client.until(() => errorsOf(client).length === 1);
  expect(errorsOf(client)[0]).toMatchObject({ code: 'bad-message', id, about: 'check' });
});

it('HELLO-3: welcome names what the server takes beyond the core: nothing yet', async () => {
  const { peer } = await bench();
  const client = await peer({ hello: false });
  client.say({ type: 'hello', client: 'test', instance: 'a' });
  expect(await client.hears('welcome')).toMatchObject({ features: [] });
});
