// blockfeed kinds: what generated data there is, with parameters and an example line each.
import { type Command, Option } from 'commander';
import { describeKinds } from '../feed/describe.ts';
import { print, styled } from './output.ts';

export function addKinds(program: Command): void {
  program
    .command('kinds')
    .summary('list the kinds of generated data')
    .description(
      'Lists the kinds of generated data, their parameters with range and default, and an example line of each.',
    )
    .addOption(new Option('--json', 'as JSON'))
    .addHelpText(
      'after',
      "\nExamples:\n  blockfeed kinds\n  blockfeed kinds --json\n  blockfeed serve --feed 'prices=tick?rate=10&seed=7'",
    )
    .action(({ json }: { readonly json?: boolean }) => {
      const described = describeKinds();
      if (json === true) return print(JSON.stringify(described, undefined, 2));
      for (const kind of described) {
        print(`${styled(process.stdout, 'bold', kind.name)}  ${kind.summary}`);
        for (const parameter of kind.parameters)
          print(`  ${parameter.name}=${parameter.default}  ${parameter.meaning}; ${parameter.range}`);
        print(styled(process.stdout, 'dim', `  ${kind.example.trimEnd()}`));
        print('');
      }
    });
}
