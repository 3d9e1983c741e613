// blockfeed kinds: lists the kinds of generated data, with their parameters and an example line each.
import { type Command, Option } from 'commander';
import { describeCommonParameters, describeKinds, type ParameterDescription } from '../generate/describe.ts';
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
      const kinds = describeKinds();
      const common = describeCommonParameters();
      if (json === true) return print(JSON.stringify({ common, kinds }, undefined, 2));
      print('Every kind has');
      for (const parameter of common) printParameter(parameter);
      for (const kind of kinds) {
        print(`\n${styled(process.stdout, 'bold', kind.name)}  ${kind.summary}`);
        for (const parameter of kind.parameters) printParameter(parameter);
        print(styled(process.stdout, 'dim', `  ${kind.example}`));
      }
    });
}

function printParameter({ name, default: value, meaning, range, onlyWith }: ParameterDescription): void {
  print(`  ${name}=${value}  ${meaning}; ${range}${onlyWith === undefined ? '' : `; only with ${onlyWith}`}`);
}
