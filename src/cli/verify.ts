// blockfeed verify: checks stored blocks. It reads nothing but the folder.
import { type Command, Option } from 'commander';
import { type VerifiedFolder, verifyFolder } from '../blocks/verify.ts';
import { regenerate } from '../generate/regenerate.ts';
import { nonEmptyText } from './flags.ts';
import { exitCodes, print, say, styled } from './output.ts';
import { count, describeBytes } from './status.ts';

export function addVerify(program: Command): void {
  program
    .command('verify')
    .summary('check stored blocks')
    .description(
      'Checks what a collector stored, reading nothing but the folder: each offset once, no hole that is not a reported gap, checksums, ' +
        'and every cut as the cut rule says. Exit code 1 and the exact place where something is wrong.',
    )
    .argument('<folder>', 'what --out was, or any folder below it', nonEmptyText('the folder', 4_096))
    .addOption(new Option('--regenerate', 'generate every byte of generated feeds again from feed.json, and compare'))
    .addOption(new Option('--json', 'as JSON'))
    .addHelpText('after', '\nExamples:\n  blockfeed verify blocks\n  blockfeed verify blocks/user --regenerate --json')
    .action(async (folder: string, flags: { readonly regenerate?: boolean; readonly json?: boolean }) => {
      const verified = await verifyFolder(folder, flags.regenerate === true ? { regenerate } : {});
      const wrong = verified.filter(({ problems }) => problems.length > 0).length;
      // Before anything is printed: the reader may go.
      if (wrong > 0) process.exitCode = exitCodes.failed;
      if (flags.json === true) print(JSON.stringify(verified, undefined, 2));
      else for (const each of verified) printFolder(each);
      if (wrong > 0) say(`error: ${wrong} of ${count(verified.length, 'folder')} not as it should be`);
      else say(`${count(verified.length, 'folder')} verified`);
    });
}

function printFolder(folder: VerifiedFolder): void {
  const { path, blocks, messages, bytes, gaps, lost, regenerated, problems } = folder;
  const { unsealedBytes, tornJournalBytes, asideBytes } = folder;
  const parts = [count(blocks, 'block'), count(messages, 'message'), describeBytes(bytes)];
  if (gaps > 0) parts.push(`${count(gaps, 'gap')} (${count(lost, 'message')} lost)`);
  if (regenerated) parts.push('every byte generated again');
  if (unsealedBytes + tornJournalBytes > 0)
    parts.push(`${unsealedBytes + tornJournalBytes} bytes behind the last block, not counted`);
  if (asideBytes > 0) parts.push(`${asideBytes} bytes that a crash left, put aside`);
  const verdict =
    problems.length === 0 ? styled(process.stdout, 'green', 'ok') : styled(process.stdout, 'red', 'WRONG');
  print(`${verdict} ${path}: ${parts.join(', ')}`);
  for (const { file, position, offset, message } of problems)
    print(`  ${file} byte ${position}${offset === undefined ? '' : ` offset ${offset}`}: ${message}`);
}
