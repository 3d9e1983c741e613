// node bench/idle.mjs: what thousands of sessions cost that do nothing: memory of each, and how long they hold the server's event loop
// when they come at once, while they are there (heartbeats, pings), and when the server stops. It needs 10,100 file descriptors in
// each of its two processes (`ulimit -n`).
import { fork } from 'node:child_process';
import { connect } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { watchIterations } from './iterations.mjs';

const [role = 'all', sessions = '10000'] = process.argv.slice(2);
/** The server's process. @param {'blockfeed' | 'ws'} peer */
async function serve(peer) {
  const server = peer === 'ws' ? await wsServer() : await blockfeedServer();
  const iterations = watchIterations();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  process.on('message', async (/** @type {string} */ word) => {
    if (word === 'watch') {
      iterations?.reset();
      delay.enable();
      delay.reset();
    }
    if (word === 'turns') {
      delay.disable();
      process.send?.({
        turnMs: iterations?.read(),
        delayMs: { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 },
      });
    }
    if (word === 'memory') {
      for (let time = 0; time < 4; time++) {
        globalThis.gc?.();
        await wait(100);
      }
      const { heapUsed, external, rss } = process.memoryUsage();
      process.send?.({ bytes: heapUsed + external, rss, connections: server.connections() });
    }
    if (word === 'stop') {
      await server.stop();
      process.send?.({ stopped: true });
    }
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ port: server.port });
}

async function blockfeedServer() {
  const { createServer } = await import('blockfeed/server');
  const { generatedFeeds } = await import('blockfeed/generate');
  const server = createServer({ maker: generatedFeeds, limits: { connections: 20_000, handshakes: 20_000 } });
  const { port } = await server.listen();
  return { port, connections: () => server.stats().connections, stop: async () => await server.close() };
}

/** What ws alone costs, with a listener for messages each. */
async function wsServer() {
  const { createServer } = await import('node:http');
  const { WebSocketServer } = await import('ws');
  const http = createServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  server.on('connection', (socket) => socket.on('message', () => socket.send('{}')));
  await new Promise((resolve) => http.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (http.address());
  return { port, connections: () => server.clients.size, stop: async () => server.close() };
}

async function measure() {
  const many = Number(sessions);
  /** @type {Record<string, string>[]} */
  const memory = [];
  for (const peer of /** @type {const} */ (['ws', 'blockfeed', 'blockfeed, each reads a feed'])) {
    const server = await started(peer === 'ws' ? 'ws' : 'blockfeed');
    await crowd(server.port, 50, 50).then(leave);
    const before = await server.ask('memory');
    const sockets = await crowd(server.port, many / 2, 50, peer.includes('reads') ? subscribe : undefined);
    const after = await server.ask('memory');
    memory.push({ peer, 'kB each': ((after.bytes - before.bytes) / (many / 2) / 1_000).toFixed(1) });
    leave(sockets);
    await server.end();
  }
  console.table(memory);

  /** @type {Record<string, string>[]} */
  const turns = [];
  const row = (/** @type {string} */ what, /** @type {any} */ { turnMs, delayMs }) =>
    turns.push({
      what,
      'turn p99 / max': turnMs === undefined ? '' : `${turnMs.p99.toFixed(1)} / ${turnMs.max.toFixed(1)} ms`,
      'delay p99 / max': `${delayMs.p99.toFixed(1)} / ${delayMs.max.toFixed(1)} ms`,
    });
  const server = await started('blockfeed');
  // What the first ones have compiled is no part of it.
  await crowd(server.port, 200, 200).then(leave);
  await wait(1_000);
  await server.ask('watch');
  const first = await crowd(server.port, 1_000, 1_000);
  row('1,000 clients connect at once', await server.ask('turns'));
  const rest = await crowd(server.port, many - 1_000, 200);
  await server.ask('watch');
  await wait(31_000);
  row(`${many} sessions, 31 s: heartbeats and pings`, await server.ask('turns'));
  await server.ask('watch');
  await server.ask('stop');
  row(`${many} sessions are told that the server stops`, await server.ask('turns'));
  leave([...first, ...rest]);
  await server.end();
  console.table(turns);
}

/** @param {'blockfeed' | 'ws'} peer */
async function started(peer) {
  const child = fork(new URL(import.meta.url), [peer], { execArgv: ['--expose-gc'] });
  const answer = () => new Promise((/** @type {(answer: any) => void} */ resolve) => child.once('message', resolve));
  const { port } = await answer();
  return {
    port: Number(port),
    /** @param {string} word */
    async ask(word) {
      child.send(word);
      return word === 'watch' ? undefined : await answer();
    },
    async end() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.disconnect();
      await ended;
    },
  };
}

/** @param {string} text */
const frame = (text) => {
  const head = text.length < 126 ? [0x81, 0x80 | text.length] : [0x81, 0xfe, text.length >> 8, text.length & 255];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), Buffer.from(text)]);
};
const hello = frame('{"type":"hello","client":"idle","instance":"1"}');
const subscribe = frame('{"type":"subscribe","id":1,"feed":"tick","from":"tail","size":1000000}');
const close = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xf4]);

/**
 * So many clients, so many at once. Each has said hello and was answered, and says `then`.
 * @param {number} port @param {number} count @param {number} atOnce @param {Buffer} [then]
 */
async function crowd(port, count, atOnce, then) {
  /** @type {import('node:net').Socket[]} */
  const sockets = [];
  while (sockets.length < count) {
    const some = Math.min(atOnce, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: some }, () => client(port, then)))));
  }
  return sockets;
}

/** @param {number} port @param {Buffer} [then] */
function client(port, then) {
  return new Promise((/** @type {(socket: import('node:net').Socket) => void} */ resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let heard = 0;
    socket.on('error', reject);
    socket.on('connect', () =>
      socket.write(
        `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: blockfeed.v1\r\nUser-Agent: bench\r\n\r\n',
      ),
    );
    socket.on('data', (bytes) => {
      heard++;
      if (heard === 1) socket.write(hello);
      if (heard === 2 && then !== undefined) socket.write(then);
      if (heard === (then === undefined ? 2 : 3)) resolve(socket);
      // 1012: the server stops, and this client has nothing to ack.
      if (bytes.includes(Buffer.from([0x03, 0xf4]))) socket.write(close);
    });
  });
}

/** @param {import('node:net').Socket[]} sockets */
function leave(sockets) {
  for (const socket of sockets) socket.destroy();
}

if (role === 'blockfeed' || role === 'ws') await serve(role);
else await measure();
