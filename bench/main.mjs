// npm run bench: what a server delivers to 1, 100 and 1,000 clients, beside ws and Socket.IO. See README.md here.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { eventLoop, fanOut, farAway, oneConsumer, oneConsumerMessages, oneProgram, programClients } from './cases.mjs';
import { eventLoopTable, fanOutTable, farAwayTable, median, oneConsumerTable, programTable } from './report.mjs';
import { pinned, run } from './run.mjs';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    clients: { type: 'string', default: '1,100,1000' },
    rounds: { type: 'string' },
    part: { type: 'string', default: 'fan-out,one-consumer,program,far-away,event-loop' },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
const how = values.quick ? { warmMs: 500, forMs: 1_000 } : { warmMs: 1_000, forMs: 3_000 };
const clientCounts = values.clients.split(',').map(Number);
const parts = values.part.split(',');

const peers = fileURLToPath(new URL('./peers/', import.meta.url));
if (!existsSync(`${peers}node_modules/socket.io`))
  execFileSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: peers, stdio: ['ignore', 2, 2] });

/** @param {import('./cases.mjs').Case} testCase */
const asked = ({ name }) => name.startsWith(values.only);

/**
 * Every case once a round, one after another, so that whatever drifts in the machine hits all alike.
 * @template {import('./cases.mjs').Case & { clients: number }} Run
 * @param {Run[]} runs
 * @param {Parameters<typeof run>[2]} measure
 */
async function interleaved(runs, measure) {
  const results = runs.map((testCase) => ({ ...testCase, rounds: /** @type {import('./run.mjs').Result[]} */ ([]) }));
  for (let round = 0; round < rounds; round++)
    for (const testCase of results) {
      const result = await run(testCase, testCase.clients, measure);
      testCase.rounds.push(result);
      const rate = (result.messages / result.seconds / 1e6).toFixed(3);
      console.error(
        `round ${round + 1}/${rounds}  N=${testCase.clients}  ${testCase.name}: ${rate} M/s, ` +
          `server ${busy(result.cpuSeconds, result)}, readers ${busy(result.readerCpuSeconds, result)}`,
      );
    }
  return results.map(({ rounds: all, ...testCase }) => ({ ...testCase, ...middle(all) }));
}

/** Where the readers are the busier ones, the server could do more. @param {number} cpuSeconds @param {{ seconds: number }} result */
function busy(cpuSeconds, { seconds }) {
  return `${Math.round((cpuSeconds / seconds) * 100)} %`;
}

/** @param {import('./run.mjs').Result[]} results */
function middle(results) {
  /** @param {(result: import('./run.mjs').Result) => number} of */
  const of = (of) => median(results.map(of));
  return {
    messagesPerSecond: of(({ messages, seconds }) => messages / seconds),
    serverCpuSecondsPerMillion: of(({ messages, cpuSeconds }) => (cpuSeconds / messages) * 1e6),
    readerCpuSecondsPerMillion: of(({ messages, readerCpuSeconds }) => (readerCpuSeconds / messages) * 1e6),
    loopDelayP99Ms: of(({ loopDelayMs }) => loopDelayMs.p99),
    loopDelayMaxMs: of(({ loopDelayMs }) => loopDelayMs.max),
    iterationP99Ms: of(({ iterationMs }) => iterationMs?.p99 ?? Number.NaN),
    iterationMaxMs: of(({ iterationMs }) => iterationMs?.max ?? Number.NaN),
    serverRssMiB: of(({ rssMiB }) => rssMiB),
  };
}

const report = {
  machine: { cores: availableParallelism(), cpu: cpus()[0]?.model, pinned },
  node: process.version,
  command: ['npm run bench --', ...process.argv.slice(2)].join(' '),
  rounds,
  fanOut: parts.includes('fan-out')
    ? await interleaved(
        fanOut.filter(asked).flatMap((testCase) => clientCounts.map((clients) => ({ ...testCase, clients }))),
        how,
      )
    : [],
  oneConsumer: parts.includes('one-consumer')
    ? await interleaved(
        oneConsumer.filter(asked).map((testCase) => ({ ...testCase, clients: 1 })),
        { stopAt: oneConsumerMessages },
      )
    : [],
  program: parts.includes('program')
    ? await interleaved(
        oneProgram.filter(asked).flatMap((testCase) => programClients.map((clients) => ({ ...testCase, clients }))),
        how,
      )
    : [],
  farAway: parts.includes('far-away')
    ? await interleaved(
        farAway.filter(asked).map((testCase) => ({ ...testCase, clients: 1 })),
        how,
      )
    : [],
  eventLoop: parts.includes('event-loop') ? await interleaved(eventLoop.filter(asked), how) : [],
};

if (values.json) console.log(JSON.stringify(report, undefined, 2));
else {
  const { machine } = report;
  console.log(
    `\n${report.command}\nNode ${report.node}, ${machine.cores} cores (${machine.cpu}), ` +
      `${pinned ? 'server and readers on one core each' : 'not pinned'}, median of ${rounds}\n`,
  );
  for (const table of [
    fanOutTable(report.fanOut, clientCounts),
    oneConsumerTable(report.oneConsumer),
    programTable(report.program),
    farAwayTable(report.farAway),
    eventLoopTable(report.eventLoop),
  ])
    if (table !== '') console.log(`${table}\n`);
}
