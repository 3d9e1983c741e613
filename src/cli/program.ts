// The commands and their flags, as one program that has not run yet.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addCollect } from './collect.ts';
import { addDemo } from './demo.ts';
import { addFeeds } from './feeds.ts';
import { addKinds } from './kinds.ts';
import { stdout, talk } from './output.ts';
import { addServe } from './serve.ts';
import { addStudy } from './study.ts';
import { addVerify } from './verify.ts';

/** Parsing throws instead of ending the process, and prints no errors: the caller does. */
export function makeProgram(): Command {
  const program = new Command('blockfeed')
    .description('Live feeds over WebSocket, taken in blocks: offered, collected, acked, resumed and verified.')
    .version(versionOfPackage())
    .addHelpText(
      'after',
      '\nExamples:\n  blockfeed demo\n  blockfeed serve --port 8080\n  blockfeed collect ws://127.0.0.1:8080 user --size 5 --out blocks\n\nEach command has --help with its flags and examples.',
    )
    .showSuggestionAfterError(true);
  for (const add of [addServe, addCollect, addDemo, addFeeds, addKinds, addVerify, addStudy]) add(program);
  const output = {
    writeOut: (text: string) => void stdout.write(text),
    writeErr: (text: string) => talk.write(text),
    outputError: () => {},
  };
  for (const command of [program, ...program.commands]) command.exitOverride().configureOutput(output);
  return program;
}

function versionOfPackage(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
