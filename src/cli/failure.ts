// What a command says when it fails, and its exit code. It says one line: what happened and what to do. A wrong call ends with
// 2, everything else with 1.
import { type Command, CommanderError } from 'commander';
import { withoutCredentials } from '../protocol/address.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import { UsageError } from './flags.ts';
import { exitCodes } from './output.ts';

export interface Failure {
  /** Undefined when everything was printed already. */
  readonly line: string | undefined;
  readonly exitCode: number;
}

/**
 * What to say about something that was thrown. It is one line, but for a defect of ours, which has its stack. It holds no
 * password of an address, wherever the address comes from.
 */
export function failureOf(program: Command, cause: unknown): Failure {
  const { line, exitCode } = wholeFailure(program, cause);
  return { line: line === undefined ? undefined : withoutCredentials(line), exitCode };
}

function wholeFailure(program: Command, cause: unknown): Failure {
  if (cause instanceof CommanderError) return misuse(program, cause);
  if (cause instanceof UsageError) return { line: `${cause.message}.`, exitCode: exitCodes.usage };
  if (cause instanceof BlockfeedError)
    return { line: `${cause.message}. ${cause.hint}`, exitCode: isMisuse(cause) ? exitCodes.usage : exitCodes.failed };
  const defect = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return { line: `a defect: ${defect}`, exitCode: exitCodes.failed };
}

/** A port in use is a `bad-option` too, but the same call may work in a minute. */
function isMisuse({ code, cause }: BlockfeedError): boolean {
  return code === 'bad-option' && cause === undefined;
}

function misuse(program: Command, cause: CommanderError): Failure {
  // Commander has printed all there is to say: help or version on request, or help because no command was named.
  if (cause.exitCode === 0) return { line: undefined, exitCode: exitCodes.done };
  if (cause.code === 'commander.help') return { line: undefined, exitCode: exitCodes.usage };
  const said = cause.message.replace(/^error: |\.$/g, '').replaceAll(/\s*\n\s*/g, ' ');
  const line = cause.code === 'commander.optionMissingArgument' ? withRange(program, said) : said;
  return { line: `${line}. See blockfeed --help.`, exitCode: exitCodes.usage };
}

/** Commander says only that a flag's value is missing. The flag's parser says what the value may be. */
function withRange(program: Command, said: string): string {
  const flags = /option '(.+)' argument missing/.exec(said)?.[1];
  const option = program.commands.flatMap(({ options }) => options).find((each) => each.flags === flags);
  try {
    option?.parseArg?.('', undefined);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
  }
  return said;
}
