// blockfeed demo: one server and several collectors to watch. A key kills the server and starts it again.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import { assert } from '../base/assert.ts';
import { teeStore } from '../blocks/sinks/tee.ts';
import { type Collection, type CollectOptions, collect, consoleStore, folderStore } from '../collect/index.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import { formatSeconds } from '../protocol/units.ts';
import { duration, nonEmptyText } from './flags.ts';
import { exitCodes, say, stdout, styled } from './output.ts';
import { onStopSignal } from './signals.ts';
import { describeStatus } from './status.ts';

interface DemoFlags {
  readonly out: string;
  readonly restartAfter?: number;
  readonly for?: number;
}

/** The server's feeds, and how each is collected: several kinds, several policies, both deliveries. */
const shown: readonly {
  readonly feed: string;
  readonly specification: string;
  readonly how: Partial<CollectOptions>;
  readonly words: string;
}[] = [
  {
    feed: 'user',
    specification: 'user?rate=0.5',
    how: { size: 5, delivery: 'message' },
    words: 'a user every 2 s, blocks of 5, a message at a time',
  },
  {
    feed: 'array',
    specification: 'array?shape=3x4&dist=normal&rate=2',
    how: { waitMs: 3_000 },
    words: '3x4 normal arrays, blocks of 3 s of the clock',
  },
  { feed: 'tick', specification: 'tick?rate=10', how: { size: 50 }, words: 'prices at 10/s, blocks of 50' },
  {
    feed: 'reading',
    specification: 'reading?rate=4',
    how: { size: 100, waitMs: 5_000, delivery: 'message' },
    words: 'sensor readings, 100 or 5 s, a message at a time',
  },
  { feed: 'access', specification: 'access?rate=3', how: { bytes: 4_000 }, words: 'log lines, blocks of at most 4 kB' },
];

/** More lines a second are not shown: nobody reads them. */
const shownLinesPerSecond = 40;

export function addDemo(program: Command): void {
  program
    .command('demo')
    .summary('watch a server and several collectors at work')
    .description(
      'Starts a server on a free port and several collectors that store its feeds in a folder, and shows their blocks as they come.',
    )
    .addOption(
      new Option('--out <folder>', 'where the blocks go; what is there is gone on with')
        .argParser(nonEmptyText('--out', 4_096))
        .default('./blockfeed-demo'),
    )
    .addOption(
      new Option('--restart-after <duration>', 'kill the server after this time, and start it again').argParser(
        duration('--restart-after', { min: 1_000, max: 86_400_000 }),
      ),
    )
    .addOption(
      new Option('--for <duration>', 'end by itself after this time').argParser(
        duration('--for', { min: 1_000, max: 86_400_000 }),
      ),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  blockfeed demo\n  blockfeed demo --restart-after 20s --for 60s\n\nPress r to kill the server and start it again, Ctrl-C to end.',
    )
    .action(demo);
}

async function demo(flags: DemoFlags): Promise<void> {
  const server = new DemoServer();
  const url = await server.start();
  say(styled(process.stderr, 'bold', `A server at ${url}, and ${shown.length} collectors:`));
  for (const { feed, words } of shown) say(`  ${feed.padEnd(8)} ${words}`);
  say(`Watch one yourself: a WebSocket client to ${url}/feeds/user?size=5`);
  const canType = process.stdin.isTTY === true;
  say(styled(process.stderr, 'bold', `${canType ? 'r kills the server and starts it again, ' : ''}Ctrl-C ends it.`));

  const collections = shown.map((each) => collectShown(each, url, flags.out));
  const restart = (): void => void server.restart().catch((cause: unknown) => stop(cause));
  let failure: unknown;
  const stop = (cause?: unknown): void => {
    failure ??= cause;
    for (const collection of collections) collection.leave();
  };
  const stopListening = onStopSignal(() => {
    say('leaving: each collector takes what there is of its block');
    stop();
  });
  const stopTyping = canType
    ? listenToKeys({ r: restart, '\u0003': () => process.kill(process.pid, 'SIGINT') })
    : undefined;
  const timers = [
    ...(flags.restartAfter === undefined ? [] : [setTimeout(restart, flags.restartAfter)]),
    ...(flags.for === undefined ? [] : [setTimeout(stop, flags.for)]),
  ];
  try {
    const ends = await Promise.all(collections.map(({ done }) => done));
    for (const [index, end] of ends.entries()) say(`${(shown[index]?.feed ?? '').padEnd(8)} ${describeStatus(end)}`);
  } finally {
    for (const timer of timers) clearTimeout(timer);
    stop();
    await Promise.allSettled(collections.map(({ done }) => done));
    await server.stop();
    stopTyping?.();
    stopListening();
  }
  if (failure !== undefined) throw failure;
  say(`The blocks are in ${flags.out}. To verify them, every byte:`);
  say(`  npx blockfeed verify ${flags.out} --regenerate`);
  process.exitCode = exitCodes.done;
}

function collectShown({ feed, how }: (typeof shown)[0], url: string, out: string): Collection {
  return collect(url, {
    ...how,
    feeds: [feed],
    store: teeStore(folderStore(out), consoleStore(shortened)),
    // A later version may have other feeds. Then the demo begins anew beside what is stored.
    newEpoch: true,
    connect: {
      name: `demo ${feed}`,
      onState: (state) => {
        if (state.phase === 'waiting')
          say(
            styled(
              process.stderr,
              'yellow',
              `${feed}: not connected (${state.reason}), trying again in ${formatSeconds(state.waitMs * 1_000, 1)}`,
            ),
          );
      },
    },
    onFeed: (_feed, from, isResumed) => say(`${feed}: ${isResumed ? 'goes on' : 'begins'} at ${from}`),
  });
}

let secondBegan = 0;
let linesInSecond = 0;
let notShown = 0;

/** Stdout. Lines are shortened to the width of the terminal; blocks that come too fast to be read are counted instead. */
const shortened: Writable = new Writable({
  decodeStrings: false,
  write(chunk: string, _encoding, done) {
    const now = performance.now();
    if (now - secondBegan > 1_000) {
      if (notShown > 0) stdout.write(`… ${notShown} more lines\n`);
      secondBegan = now;
      linesInSecond = 0;
      notShown = 0;
    }
    const lines = chunk.split('\n').slice(0, -1);
    const width = process.stdout.columns ?? 160;
    const room = Math.min(8, Math.max(0, shownLinesPerSecond - linesInSecond));
    linesInSecond += Math.min(lines.length, room);
    notShown += Math.max(0, lines.length - room);
    const text = lines.slice(0, room).map((line, index) => {
      const fitting = line.length > width ? `${line.slice(0, width - 1)}…` : line;
      return `${index === 0 ? styled(process.stdout, 'green', fitting) : fitting}\n`;
    });
    stdout.write(text.join(''), done);
  },
});

/** The server in a process of its own, so that it can really be killed. */
class DemoServer {
  #child: ChildProcess | undefined;
  #port = 0;
  #isStopping = false;

  /** Resolves with its URL once it listens, on the same port every time. Rejects when the server ends before that. */
  async start(): Promise<string> {
    const feeds = shown.flatMap(({ feed, specification }) => ['--feed', `${feed}=${specification}`]);
    const main = fileURLToPath(new URL('./main.js', import.meta.url));
    // A process group of its own: Ctrl-C in the terminal is for the demo, which stops the server last.
    const child = spawn(process.execPath, [main, 'serve', '--port', String(this.#port), '--no-kinds', ...feeds], {
      // The server ends when this channel is lost, so also when the demo is killed.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    this.#child = child;
    assert(child.stdout !== null && child.stderr !== null, 'the server was started with pipes');
    const { stdout: lines } = child;
    createInterface(child.stderr).on('line', sayServerLine);
    const url = await new Promise<string>((resolve, reject) => {
      createInterface(lines).on('line', (line) => {
        if (line.startsWith('listening ')) resolve(line.slice('listening '.length));
      });
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        reject(
          new BlockfeedError('unreachable', `the server ended (${signal ?? code}) before it listened`, {
            hint: 'Its words above say why.',
          }),
        );
      });
    });
    this.#port = Number(new URL(url).port);
    return url;
  }

  async restart(): Promise<void> {
    const child = this.#child;
    if (child === undefined || this.#isStopping) return;
    say(styled(process.stderr, 'red', `killing the server (SIGKILL, pid ${child.pid})`));
    this.#child = undefined;
    await end(child, 'SIGKILL');
    if (this.#isStopping) return;
    await this.start();
    say(styled(process.stderr, 'green', 'the server is back'));
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#child !== undefined) await end(this.#child, 'SIGTERM');
  }
}

/** Resolves when the process is gone. */
async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  await gone;
}

/** The server logs JSON, since its stderr is no terminal. Only its sentences are shown. */
function sayServerLine(line: string): void {
  let sentence = line;
  try {
    sentence = (JSON.parse(line) as { msg?: string }).msg ?? line;
  } catch {
    // This is no line of the log, and is shown as it is.
  }
  say(styled(process.stderr, 'dim', `server: ${sentence}`));
}

/** Calls the function of each key that is pressed. Returns how to stop listening. */
function listenToKeys(keys: Readonly<Record<string, () => void>>): () => void {
  const { stdin } = process;
  const onData = (typed: Buffer): void => {
    for (const key of typed.toString()) keys[key]?.();
  };
  stdin.setRawMode(true);
  stdin.on('data', onData);
  return () => {
    stdin.off('data', onData);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
