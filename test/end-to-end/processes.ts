// The built command line as processes: what tests start, hear, stop and kill. Nothing that was started here outlives its test.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const terminal = fileURLToPath(new URL('../support/terminal.py', import.meta.url));

/** How a process ended: its exit code, or the signal that killed it. */
export type Ending = number | NodeJS.Signals;

/** The lines of a stream, all of them, and a way to wait for one. */
export class Lines {
  readonly all: string[] = [];
  #isOver = false;
  #wakers: (() => void)[] = [];

  constructor(stream: Readable) {
    const lines = createInterface(stream);
    lines.on('line', (line) => {
      this.all.push(line);
      this.#wake();
    });
    lines.on('close', () => {
      this.#isOver = true;
      this.#wake();
    });
  }

  /** The first line that is as wanted, of those from number `since` on, there already or to come. */
  async find(wanted: (line: string) => boolean, since = 0): Promise<string> {
    for (let at = since; ; at++) {
      while (at >= this.all.length) {
        if (this.#isOver) throw new Error(`no line came as wanted: ${wanted}; the last were\n${this.tail}`);
        await new Promise<void>((wake) => this.#wakers.push(wake));
      }
      const line = this.all[at] as string;
      if (wanted(line)) return line;
    }
  }

  async including(text: string, since = 0): Promise<string> {
    return await this.find((line) => line.includes(text), since);
  }

  get tail(): string {
    return this.all.slice(-20).join('\n');
  }

  #wake(): void {
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }
}

/** One process of the command line. */
export class Running {
  readonly stdout: Lines;
  readonly stderr: Lines;
  /** Resolves when it is gone and everything it wrote is here. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;

  constructor(args: readonly string[]) {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.stdout = new Lines(child.stdout);
    this.stderr = new Lines(child.stderr);
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(code ?? signal ?? 1));
    });
    onTestFinished(async () => {
      this.signal('SIGKILL');
      await this.ended;
    });
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('the process did not start');
    return pid;
  }

  /** Sends the signal by its pid, unless it is gone. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it with the signal; resolves with how it ended. */
  async end(signal: NodeJS.Signals): Promise<Ending> {
    this.signal(signal);
    return await this.ended;
  }

  /** Sends the signal again and again, as somebody who loses patience, until it ends. A few at once are one to it. */
  async insist(signal: NodeJS.Signals): Promise<Ending> {
    const again = setInterval(() => this.signal(signal), 100);
    try {
      return await this.ended;
    } finally {
      clearInterval(again);
    }
  }
}

/** A process of the command line with a terminal or a pipe as its outputs `fds`, which nobody reads until `read` is called. */
export class Unread {
  readonly stdout: Lines;
  /** What comes out of it, once it is read. */
  readonly shown: Lines;
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  readonly #pid: Promise<number>;

  constructor(kind: 'tty' | 'own-tty' | 'full-tty' | 'full-pipe', fds: '2' | '1,2', args: readonly string[]) {
    const child = spawn('/usr/bin/python3', [terminal, kind, fds, process.execPath, program, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.stdout = new Lines(child.stdout);
    this.shown = new Lines(child.stderr);
    this.#pid = this.shown.find(() => true).then(Number);
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? signal ?? 1));
    });
    onTestFinished(async () => {
      if (child.exitCode === null) await this.signal('SIGKILL');
      await this.ended;
    });
  }

  /** From now on it is read. */
  read(): void {
    this.#child.stdin?.end();
  }

  /** Closes the window of a terminal of its own. */
  closeWindow(): void {
    this.#child.stdin?.end();
  }

  /** Resolves when the process has written nothing for a while: no more is taken. */
  async isFull(): Promise<void> {
    const path = `/proc/${await this.#pid}/io`;
    const written = async (): Promise<string | undefined> => /^wchar: \d+$/m.exec(await readFile(path, 'utf8'))?.[0];
    for (let before = ''; ; ) {
      const now = (await written()) ?? '';
      if (now === before) return;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }

  async signal(signal: NodeJS.Signals): Promise<void> {
    process.kill(await this.#pid, signal);
  }
}

/** A line of the server's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

/** `blockfeed serve`, listening. */
export class Serving extends Running {
  url = '';

  /** Starts it with one named feed for each of `feeds`, and no others but those made on request. */
  static async start(
    feeds: Readonly<Record<string, string>>,
    { port = 0, flags = [] }: { readonly port?: number; readonly flags?: readonly string[] } = {},
  ): Promise<Serving> {
    const named = Object.entries(feeds).flatMap(([name, specification]) => ['--feed', `${name}=${specification}`]);
    const serving = new Serving(['serve', '--port', String(port), '--no-kinds', ...named, ...flags]);
    try {
      serving.url = (await serving.stdout.including('listening ')).slice('listening '.length);
    } catch (cause) {
      throw new Error(`the server did not start:\n${serving.stderr.tail}`, { cause });
    }
    return serving;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** What it has logged so far. */
  get log(): LogLine[] {
    return this.stderr.all.map((line) => JSON.parse(line) as LogLine);
  }

  /** The first line of its log that is as wanted, there already or to come. */
  async logged(wanted: (line: LogLine) => boolean): Promise<LogLine> {
    return JSON.parse(await this.stderr.find((line) => wanted(JSON.parse(line) as LogLine))) as LogLine;
  }
}

/** `blockfeed collect`. */
export function collecting(url: string, ...args: readonly string[]): Running {
  return new Running(['collect', url, ...args]);
}

/** A block as `collect --json` tells it. */
export interface ToldBlock {
  readonly feed: string;
  readonly from: number;
  readonly to: number;
  readonly cut: string;
}

export function blocksTold(running: Running): ToldBlock[] {
  return running.stdout.all.map((line) => JSON.parse(line) as ToldBlock);
}

/** An empty folder that is removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'blockfeed-end-to-end-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/**
 * A free port that the system gives to nobody by itself: a server that is restarted on one it hands out may find it taken
 * by a client's end of some connection, once in some ten thousand times.
 */
export async function portToKeep(): Promise<number> {
  for (;;) {
    const port = 10_240 + Math.floor(Math.random() * (32_768 - 10_240));
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** The canonical text of a moment so many seconds ago: an origin for feeds that are to be read from their beginning. */
export function secondsAgo(seconds: number): string {
  return `${new Date(Date.now() - seconds * 1_000).toISOString().slice(0, 19)}Z`;
}

/** Waits until it is so: for what shows in files only. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Numbers from 0 to 1, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
