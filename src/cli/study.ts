// blockfeed study: measures a server, or reads what collectors stored, and reports.
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { errorName, storing } from '../blocks/files.ts';
import { withoutCredentialsOfOne } from '../protocol/address.ts';
import { formatMinutes } from '../protocol/units.ts';
import type { EarlierStudy } from '../study/earlier.ts';
import type { StudiedServer } from '../study/experiment/server.ts';
import { writeFiles } from '../study/files.ts';
import { ranges } from '../study/ranges.ts';
import { reportTable, writeReport } from '../study/report/report.ts';
import type { StudyResult } from '../study/result.ts';
import { runStudy, studyMicros } from '../study/study.ts';
import { byteSize, duration, list, nonEmptyText, oneOf, UsageError, wholeNumber } from './flags.ts';
import { print, say } from './output.ts';
import { onStopSignal } from './signals.ts';
import { studyCollection } from './studyCollection.ts';
import { latencyGoal, messageRate, studied } from './studyFlags.ts';
import { ProgressLine } from './studyProgress.ts';
import { goalsStated, refuseOther, requestedStudy, type StudyFlags, type StudyRequest } from './studyRequest.ts';
import { startMeasuredServer } from './studyServer.ts';

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
      new Option('--size <list>', 'messages a block').argParser(list('--size', wholeNumber('--size', ranges.size))),
    )
    .addOption(
      new Option('--clients <list>', 'how many clients').argParser(
        list('--clients', wholeNumber('--clients', ranges.clients)),
      ),
    )
    .addOption(
      new Option('--delivery <list>', 'how the server sends: block, message (default: both)').argParser(
        list('--delivery', oneOf('--delivery', ['block', 'message'])),
      ),
    )
    .addOption(
      new Option('--rate <list>', 'messages a second, or max: as many as can be taken (default: 10000,max)').argParser(
        list('--rate', messageRate('--rate')),
      ),
    )
    .addOption(
      new Option('--message-bytes <list>', 'bytes of a message, about (default: 128)').argParser(
        list('--message-bytes', byteSize('--message-bytes', ranges.messageBytes)),
      ),
    )
    .addOption(
      new Option('--window <blocks>', 'blocks of a client under way at once, of 4 MiB at most (default: 64)').argParser(
        wholeNumber('--window', ranges.window),
      ),
    )
    .addOption(
      new Option('--rounds <number>', 'how often each point is run').argParser(wholeNumber('--rounds', ranges.rounds)),
    )
    .addOption(
      new Option(
        '--repeats <number>',
        'how often a run is made again that other work disturbed (thorough: 2)',
      ).argParser(wholeNumber('--repeats', ranges.repeats)),
    )
    .addOption(
      new Option('--measure <duration>', 'how long each run is measured').argParser(
        duration('--measure', ranges.measureMs),
      ),
    )
    .addOption(
      new Option('--warm-up <duration>', 'how long each run goes before').argParser(
        duration('--warm-up', ranges.warmUpMs),
      ),
    )
    .addOption(
      new Option('--workers <number>', 'processes that the clients run in').argParser(
        wholeNumber('--workers', ranges.workers),
      ),
    )
    .addOption(
      new Option('--seed <number>', 'what the order of the runs follows from (default: 1)').argParser(
        wholeNumber('--seed', ranges.seed),
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
        oneOf('--throughput', ['max']),
      ),
    )
    .addOption(new Option('--cpu', 'advise the size that costs the least processor time'))
    .addOption(
      new Option('--out <folder>', 'write result.json, CSV and report.html there').argParser(
        nonEmptyText('--out', 4_096),
      ),
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

Ctrl-C ends it and reports what there is; with --out FOLDER, --resume --out FOLDER goes on.`,
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
  const requested = requestedStudy(flags);
  if (earlier !== undefined) refuseOther(earlier, requested, flags, urls[0]);
  const { setup, seed, goals } = earlier === undefined ? requested : { ...earlier, ...goalsStated(flags) };
  const own = urls[0] === undefined ? await startMeasuredServer() : undefined;
  try {
    await measured({ setup, seed, goals, earlier, server: own ?? { url: urls[0] as string } }, flags);
  } finally {
    own?.end();
  }
}

async function measured(
  study: StudyRequest & { readonly earlier: EarlierStudy | undefined; readonly server: StudiedServer },
  flags: StudyFlags,
): Promise<void> {
  const { out } = flags;
  const { setup, seed } = study;
  if (out !== undefined) await writeFiles(out, {});
  const abort = new AbortController();
  const progress = new ProgressLine();
  const stopListening = onStopSignal((signal) => {
    progress.clear();
    say(`${signal}: reporting what there is; once more does not wait`);
    abort.abort();
  });
  say(`${setup.rounds} rounds, ${formatMinutes(studyMicros(setup, seed))} in all; Ctrl-C reports what there is`);
  try {
    const result = await runStudy({
      ...study,
      command: study.earlier?.command ?? commandLine(),
      signal: abort.signal,
      onProgress: (state) => progress.show(state),
      save: saveNowAndThen(out),
    });
    progress.clear();
    await report(result, flags);
  } finally {
    progress.clear();
    stopListening();
  }
}

async function report(result: StudyResult, { json, out }: StudyFlags): Promise<void> {
  if (json === true) print(JSON.stringify(result));
  else print(reportTable(result));
  if (out === undefined) return;
  for (const path of await writeReport(result, out)) say(`wrote ${path}`);
}

function commandLine(): string {
  const words = process.argv.slice(2).map((word) => {
    const shown = word.includes('://') ? withoutCredentialsOfOne(word) : word;
    return /^[\w./:=,@-]+$/.test(shown) ? shown : `'${shown}'`;
  });
  return ['blockfeed', ...words].join(' ');
}

/** A result grows to megabytes, and there may be many runs a second: it is not saved after each. */
const saveEveryMs = 2_000;

/** Writes beside the file and renames, so that the file is whole at any moment. */
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

async function readEarlier(out: string): Promise<EarlierStudy> {
  const path = join(out, 'result.json');
  const text = await storing('read', path, () => readFile(path, 'utf8').catch(unlessMissing));
  if (text === undefined) throw new UsageError(`there is no study in ${out} that could go on: leave out --resume`);
  // Loaded here only: nothing else needs the library that it parses with.
  const { parseEarlier } = await import('../study/earlier.ts');
  return parseEarlier(text, path);
}

function unlessMissing(error: unknown): undefined {
  if (errorName(error) !== 'ENOENT') throw error;
}
