// Where a command writes: results to stdout, everything said about them to stderr. Colours only on a terminal, and never
// where NO_COLOR is set (no-color.org).
import type { Writable } from 'node:stream';
import { cliLimits } from './limits.ts';
import { Talk } from './talk.ts';
import { forgetClosedTerminals, openOutputs } from './terminal.ts';

/** How a command ends. */
export const exitCodes = { done: 0, failed: 1, usage: 2, hungUp: 129, interrupted: 130, terminated: 143 } as const;

const outputs = openOutputs();

/** What a command says about its work. */
export const talk: Talk = new Talk(outputs.stderr);

/** Where results go. A callback says when a text was taken: whoever has more than fits into memory waits for it. */
export const stdout: Writable = outputs.stdout;

/** A line of talk. */
export function say(line: string): void {
  talk.write(`${line}\n`);
}

/** A line of result. */
export function print(line: string): void {
  stdout.write(`${line}\n`);
}

/** Whether the stream is a terminal that shows colours. */
export function hasColours(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && (process.env.NO_COLOR ?? '') === '' && process.env.TERM !== 'dumb';
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

const escapes: Readonly<Record<Style, string>> = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33' };

/** The text in that style, if the stream shows styles. */
export function styled(stream: NodeJS.WriteStream, style: Style, text: string): string {
  return hasColours(stream) ? `\u001b[${escapes[style]}m${text}\u001b[0m` : text;
}

/**
 * Ends the process when stdout can take no more. When the reader has gone (`| head`), which says that it has enough, that is
 * quiet, and no failure in itself; when the disk is full, a line says so.
 */
export function watchOutput(): void {
  process.on('exit', forgetClosedTerminals);
  stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') process.exit(process.exitCode ?? exitCodes.done);
    say(`error: cannot write to stdout: ${message}. What came after the last line that is there is lost.`);
    process.exit(exitCodes.failed);
  });
}

/** Waits until all results are taken, however long that is, and a moment for the talk. Then the process may end. */
export async function finishOutput(): Promise<void> {
  if (stdout.writableLength > 0) await new Promise((resolve) => stdout.write('', resolve));
  // Otherwise talk that nobody reads would keep the process alive.
  if (!(await talk.written(cliLimits.talkEndMs.default))) process.exit();
}
