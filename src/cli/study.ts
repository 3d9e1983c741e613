// blockfeed study: measures, or looks at what was collected, and reports.
import { readFile, rename } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { storing } from '../blocks/files.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import type { Delivery } from '../protocol/messages.ts';
import type { StudiedServer } from '../study/experiment/server.ts';
import { writeFiles } from '../study/files.ts';
import { reportTable, writeReport } from '../study/report/report.ts';
import type { Goal, Setup, StudyResult } from '../study/result.ts';
import { runStudy, studyMicros } from '../study/study.ts';
import { byteSize, choice, duration, list, rangeOf, text, UsageError, wholeNumber } from './flags.ts';
import { print, say } from './output.ts';
import { onStopSignal } from './signals.ts';
import { studyCollection } from './studyCollection.ts';
import { latencyGoal, messageRate, studied } from './studyFlags.ts';
import { describeLeft, ProgressLine } from './studyProgress.ts';
import { startMeasuredServer } from './studyServer.ts';

interface GridFlags {
  readonly size?: readonly number[];
  readonly clients?: readonly number[];
  readonly delivery?: readonly Delivery[];
  readonly rate?: readonly (number | 'max')[];
  readonly messageBytes?: readonly number[];
  readonly window?: number;
  readonly rounds?: number;
  readonly repeats?: number;
  readonly measure?: number;
  readonly warmUp?: number;
  readonly workers?: number;
  readonly seed?: number;
  readonly thorough?: boolean;
}

interface StudyFlags extends GridFlags {
  readonly latency?: Goal;
  readonly throughput?: 'max';
  readonly cpu?: boolean;
  readonly out?: string;
  readonly resume?: boolean;
  readonly json?: boolean;
}

/** About a minute. */
const quick = {
  sizes: [1, 4, 16, 64, 256, 1_024],
  clients: [1, 10],
  rounds: 3,
  repeats: 0,
  measureMs: 250,
  warmUpMs: 100,
} as const;
/** Up to an hour: nominally 15 minutes, and runs that were disturbed are made again. */
const thorough = {
  sizes: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000],
  clients: [1, 10, 100],
  rounds: 5,
  repeats: 2,
  measureMs: 600,
  warmUpMs: 200,
} as const;
/** Where nothing is stated. */
const usualRates = [10_000, 'max'] as const;
const usualBytes = 128;
const usualSeed = 1;
/** More processes do not give a server more to do, they take its processor. */
const mostWorkers = 4;

export function addStudy(program: Command): void {
  program
    .command('study')
    .summary('measure what block size to use, or chart what was collected')
    .description(
      'Measures what block size and number of clients do to the time, fits the cost of a block, and says which size to use: with a server ' +
        'that it starts itself, or the one at a URL. Given folders of collectors instead, it makes the same charts of what they took. ' +
        'A list is written with commas: --size 1,10,100.',
    )
    .argument('[what...]', 'nothing, the URL of a server (ws://…), or folders that collectors wrote', studied)
    .addOption(
      new Option('--size <list>', 'messages a block').argParser(
        list('--size', wholeNumber('--size', rangeOf(limits.size))),
      ),
    )
    .addOption(
      new Option('--clients <list>', 'how many clients').argParser(
        list('--clients', wholeNumber('--clients', { min: 1, max: 10_000 })),
      ),
    )
    .addOption(
      new Option('--delivery <list>', 'how the server sends: block, message (default: both)').argParser(
        list('--delivery', choice('--delivery', ['block', 'message'])),
      ),
    )
    .addOption(
      new Option('--rate <list>', 'messages a second, or max: as many as can be taken (default: 10000,max)').argParser(
        list('--rate', messageRate('--rate')),
      ),
    )
    .addOption(
      new Option('--message-bytes <list>', 'bytes of a message, about (default: 128)').argParser(
        list('--message-bytes', byteSize('--message-bytes', { min: 64, max: 900_000 })),
      ),
    )
    .addOption(
      new Option('--window <blocks>', 'blocks of a client under way at once (default: 8)').argParser(
        wholeNumber('--window', rangeOf(limits.window)),
      ),
    )
    .addOption(
      new Option('--rounds <number>', 'how often each point is run').argParser(
        wholeNumber('--rounds', { min: 1, max: 1_000 }),
      ),
    )
    .addOption(
      new Option(
        '--repeats <number>',
        'how often a run is made again that other work disturbed (thorough: 2)',
      ).argParser(wholeNumber('--repeats', { min: 0, max: 100 })),
    )
    .addOption(
      new Option('--measure <duration>', 'how long each run is measured').argParser(
        duration('--measure', { min: 50, max: 600_000 }),
      ),
    )
    .addOption(
      new Option('--warm-up <duration>', 'how long each run goes before').argParser(
        duration('--warm-up', { min: 0, max: 600_000 }),
      ),
    )
    .addOption(
      new Option('--workers <number>', 'processes that the clients run in').argParser(
        wholeNumber('--workers', { min: 1, max: 256 }),
      ),
    )
    .addOption(
      new Option('--seed <number>', 'what the order of the runs follows from (default: 1)').argParser(
        wholeNumber('--seed', { min: 0, max: 2_147_483_647 }),
      ),
    )
    .addOption(new Option('--thorough', 'more sizes, more clients, more rounds: up to an hour'))
    .addOption(
      new Option('--latency <quantile=duration>', 'advise the largest size within this, like p99=50ms').argParser(
        latencyGoal('--latency'),
      ),
    )
    .addOption(
      new Option('--throughput <max>', 'advise the size with the most messages a second').argParser(
        choice('--throughput', ['max']),
      ),
    )
    .addOption(new Option('--cpu', 'advise the size that costs the least processor time'))
    .addOption(
      new Option('--out <folder>', 'write result.json, CSV and report.html there').argParser(text('--out', 4_096)),
    )
    .addOption(new Option('--resume', 'go on with the study in --out that was interrupted'))
    .addOption(new Option('--json', 'print the whole result as JSON'))
    .addHelpText(
      'after',
      `
Examples:
  blockfeed study
  blockfeed study --thorough --out study
  blockfeed study --size 1,10,100,1000 --clients 20 --rate 5000 --latency p99=50ms
  blockfeed study ws://127.0.0.1:8080 --json > result.json
  blockfeed study blocks --out charts

Ctrl-C ends it and reports what there is; with --out, --resume goes on.`,
    )
    .action(run);
}

async function run(what: readonly string[], flags: StudyFlags): Promise<void> {
  const urls = what.filter((each) => each.includes('://'));
  if (urls.length > 1 || (urls.length === 1 && what.length > 1))
    throw new UsageError('study takes one URL, or folders, not both');
  if (flags.resume === true && flags.out === undefined) throw new UsageError('--resume is stated: state --out too');
  if (urls.length === 0 && what.length > 0) return await studyCollection(what, flags);
  const earlier = flags.resume === true && flags.out !== undefined ? await readEarlier(flags.out) : undefined;
  const own = urls[0] === undefined ? await startMeasuredServer() : undefined;
  try {
    await measured(own ?? { url: urls[0] as string }, flags, earlier);
  } finally {
    own?.end();
  }
}

async function measured(server: StudiedServer, flags: StudyFlags, earlier: StudyResult | undefined): Promise<void> {
  const { out } = flags;
  const setup = earlier?.setup ?? setupOf(flags);
  const seed = earlier?.seed ?? flags.seed ?? usualSeed;
  if (out !== undefined) await writeFiles(out, {});
  const abort = new AbortController();
  const progress = new ProgressLine();
  const stopListening = onStopSignal((signal) => {
    progress.clear();
    say(`${signal}: reporting what there is; once more does not wait`);
    abort.abort();
  });
  say(`${setup.rounds} rounds, ${describeLeft(studyMicros(setup, seed))} in all; Ctrl-C reports what there is`);
  try {
    const result = await runStudy({
      setup,
      seed,
      goals: earlier?.goals ?? goalsOf(flags),
      command: earlier?.command ?? commandLine(),
      server,
      earlier,
      signal: abort.signal,
      onProgress: (state) => progress.show(state),
      save: saveNowAndThen(out),
    });
    progress.clear();
    await tell(result, flags);
  } finally {
    progress.clear();
    stopListening();
  }
}

async function tell(result: StudyResult, { json, out }: StudyFlags): Promise<void> {
  if (json === true) print(JSON.stringify(result));
  else print(reportTable(result));
  if (out === undefined) return;
  for (const path of await writeReport(result, out)) say(`wrote ${path}`);
}

function setupOf(flags: GridFlags): Setup {
  const preset = flags.thorough === true ? thorough : quick;
  const clients = sorted(flags.clients ?? preset.clients);
  return {
    sizes: sorted(flags.size ?? preset.sizes),
    clients,
    deliveries: flags.delivery ?? ['block', 'message'],
    rates: flags.rate ?? usualRates,
    messageBytes: sorted(flags.messageBytes ?? [usualBytes]),
    window: flags.window ?? limits.window.default,
    rounds: flags.rounds ?? preset.rounds,
    repeats: flags.repeats ?? preset.repeats,
    warmUpMicros: (flags.warmUp ?? preset.warmUpMs) * 1_000,
    measureMicros: (flags.measure ?? preset.measureMs) * 1_000,
    workers: flags.workers ?? Math.max(1, Math.min(mostWorkers, availableParallelism() - 1)),
  };
}

function goalsOf({ latency, throughput, cpu }: StudyFlags): Goal[] {
  const stated: Goal[] = [
    ...(latency === undefined ? [] : [latency]),
    ...(throughput === undefined ? [] : [{ kind: 'throughput' } as const]),
    ...(cpu === true ? [{ kind: 'cpu' } as const] : []),
  ];
  return stated.length > 0 ? stated : [{ kind: 'throughput' }, { kind: 'cpu' }, { kind: 'rate' }];
}

function sorted(values: readonly number[]): number[] {
  return [...values].sort((left, right) => left - right);
}

function commandLine(): string {
  const words = process.argv.slice(2).map((word) => (/^[\w./:=,@-]+$/.test(word) ? word : `'${word}'`));
  return ['blockfeed', ...words].join(' ');
}

/** A result grows to megabytes: not after each of many runs a second. */
const saveEveryMs = 2_000;

/** Writes beside the file and renames, so that what is there is whole at any moment. */
function saveNowAndThen(out: string | undefined): (resultNow: () => StudyResult) => Promise<void> {
  let savedMs = performance.now();
  return async (resultNow) => {
    if (out === undefined || performance.now() - savedMs < saveEveryMs) return;
    const path = join(out, 'result.json');
    await writeFiles(out, { 'result.json.new': `${JSON.stringify(resultNow())}\n` });
    await storing('rename to', path, () => rename(`${path}.new`, path));
    savedMs = performance.now();
  };
}

async function readEarlier(out: string): Promise<StudyResult> {
  const path = join(out, 'result.json');
  const saved = parsed(await storing('read', path, () => readFile(path, 'utf8')));
  if (typeof saved === 'object' && saved !== null && 'version' in saved && saved.version === 1 && 'setup' in saved)
    return saved as StudyResult;
  throw new BlockfeedError('storage', `${path} is no result of a study`, {
    hint: 'Give the folder of a study that was interrupted.',
    about: path,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
