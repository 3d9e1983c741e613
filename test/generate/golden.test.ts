// What a feed says at an offset is the same for ever. These checksums are the memory of it: when one of them changes,
// raise `kinds` in src/generate/kinds/version.ts, so that it becomes another feed to those who resume, and write them anew.
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { anchorEveryOf } from '../../src/generate/anchors.ts';
import { kinds } from '../../src/generate/kinds/index.ts';
import { generatorVersion } from '../../src/generate/kinds/version.ts';
import { parseSpecification } from '../../src/generate/specification.ts';
import { expectFile } from './regenerate.ts';
import { linesOf, someSpecifications } from './specifications.ts';

const first1000 = Array.from({ length: 1_000 }, (_, offset) => offset);
const far = [65_536, 1_000_003, 4_294_967_295, 4_294_967_296, 5_000_000_000_000];

test('F1 and F3: every kind says what it has always said', () => {
  const checksums = Object.fromEntries(
    someSpecifications.map((text) => {
      const specification = parseSpecification(text);
      const checksumOf = (offsets: readonly number[]) => crc32(linesOf(specification, offsets).join(''));
      const farLines = far.filter((offset) => offset < specification.schedule.end);
      return [
        specification.canonical,
        {
          epoch: specification.epoch,
          first1000: checksumOf(first1000),
          far: checksumOf(farLines),
          anchorEvery: anchorEveryOf(specification.generator.maxLineBytes, specification.messageMicros),
        },
      ];
    }),
  );
  expectFile('test/generate/kinds.golden.json', `${JSON.stringify({ generatorVersion, checksums }, undefined, 1)}\n`);
});

test('every kind has its checksums', () => {
  const named = new Set(someSpecifications.map((text) => text.split('?')[0]));
  expect(named).toEqual(new Set(kinds.keys()));
});

test("the generators' version names the libraries whose output is a feed's content, as they are pinned and installed", () => {
  const read = (path: string) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));
  const { dependencies } = read('package.json');
  for (const library of ['@faker-js/faker', 'pure-rand', 'd3-random']) {
    expect(generatorVersion.split(', ')).toContain(`${library} ${dependencies[library]}`);
    expect(read(`node_modules/${library}/package.json`).version).toBe(dependencies[library]);
  }
});
