// What one honest client has of its 50 messages a second while others crowd the server: readers that never read, each at a
// place or in a policy of its own, dear feeds, readers that catch up. Three processes: server, crowd, honest client.
//
//   node bench/crowd.mjs                              every condition, about three minutes
//   node bench/crowd.mjs --only places --seconds 5
//   node bench/crowd.mjs --build /path/of/another     a build of another state of the project, to compare with
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { clientText, FrameReader } from './frames.mjs';
import { watchIterations } from './iterations.mjs';
import { pinned } from './run.mjs';

/**
 * @typedef {object} Reader one of the crowd
 * @property {string} path of its upgrade
 * @property {object} [subscribe] what a session says; without it the client is a plain one
 * @property {boolean} reads
 */

/**
 * @typedef {object} Condition
 * @property {string} name
 * @property {string} title
 * @property {() => Reader[]} crowd
 */

/** Made as fast as it is read, and of all that was ever due the last 100,000,000 messages are there. */
const fast = 'counter?pad=55&rate=100000';
const sizeOfItsOwn = 2_000_000;
/** @param {number} count @param {(index: number) => Reader} make */
const times = (count, make) => Array.from({ length: count }, (_, index) => make(index));

/** @param {object} subscribe @returns {Reader} */
function session(subscribe) {
  return {
    path: '/',
    subscribe: { type: 'subscribe', id: 1, feed: 'fast', window: 1_000, ...subscribe },
    reads: false,
  };
}

/** @param {number} index a number of the dear feed, so that each is another */
function dear(index) {
  const leaves = Array.from({ length: 200 }, () => '"{{person.fullName}}"');
  return `template?rate=100&record=${encodeURIComponent(`{"n":${index},"all":[${leaves.join(',')}]}`)}`;
}

/** @type {Condition[]} */
const conditions = [
  { name: 'nobody', title: 'nobody else', crowd: () => [] },
  {
    name: 'places',
    title: '500 that never read, each at a place of its own',
    crowd: () => times(500, (index) => session({ from: 1_000_000 + index * 10_000, size: 500 })),
  },
  {
    name: 'policies',
    title: '500 that never read, each in a policy of its own',
    crowd: () => times(500, (index) => session({ from: 1_000_000, size: 1_000 + index })),
  },
  {
    name: 'one-policy',
    title: '500 that never read, in one policy',
    crowd: () => times(500, () => session({ from: 1_000_000, size: 500 })),
  },
  {
    name: 'dear',
    title: '40 templates of 200 expressions',
    crowd: () => times(40, (index) => session({ feed: dear(index), from: 'latest', size: 500 })),
  },
  ...[20, 100, 300].map((count) => ({
    name: `catch-up-${count}`,
    title: `${count} that catch up at their own places`,
    crowd: () => times(count, (index) => ({ path: `/feeds/user?size=100&from=${index * 100_000}`, reads: true })),
  })),
  {
    name: 'plain',
    title: '2,000 plain ones that never read, each at a place in a policy of its own',
    crowd: () =>
      times(2_000, (index) => ({
        path: `/feeds/fast?size=${sizeOfItsOwn + index}&from=${1_000_000 + index * 10_000}`,
        reads: false,
      })),
  },
];

const { values } = parseArgs({
  options: {
    role: { type: 'string', default: 'all' },
    port: { type: 'string', default: '0' },
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '10' },
    build: { type: 'string', default: fileURLToPath(new URL('..', import.meta.url)) },
  },
});
if (values.role === 'server') await serve();
else if (values.role === 'crowd') beCrowd();
else if (values.role === 'honest') await beHonest();
else await runAll();

async function runAll() {
  console.log(
    '| who else is there | p50 ms | p99 ms | max ms | messages | server turn p99, max ms | memory MiB, then most | unsent MiB | left |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const condition of conditions) {
    if (!condition.name.startsWith(values.only)) continue;
    const figures = await runOne(condition);
    console.log(`| ${[condition.title, ...figures].join(' | ')} |`);
  }
}

/** @param {Condition} condition */
async function runOne({ name }) {
  const server = start('server', 0, '0');
  try {
    const { port } = await told(server);
    const honest = start('honest', 1, String(port));
    const crowd = start('crowd', 1, String(port), name);
    try {
      await Promise.all([told(honest), told(crowd)]);
      await pause(1_000);
      ask(server, 'begin');
      ask(honest, 'begin');
      ask(crowd, 'begin');
      await pause(Number(values.seconds) * 1_000);
      const { latencies } = await asked(honest, 'report');
      const { gone } = await asked(crowd, 'report');
      const { before, most, unsent, turns } = await asked(server, 'report');
      const sorted = latencies.toSorted((/** @type {number} */ left, /** @type {number} */ right) => left - right);
      /** @param {number} share */
      const at = (share) =>
        (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN).toFixed(1);
      return [
        at(0.5),
        at(0.99),
        at(1),
        sorted.length,
        `${turns.p99.toFixed(1)}, ${turns.max.toFixed(1)}`,
        `${mebi(before)}, ${mebi(most)}`,
        mebi(unsent),
        gone,
      ];
    } finally {
      await Promise.all([end(honest), end(crowd)]);
    }
  } finally {
    await end(server);
  }
}

async function serve() {
  /** @param {string} entry */
  const load = async (entry) => await import(pathToFileURL(`${values.build}/dist/${entry}/index.js`).href);
  const { createServer } = await load('server');
  const { generatedFeeds } = await load('generate');
  const server = createServer({
    maker: generatedFeeds,
    feeds: { honest: 'counter?rate=50', fast, user: 'user?rate=10000' },
  });
  const { port } = await server.listen();
  let before = 0;
  let most = 0;
  let unsent = 0;
  const turns = watchIterations();
  const watch = () => {
    most = Math.max(most, process.memoryUsage.rss());
    unsent = Math.max(unsent, server.stats().unsentBytes);
  };
  obey({
    begin: () => {
      before = process.memoryUsage.rss();
      setInterval(watch, 50);
      turns?.reset();
    },
    report: () =>
      process.send?.({ before, most, unsent, turns: turns?.read() ?? { p99: Number.NaN, max: Number.NaN } }),
  });
  process.send?.({ port });
}

function beCrowd() {
  const crowd = (conditions.find(({ name }) => name === values.only) ?? conditions[0])?.crowd() ?? [];
  let gone = 0;
  /** @param {Reader} reader */
  const join = async (reader) => {
    const socket = connect({ port: Number(values.port), host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.on('close', () => gone++);
    const subprotocol = reader.subscribe === undefined ? '' : 'Sec-WebSocket-Protocol: blockfeed.v1\r\n';
    socket.write(
      `GET ${reader.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${subprotocol}\r\n`,
    );
    await once(socket, 'data');
    if (reader.reads) socket.resume();
    else socket.pause();
    if (reader.subscribe === undefined) return;
    socket.write(clientText(JSON.stringify({ type: 'hello', client: 'crowd/1', instance: 'crowd' })));
    socket.write(clientText(JSON.stringify(reader.subscribe)));
  };
  obey({
    begin: async () => {
      for (let at = 0; at < crowd.length; at += 50)
        await Promise.all(crowd.slice(at, at + 50).map((reader) => join(reader).catch(() => {})));
    },
    report: () => process.send?.({ gone }),
  });
  process.send?.({ ready: true });
}

async function beHonest() {
  /** @type {number[]} */
  let latencies = [];
  const socket = connect({ port: Number(values.port), host: '127.0.0.1', noDelay: true });
  socket.write(
    'GET /feeds/honest?size=1&from=tail HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  );
  const frames = new FrameReader(
    -1,
    (_opcode, length) => length,
    (opcode, bytes, start, end) => {
      if (opcode !== 1) return;
      const now = performance.timeOrigin + performance.now();
      for (const line of bytes.toString('latin1', start, end).trimEnd().split('\n'))
        latencies.push(now - JSON.parse(line).time / 1_000);
    },
  );
  const [head] = await once(socket, 'data');
  const rest = head.subarray(head.indexOf('\r\n\r\n') + 4);
  frames.take(rest, rest.length);
  socket.on('data', (bytes) => frames.take(bytes, bytes.length));
  obey({
    begin: () => {
      latencies = [];
    },
    report: () => process.send?.({ latencies }),
  });
  process.send?.({ ready: true });
}

/** @param {Record<string, () => void>} does */
function obey(does) {
  process.on('message', (/** @type {string} */ word) => does[word]?.());
  process.on('disconnect', () => process.exit(0));
}

/** @param {string} role @param {number} core @param {string} port @param {string} [only] */
function start(role, core, port, only = '') {
  const given = ['--role', role, '--port', port, '--only', only, '--build', values.build];
  const command = [process.execPath, fileURLToPath(import.meta.url), ...given];
  const [program = '', ...rest] = pinned ? ['taskset', '-c', String(core), ...command] : command;
  return spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

/** @param {import('node:child_process').ChildProcess} child @param {string} word */
function ask(child, word) {
  child.send(word);
}

/** @param {import('node:child_process').ChildProcess} child @param {string} word */
async function asked(child, word) {
  const answer = told(child);
  ask(child, word);
  return await answer;
}

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<any>} */
async function told(child) {
  const [answer] = await once(child, 'message');
  return answer;
}

/** @param {import('node:child_process').ChildProcess} child */
async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
}

/** @param {number} ms */
async function pause(ms) {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** @param {number} bytes */
function mebi(bytes) {
  return (bytes / 1_048_576).toFixed(0);
}
