// How late messages come that are due at a steady rate: 1,000 a second to 100 clients, from blockfeed and from `ws` that encodes
// each message once and sends it in a loop. Two processes a run, server and readers; both are measured in turn, round by round.
//
//   node bench/latency.mjs                      three rounds of 5 s
//   node bench/latency.mjs --clients 10 --rounds 1 --seconds 2
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WebSocket, WebSocketServer } from 'ws';
import { systemClock } from '../dist/base/clock.js';
import { generatedFeeds } from '../dist/generate/index.js';
import { createServer } from '../dist/server/index.js';
import { pinned } from './run.mjs';

const rate = 1_000;
const servers = ['blockfeed, message delivery', 'ws, encoded once'];
const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    serve: { type: 'string' },
    read: { type: 'string' },
  },
});

if (values.serve !== undefined) await serve(values.serve);
else if (values.read !== undefined) await read(values.read);
else await main();

async function main() {
  /** @type {Map<string, { p50: number[], p99: number[] }>} */
  const results = new Map(servers.map((name) => [name, { p50: [], p99: [] }]));
  for (let round = 0; round < Number(values.rounds); round++)
    for (const name of servers) {
      const server = child(0, ['--serve', name]);
      const [url] = await once(server, 'message');
      const reader = child(1, ['--read', url, '--clients', values.clients, '--seconds', values.seconds]);
      const [{ p50, p99 }] = await once(reader, 'message');
      results.get(name)?.p50.push(p50);
      results.get(name)?.p99.push(p99);
      for (const process of [reader, server]) process.kill();
    }
  const shown = (/** @type {number[]} */ micros) => micros.map((each) => (each / 1_000).toFixed(2)).join(', ');
  console.log('| ms behind the time when a message was due, each round | p50 | p99 |\n| --- | --- | --- |');
  for (const [name, { p50, p99 }] of results) console.log(`| ${name} | ${shown(p50)} | ${shown(p99)} |`);
}

/** @param {number} core @param {string[]} args */
function child(core, args) {
  const command = [process.execPath, fileURLToPath(import.meta.url), ...args];
  const [program = '', ...rest] = pinned ? ['taskset', '-c', String(core), ...command] : command;
  return spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

/** @param {string} name */
async function serve(name) {
  if (name.startsWith('blockfeed')) {
    const server = createServer({ maker: generatedFeeds, feeds: { feed: `counter?rate=${rate}&pad=55` } });
    process.send?.(`${(await server.listen()).url}/feeds/feed`);
    return;
  }
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(sockets, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (sockets.address());
  process.send?.(`ws://127.0.0.1:${port}`);
  const everyMicros = 1_000_000 / rate;
  let offset = 0;
  let dueMicros = systemClock.nowMicros();
  setInterval(() => {
    for (const nowMicros = systemClock.nowMicros(); dueMicros <= nowMicros; dueMicros += everyMicros) {
      const line = JSON.stringify({ offset, time: dueMicros, data: { n: offset++, pad: 'x'.repeat(55) } });
      for (const socket of sockets.clients) socket.send(line);
    }
  }, 1);
}

/** @param {string} url */
async function read(url) {
  /** @type {number[]} */
  const late = [];
  let isMeasured = false;
  const open = Array.from({ length: Number(values.clients) }, async () => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    socket.on('message', (data) => {
      const nowMicros = systemClock.nowMicros();
      if (isMeasured) late.push(nowMicros - Number(/"time":(\d+)/.exec(String(data))?.[1]));
    });
    await once(socket, 'open');
  });
  await Promise.all(open);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  isMeasured = true;
  await new Promise((resolve) => setTimeout(resolve, Number(values.seconds) * 1_000));
  late.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => late[Math.floor(late.length * share)] ?? Number.NaN;
  process.send?.({ p50: at(0.5), p99: at(0.99) });
}
