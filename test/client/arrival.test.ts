// When the first byte of a frame comes, in Node: what `took` of a block in one large frame is measured from.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { platform } from '../../src/client/platform.node.ts';
import { makeFrame, pingFrame } from '../../src/frames/websocket.ts';
import { Arrivals } from '../support/arrivals.ts';

test('frames that come in one piece with the handshake are handed out, each arriving first', async () => {
  const http = createServer();
  http.on('upgrade', (request, wire) => {
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    const head = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${accept}`,
      'Sec-WebSocket-Protocol: blockfeed.v1',
    ];
    wire.end(
      Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), makeFrame(0x1, 'first'), makeFrame(0x1, 'second')]),
    );
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const came = new Arrivals<string>();
  let arrivedWithPiece = 0;
  platform.openSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`, 'blockfeed.v1', {
    opened: () => came.add('opened'),
    answered: (what) => came.add(what),
    piece: () => {
      arrivedWithPiece = 0;
    },
    arriving: () => came.add(arrivedWithPiece++ === 0 ? 'arriving' : 'arriving together'),
    text: (text) => came.add(text),
    data: () => came.add('bytes'),
    closed: () => came.add('closed'),
  });
  for (const next of ['opened', 'arriving', 'first', 'arriving together', 'second', 'closed'])
    expect(await came.next()).toBe(next);
  http.close();
  await once(http, 'close');
});

test('a frame arrives with its first byte, however many pieces it comes in and whatever shares its packets', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const came = new Arrivals<string>();
  let arrivedWithPiece = 0;
  const socket = platform.openSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, 'blockfeed.v1', {
    opened: () => came.add('opened'),
    answered: (what) => came.add(what),
    piece: () => {
      arrivedWithPiece = 0;
    },
    arriving: () => came.add(arrivedWithPiece++ === 0 ? 'arriving' : 'arriving together'),
    text: (text) => came.add(text),
    data: (bytes) => came.add(`${bytes.length} bytes`),
    closed: () => came.add('closed'),
  });
  const [, request] = (await once(server, 'connection')) as [WebSocket, IncomingMessage];
  const wire = request.socket;
  expect(await came.next()).toBe('opened');

  for (const size of [1, 125, 126, 65_535, 65_536]) {
    const frame = makeFrame(0x2, Buffer.alloc(size));
    wire.write(frame.subarray(0, 1));
    expect(await came.next()).toBe('arriving');
    wire.write(frame.subarray(1));
    expect(await came.next()).toBe(`${size} bytes`);
  }
  // A whole frame and the begin of the next in one piece: the second has begun when the first is handed out.
  const next = makeFrame(0x1, 'second');
  wire.write(Buffer.concat([makeFrame(pingFrame, 'ping'), makeFrame(0x1, 'first'), next.subarray(0, 3)]));
  const heard: string[] = [];
  while (heard.at(-1) !== 'first') heard.push(await came.next());
  expect(heard).toEqual(['arriving', 'arriving together', 'first']);
  expect(await came.next()).toBe('arriving together');
  wire.write(next.subarray(3));
  expect(await came.next()).toBe('second');
  expect(came.waiting).toBe(0);

  socket.cut();
  server.close();
  await once(server, 'close');
});
