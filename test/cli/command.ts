// The built command line, run to its end: what it wrote where, and its exit code.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `blockfeed ARGS…` with no terminal anywhere. */
export async function blockfeed(...args: readonly string[]): Promise<Ended> {
  return await ended(process.execPath, [program, ...args]);
}

/** A line of bash in which `blockfeed` is the command. */
export async function shell(line: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const command = `blockfeed() { '${process.execPath}' '${program}' "$@"; }; ${line}`;
  return await ended('/bin/bash', ['-c', command], env);
}

/** The same on a terminal, whose two outputs are one. */
export async function onTerminal(line: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const command = line.replace(/^blockfeed /, `'${process.execPath}' '${program}' `);
  return await ended('script', ['--quiet', '--return', '--command', command, '/dev/null'], env);
}

async function ended(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  // Vitest sets variables that colours hang on.
  const { NO_COLOR: _1, FORCE_COLOR: _2, ...inherited } = process.env;
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited, TERM: 'xterm', ...env },
    detached: true,
  });
  onTestFinished(() => {
    // With those it started, where the test ended before it did.
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
      process.kill(-child.pid, 'SIGKILL');
  });
  const outputs = Promise.all([text(child.stdout), text(child.stderr)]);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const [stdout, stderr] = await outputs;
  return { exitCode, stdout, stderr };
}
