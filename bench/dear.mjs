// What one honest client has of its 50 messages a second while others ask for feeds that are dear to make or to check, and what the
// server still does when those have left. Three processes: server, attackers, honest client.
//
//   node bench/dear.mjs                                       every condition, some two minutes
//   node bench/dear.mjs --before /path/of/another/state       the same of another build beside it, in one run
//   node bench/dear.mjs --only leave --seconds 5
//   node bench/dear.mjs --costs                               what messages cost, beside what costs.ts says
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { pinned } from './run.mjs';

/**
 * @typedef {object} Condition
 * @property {string} name
 * @property {string} title
 * @property {(url: string, until: AbortSignal) => Promise<void>} attack
 */

const here = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    before: { type: 'string' },
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '8' },
    costs: { type: 'boolean', default: false },
    role: { type: 'string', default: 'all' },
    url: { type: 'string', default: '' },
    build: { type: 'string', default: here },
  },
});
const seconds = Number(values.seconds);

// What was reported: 320 to 600 ms a message. And the dearest that is allowed now.
const reported = 'array?shape=240000&dtype=uint8&dist=binomial&n=1000000&rate=1000000';
const dearest = 'array?shape=42000&dtype=uint8&dist=binomial&n=1000000&rate=1000000';
/** Two hundred expressions, all of them different. @param {number} seed */
function template(seed) {
  const texts = Array.from({ length: 200 }, (_, leaf) => `{{number.int(${leaf + 1})}}`);
  return `template?rate=1000&seed=${seed}&record=${encodeURIComponent(JSON.stringify(texts))}`;
}

/** @type {Condition[]} */
const conditions = [
  { name: 'nobody', title: 'nobody else', attack: async () => undefined },
  {
    name: 'leave-reported',
    title: 'one plain request for the feed that was reported, closed after 50 ms',
    attack: (url) => lookAndLeave(url, reported, 'bytes=1000', 50),
  },
  {
    name: 'leave-dearest',
    title: 'one plain request for the dearest allowed, closed after 50 ms',
    attack: (url) => lookAndLeave(url, dearest, 'bytes=1000', 50),
  },
  {
    name: 'twenty',
    title: 'twenty such requests at once, closed at once, again and again',
    attack: async (url, until) => {
      for (let seed = 0; !until.aborted; ) {
        const some = Array.from({ length: 20 }, () => lookAndLeave(url, `${dearest}&seed=${seed++}`, 'bytes=1000', 20));
        await Promise.all(some);
      }
    },
  },
  {
    name: 'session-reported',
    title: '64 of the feed that was reported in one session, blocks of 1',
    attack: (url, until) => subscribe(url, until, 64, (seed) => `${reported}&seed=${seed}`),
  },
  {
    name: 'session-dearest',
    title: '64 of the dearest allowed in one session, blocks of 1',
    attack: (url, until) => subscribe(url, until, 64, (seed) => `${dearest}&seed=${seed}`),
  },
  {
    name: 'templates',
    title: '40 templates of 200 expressions, blocks of 1',
    attack: (url, until) => subscribe(url, until, 40, template),
  },
  {
    name: 'check-arrays',
    title: 'arrays of 240,000 values looked up 75 times a second, closed at once',
    attack: (url, until) => handshakes(url, until, (seed) => `array?shape=240000&dtype=uint8&seed=${seed}`),
  },
  {
    name: 'check-templates',
    title: 'templates of 200 expressions looked up 75 times a second, closed at once',
    attack: (url, until) => handshakes(url, until, template),
  },
];

if (values.costs) await compareCosts();
else if (values.role === 'server') await serve();
else if (values.role === 'attacker') beAttacker();
else if (values.role === 'honest') await beHonest();
else await runAll();

async function runAll() {
  console.log(
    '| who else is there | build | p50 ms | p99 ms | max ms | GET /feeds max ms | server CPU % | MiB | CPU % 3 s after they left |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const condition of conditions) {
    if (!condition.name.startsWith(values.only)) continue;
    for (const [word, build] of Object.entries({ before: values.before, now: values.build }))
      if (build !== undefined)
        console.log(`| ${[condition.title, word, ...(await runOne(condition, build))].join(' | ')} |`);
  }
}

/** @param {Condition} condition @param {string} build */
async function runOne({ name }, build) {
  const server = start(0, ['--role', 'server', '--build', build]);
  try {
    const { url } = await told(server);
    const honest = start(1, ['--role', 'honest', '--build', build, '--url', url]);
    await told(honest);
    const attacker = start(1, ['--role', 'attacker', '--build', build, '--url', url, '--only', name]);
    await told(attacker);
    await pause(500);
    for (const child of [server, honest, attacker]) child.send('begin');
    await pause(seconds * 1_000);
    const { latencies, answers } = await asked(honest);
    const { cpu, rss } = await asked(server);
    await end(attacker);
    await pause(3_000);
    server.send('begin');
    await pause(2_000);
    const after = await asked(server);
    await end(honest);
    return [
      quantile(latencies, 0.5),
      quantile(latencies, 0.99),
      quantile(latencies, 1),
      quantile(answers, 1),
      (cpu * 100).toFixed(0),
      rss.toFixed(0),
      (after.cpu * 100).toFixed(0),
    ];
  } finally {
    await end(server);
  }
}

async function serve() {
  const { createServer } = await import(`${values.build}/dist/server/index.js`);
  const { generatedFeeds } = await import(`${values.build}/dist/generate/index.js`);
  const server = createServer({ maker: generatedFeeds, feeds: { honest: 'counter?rate=50&origin=2026-01-01' } });
  const { url } = await server.listen();
  let began = performance.now();
  let before = process.cpuUsage();
  let rss = 0;
  setInterval(() => {
    rss = Math.max(rss, process.memoryUsage.rss() / 1_048_576);
  }, 50);
  obey({
    begin() {
      began = performance.now();
      before = process.cpuUsage();
    },
    report() {
      const { user, system } = process.cpuUsage(before);
      return { cpu: (user + system) / 1_000 / (performance.now() - began), rss };
    },
  });
  process.send?.({ url });
}

async function beHonest() {
  const { connect } = await import(`${values.build}/dist/index.js`);
  const client = await connect(values.url);
  /** @type {number[]} */
  let latencies = [];
  /** @type {number[]} */
  let answers = [];
  const read = async () => {
    for await (const block of client.subscribe('honest', { size: 1 })) {
      for (const { time } of block.messages) latencies.push(nowMs() - time / 1_000);
      await block.ack();
    }
  };
  const asking = setInterval(() => {
    const began = performance.now();
    get(`${values.url.replace('ws', 'http')}/feeds`).then(
      () => answers.push(performance.now() - began),
      (/** @type {unknown} */ cause) => console.error('GET /feeds', cause),
    );
  }, 250);
  obey({
    begin() {
      latencies = [];
      answers = [];
    },
    report() {
      clearInterval(asking);
      return { latencies, answers };
    },
  });
  process.send?.({});
  await read();
}

function beAttacker() {
  const until = new AbortController();
  const condition = conditions.find(({ name }) => name === values.only);
  obey({
    begin() {
      condition?.attack(values.url, until.signal).catch((cause) => console.error(values.only, cause));
    },
    report: () => ({}),
  });
  process.send?.({});
}

/** Asks for a feed as a plain client, and leaves. @param {string} url @param {string} feed @param {string} query @param {number} afterMs */
async function lookAndLeave(url, feed, query, afterMs) {
  const socket = new WebSocket(`${url}/feeds/${encodeURIComponent(feed)}?${query}`);
  // It is refused, or ended in the middle: that is what it is here for.
  socket.on('error', () => undefined);
  await pause(afterMs);
  socket.terminate();
  if (socket.readyState !== WebSocket.CLOSED) await new Promise((resolve) => socket.once('close', resolve));
}

/** @param {string} url @param {AbortSignal} until @param {number} count @param {(seed: number) => string} feedOf */
async function subscribe(url, until, count, feedOf) {
  const { connect } = await import(`${values.build}/dist/index.js`);
  const client = await connect(url);
  const read = async (/** @type {number} */ seed) => {
    for await (const block of client.subscribe(feedOf(seed), { size: 1, from: 0 })) {
      await block.ack();
      if (until.aborted) return;
    }
  };
  await Promise.allSettled(Array.from({ length: count }, (_, seed) => read(seed)));
}

/** @param {string} url @param {AbortSignal} until @param {(seed: number) => string} feedOf */
async function handshakes(url, until, feedOf) {
  for (let seed = 0; !until.aborted; seed++) {
    void lookAndLeave(url, feedOf(seed), 'size=1', 20);
    await pause(1_000 / 75);
  }
}

async function compareCosts() {
  const { parseSpecification } = await import(`${values.build}/dist/generate/specification.js`);
  const texts = [
    ...['counter', 'counter?pad=900000', 'tick', 'reading', 'access', 'user', 'template', 'array'],
    ...['uniform', 'normal', 'lognormal', 'exponential', 'gamma', 'bernoulli', 'geometric'].map(
      (dist) => `array?shape=10000&dtype=uint8&dist=${dist}`,
    ),
    ...[4, 16, 17, 1_000, 1_000_000].map((mean) => `array?shape=10000&dtype=uint8&dist=poisson&lambda=${mean}`),
    ...[8, 32, 34, 1_000, 1_000_000].map((tries) => `array?shape=10000&dtype=uint8&dist=binomial&n=${tries}`),
    ...[0, 6, 9].map((digits) => `array?shape=10000&digits=${digits}&high=1000000`),
    'array?shape=10000&dtype=float32&dist=normal',
    'array?shape=10000x1x1x1&dtype=uint8',
    template(0),
    `template?record="${'{{string.nanoid(1000)}}'}"`,
    `template?record="${'{{lorem.paragraphs(100)}}'}"`,
    `template?record=["{{internet.userAgent}}","{{system.fileName}}","{{commerce.productDescription}}","{{lorem.word({\\"length\\":5,\\"strategy\\":\\"closest\\"})}}"]`,
  ];
  console.log('| specification | checked in µs | a message costs, µs | stated |\n| --- | --- | --- | --- |');
  for (const text of texts) {
    const checked = fastest(() => parseSpecification(text));
    const { generator, messageMicros } = parseSpecification(text);
    let offset = 0;
    const made = fastest(() => Buffer.from(generator.data(offset++, 1_767_225_600_000_000)));
    console.log(
      `| ${text.slice(0, 70).replaceAll('|', '')} | ${checked.toFixed(0)} | ${made.toFixed(1)} | ${messageMicros} |`,
    );
  }
}

/** The mean of the fastest of five runs, in µs of processor time. @param {() => void} act */
function fastest(act) {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 5; run++) {
    const before = process.cpuUsage();
    const began = performance.now();
    let count = 0;
    do {
      act();
      count++;
    } while (performance.now() - began < 40);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / count);
  }
  return best;
}

/** @param {number} core @param {string[]} args */
function start(core, args) {
  const command = [process.execPath, fileURLToPath(import.meta.url), ...args, '--seconds', values.seconds];
  const [program = '', ...rest] = pinned ? ['taskset', '-c', String(core), ...command] : command;
  return spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

/** @param {{ begin: () => void, report: () => object }} does */
function obey({ begin, report }) {
  process.on('message', (word) => {
    if (word === 'begin') begin();
    if (word === 'report') process.send?.(report());
  });
  process.on('disconnect', () => process.exit(0));
}

/** @param {import('node:child_process').ChildProcess} child */
async function told(child) {
  const [message] = await once(child, 'message');
  return message;
}

/** @param {import('node:child_process').ChildProcess} child */
async function asked(child) {
  child.send('report');
  return await told(child);
}

/** @param {import('node:child_process').ChildProcess} child */
async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** @param {string} url @returns {Promise<void>} */
function get(url) {
  return new Promise((resolve, reject) => {
    request(url, (response) => response.resume().once('end', resolve))
      .once('error', reject)
      .end();
  });
}

/** @param {number[]} times @param {number} part */
function quantile(times, part) {
  const sorted = times.toSorted((left, right) => left - right);
  const at = Math.min(sorted.length - 1, Math.floor(part * sorted.length));
  return at < 0 ? 'none' : (sorted[at] ?? 0).toFixed(1);
}

function nowMs() {
  return performance.timeOrigin + performance.now();
}

/** @param {number} ms @returns {Promise<void>} */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
