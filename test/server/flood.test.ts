// What one connection may have done in one turn of the event loop, however much it says at once: MSG-2. Counted, not timed.
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { generatedFeeds } from '../../src/generate/index.ts';
import { createServer, MemoryFeed } from '../../src/server/index.ts';
import { ManualClock } from '../support/manualClock.ts';
import { clientFrame, RawPeer, upgradeRequest } from '../support/rawPeer.ts';
import { bench } from '../support/server.ts';

/** A session of a server whose sockets are ours to look at: `inTurn` is the most that was written in one turn. */
async function counted(): Promise<{ readonly raw: RawPeer; readonly inTurn: () => number }> {
  const http = createHttpServer();
  const server = createServer({ clock: new ManualClock(), maker: generatedFeeds });
  server.attach(http);
  let written = 0;
  let most = 0;
  http.on('connection', (socket: Socket) => {
    const write = socket.write.bind(socket);
    const counting = (...args: Parameters<typeof write>): boolean => {
      if (written++ === 0)
        setImmediate(() => {
          most = Math.max(most, written);
          written = 0;
        });
      return write(...args);
    };
    Object.assign(socket, { write: counting });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    const closed = server.close();
    server.terminate();
    await closed;
    http.close();
  });
  const raw = await RawPeer.connect((http.address() as AddressInfo).port);
  raw.write(upgradeRequest());
  await raw.until(() => raw.status === 101);
  raw.write(clientFrame(1, '{"type":"hello","client":"it","instance":"one"}'));
  await raw.until(() => raw.frames.length > 0);
  raw.frames.length = 0;
  most = 0;
  return { raw, inTurn: () => most };
}

const repeated = (frame: Buffer, count: number): Buffer => Buffer.concat(Array.from({ length: count }, () => frame));

describe('one connection that says very much at once', () => {
  it('has its pings of one turn answered by one pong, to the newest', async () => {
    const { raw, inTurn } = await counted();
    raw.write(Buffer.concat([repeated(clientFrame(9, 'old'), 5_000), clientFrame(9, 'new')]));
    await raw.until(() => raw.frames.some(({ payload }) => payload.toString() === 'new'));
    expect(raw.frames.every(({ opcode }) => opcode === 10)).toBe(true);
    expect(inTurn()).toBeLessThanOrEqual(2);
    expect(raw.frames.length).toBeLessThan(100);
  });

  it('has all of it treated, in order, and is read on', async () => {
    const { raw } = await counted();
    const unsubscribe = (id: number) => clientFrame(1, JSON.stringify({ type: 'unsubscribe', id, feed: 'nothing' }));
    const ack = clientFrame(1, `{"type":"ack","feed":"nothing","epoch":"${'0'.repeat(32)}","to":1}`);
    raw.write(Buffer.concat([repeated(ack, 2_000), unsubscribe(1), repeated(ack, 2_000), unsubscribe(2)]));
    await raw.until(() => raw.frames.length === 2);
    expect(raw.frames.map(({ payload }) => (JSON.parse(payload.toString()) as { id: number }).id)).toEqual([1, 2]);
    raw.write(unsubscribe(3));
    await raw.until(() => raw.frames.length === 3);
  });

  it('has no more of its pipelined requests answered than the limit, and one list is made for those of a turn', async () => {
    let listed = 0;
    const feed = new MemoryFeed('memory');
    const earliest = feed.earliest.bind(feed);
    feed.earliest = () => {
      listed++;
      return earliest();
    };
    const { port } = await bench({ feeds: { memory: feed } });
    listed = 0;
    const raw = await RawPeer.connect(port);
    raw.write('GET /feeds HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(1_000));
    await raw.until(() => raw.body.includes('HTTP/1.1 503'));
    expect(`${raw.head}${raw.body}`.split('HTTP/1.1 200').length - 1).toBe(100);
    expect(listed).toBeLessThan(50);
    raw.destroy();
  });
});
