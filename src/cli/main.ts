#!/usr/bin/env node
// The command line: parses, calls, and turns every failure into one line and an exit code.
import { failureOf } from './failure.ts';
import { finishOutput, say, watchOutput } from './output.ts';
import { makeProgram } from './program.ts';

watchOutput();
const program = makeProgram();
try {
  await program.parseAsync();
} catch (cause) {
  const { line, exitCode } = failureOf(program, cause);
  if (line !== undefined) say(`error: ${line}`);
  process.exitCode = exitCode;
}
await finishOutput();
