// What a server bears of those who connect and are no clients yet, or not any more: HAND-5, and what it logs of them.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FeedMaker } from '../../src/feed/maker.ts';
import { generatedFeeds } from '../../src/generate/index.ts';
import { MemoryFeed } from '../../src/server/index.ts';
import { LaterFeed } from '../support/feeds.ts';
import { PlainPeer } from '../support/plainPeer.ts';
import { clientFrame, RawPeer, upgradeRequest } from '../support/rawPeer.ts';
import { bench, eventually } from '../support/server.ts';

describe('connections that are no clients', () => {
  it('HAND-5: one that says nothing, or half a request, is ended after the time for handshakes', async () => {
    const { port, clock, url } = await bench();
    const [mute, half, asking] = [
      await RawPeer.connect(port),
      await RawPeer.connect(port),
      await RawPeer.connect(port),
    ];
    half.write('GET /feeds HTTP/1.1\r\nHost: local');
    const client = await PlainPeer.open(`${url}/feeds/counter`);
    clock.advance(6_000);
    asking.write('GET /feeds HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await asking.until(() => asking.status === 200);
    clock.advance(3_000);
    await asking.until(() => !asking.ended && !mute.ended && !half.ended);
    clock.advance(2_000);
    await mute.end();
    await half.end();
    // Who asked meanwhile has as much time for the next question, and who is a client is none of them.
    asking.write('GET /feeds HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await asking.until(() => asking.body.split('HTTP/1.1 200').length === 2);
    client.webSocket.ping();
    await new Promise((resolve) => client.webSocket.once('pong', resolve));
    for (let second = 0; second < 11; second++) clock.advance(1_000);
    await asking.end();
    client.close();
  });

  it('HAND-5: more than may be in their handshake are dropped, and so are those that do not go when refused; it is logged', async () => {
    const { port, logged, server } = await bench({
      limits: { connections: 1, handshakes: 2 },
    });
    const held = await RawPeer.upgraded(port);
    // What is refused is closed by the server at once, whether or not the other side is.
    for (let count = 0; count < 5; count++) {
      const raw = await RawPeer.connect(port, { halfOpen: true });
      raw.write(upgradeRequest());
      await raw.end();
      expect(raw.status).toBe(503);
      raw.destroy();
    }
    const mute = [await RawPeer.connect(port), await RawPeer.connect(port)];
    const one = await RawPeer.connect(port);
    await one.end();
    expect(one.head).toBe('');
    await eventually(() => logged.some(({ sentence }) => sentence.startsWith('a connection was dropped')));
    for (const raw of mute) raw.destroy();
    held.destroy();
    await eventually(() => server.stats().connections === 0);
  });

  it('a handshake whose feed does not answer is ended after its time', async () => {
    const feed = new LaterFeed(new MemoryFeed('held'));
    feed.held = true;
    const { port, clock } = await bench({ feeds: { held: feed } });
    const raw = await RawPeer.connect(port);
    raw.write(upgradeRequest('/feeds/held?from=2026-01-01T00:00:00Z', { 'Sec-WebSocket-Protocol': undefined }));
    await eventually(() => feed.waiting > 0);
    clock.advance(9_000);
    expect(raw.ended).toBe(false);
    clock.advance(2_000);
    await raw.end();
    expect(raw.status).toBe(0);
  });
});

describe('a server without file descriptors', () => {
  it('logs that connections are dropped, and that they are accepted again', async () => {
    const child = fork(new URL('descriptors.mjs', import.meta.url), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const said: { port?: number; logged?: string }[] = [];
    let wake = () => {};
    child.on('message', (message: { port?: number; logged?: string }) => {
      said.push(message);
      wake();
    });
    onTestFinished(async () => {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    });
    const hears = async (wanted: RegExp): Promise<void> => {
      while (!said.some(({ logged }) => wanted.test(logged ?? '')))
        await new Promise<void>((resolve) => (wake = resolve));
    };
    await hears(/^listening/);
    child.send('take');
    await hears(/^no file descriptors are left/);
    child.send('give back');
    await hears(/^there are file descriptors again/);
  });
});

describe('what clients make a server log', () => {
  it('is summed up beyond 100 lines a second of each sort, whatever they do in a loop', async () => {
    const { port, clock, logged, url, server } = await bench();
    const honest = await RawPeer.upgraded(port);
    honest.say({ type: 'hello', client: 'honest', instance: '1' });
    await honest.next();
    for (let count = 0; count < 300; count++) {
      honest.say({ type: 'subscribe', id: 2 * count, feed: 'counter', from: 'tail' });
      honest.say({ type: 'unsubscribe', id: 2 * count + 1, feed: 'counter', flush: false });
      await honest.next(({ payload }) => payload.includes('"unsubscribed"'));
    }
    for (let count = 0; count < 150; count++) {
      const plain = await PlainPeer.open(`${url}/feeds/counter`);
      plain.close();
      await PlainPeer.refused(`${url}/feeds/nothing`);
    }
    await eventually(() => server.stats().connections === 1);
    const levels = (level: string) => logged.filter((each) => each.level === level);
    expect(levels('info')).toHaveLength(100);
    expect(levels('warn')).toHaveLength(100);
    clock.advance(1_000);
    expect(levels('info').at(-1)?.sentence).toMatch(/^501 more events, /);
    expect(levels('info').at(-1)?.fields).toMatchObject({ events: 501, left: 150 });
    expect(levels('warn').at(-1)?.sentence).toBe('50 more warnings, 50 refused');
    expect(logged).toHaveLength(202);
    // The next second begins anew, and nothing that happened is lost.
    honest.write(clientFrame(1, '{}'));
    await eventually(() => logged.length === 203);
    expect(logged.at(-1)).toMatchObject({ level: 'warn', sentence: expect.stringMatching(/^refused: /) });
  });

  it('is not even made where nobody hears it', async () => {
    const heard: string[] = [];
    const note = (_fields: object, sentence: string) => void heard.push(sentence);
    const log = { info: note, warn: note, error: note, isLevelEnabled: (level: string) => level !== 'info' };
    const { raw, url } = await bench({ log });
    const peer = await raw();
    peer.say({ type: 'hello', client: 'test', instance: '1' });
    await peer.next();
    await PlainPeer.refused(`${url}/feeds/nothing`);
    expect(heard).toEqual([expect.stringMatching(/refused: 404/)]);
  });
});

describe('specifications', () => {
  it('are checked once, however often clients come with the same words, right or wrong; as many as the limit are remembered', async () => {
    const checked: string[] = [];
    const maker: FeedMaker = {
      ...generatedFeeds,
      specify: (words) => {
        checked.push(words);
        return generatedFeeds.specify(words);
      },
    };
    const { url, peer } = await bench({ maker, feeds: {}, limits: { specifications: 2 } });
    const [right, wrong] = ['counter?rate=3', 'counter?rate=nonsense'];
    const client = await peer();
    for (let time = 0; time < 5; time++) {
      (await PlainPeer.open(`${url}/feeds/${encodeURIComponent(right)}`)).close();
      expect(await PlainPeer.refused(`${url}/feeds/${encodeURIComponent(wrong)}`)).toMatchObject({ status: 400 });
      const { feed } = await client.subscribe({ feed: right, from: 'tail' });
      client.say({ type: 'unsubscribe', feed, flush: false });
      await client.hears('unsubscribed');
    }
    expect(checked).toEqual([right, wrong]);
    (await PlainPeer.open(`${url}/feeds/${encodeURIComponent('counter?rate=4')}`)).close();
    (await PlainPeer.open(`${url}/feeds/${encodeURIComponent(right)}`)).close();
    await PlainPeer.refused(`${url}/feeds/${encodeURIComponent(wrong)}`);
    expect(checked).toEqual([right, wrong, 'counter?rate=4', wrong]);
  });
});
