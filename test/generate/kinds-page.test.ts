// docs/kinds.md says what the code does: its tables follow from the kinds.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeCommonParameters, describeKinds, type ParameterDescription } from '../../src/generate/describe.ts';
import { parseSpecification } from '../../src/generate/specification.ts';
import { die } from './die.ts';
import { expectFile } from './regenerate.ts';

const page = 'docs/kinds.md';
const begin =
  '<!-- From here to the end mark the tests write this page: BLOCKFEED_REGENERATE=1 npx vitest run test/generate -->\n';
const end = '<!-- End mark -->\n';
const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');

const cell = (words: string) => words.replaceAll('|', '\\|');
const row = ({ name, default: value, range, meaning, onlyWith }: ParameterDescription) =>
  `| \`${name}\` | ${cell(meaning)}${onlyWith === undefined ? '' : ` (with \`${onlyWith}\`)`} | \`${cell(value)}\` | ${cell(range)} |\n`;
const table = (parameters: readonly ParameterDescription[]) =>
  `| parameter | meaning | default | may be |\n|---|---|---|---|\n${parameters.map(row).join('')}`;

test('the page has every kind, with its parameters and its first line, as the code has them', () => {
  const kinds = describeKinds().map(
    ({ name, summary, parameters, example }) =>
      `### \`${name}\`\n\nThe data is ${summary}.\n\n${parameters.length === 0 ? '' : `${table(parameters)}\n`}\`\`\`json\n${example}\n\`\`\`\n`,
  );
  const written = `${begin}\n### Every kind\n\n${table(describeCommonParameters())}\n${kinds.join('\n')}\n${end}`;
  const [head, rest] = [text.indexOf(begin), text.indexOf(end)];
  expect(head).toBeGreaterThan(0);
  expectFile(page, text.slice(0, head) + written + text.slice(rest + end.length));
});

test('every specification on the page is one', () => {
  const specifications = [...text.matchAll(/`((?:user|array|tick|reading|access|counter|template)\?[^`]*)`/g)];
  expect(specifications.length).toBeGreaterThan(2);
  for (const [, specification] of specifications)
    expect(parseSpecification(specification as string).epoch).toBeTruthy();
});

test('the kind that shows how to add one is a whole one, and works', () => {
  const source = readFileSync(new URL('die.ts', import.meta.url), 'utf8').replaceAll(
    "'../../src/generate/kinds/",
    "'./",
  );
  const indented = source.replace(/^(?=.)/gm, '   ');
  expect(text).toContain(indented);
  const generator = die.generator({ faces: '6' }, 1);
  const faces = Array.from({ length: 100 }, (_, offset) => JSON.parse(generator.data(offset, 0)).face);
  expect(new Set(faces)).toEqual(new Set([1, 2, 3, 4, 5, 6]));
});
