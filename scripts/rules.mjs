// Lists the numbered rules and laws of PROTOCOL.md that no test cites, and citations of rules that are not there. A test
// cites what it tries to break at the start of its name: `it('SUB-3: a second subscription of one feed is refused')`,
// `it('CUT-1, CUT-5 and FRAME-2: …')`. Exits with 1 if there is anything to list.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const id = '(?:[A-Z]+-\\d+|[A-Z]\\d+)';

/**
 * The ids of the rules that a document states, in its order: `- **SUB-3** One subscription …`.
 * @param {string} markdown
 * @returns {string[]}
 */
export function statedRules(markdown) {
  return [...markdown.matchAll(new RegExp(`^- \\*\\*(${id})\\*\\* `, 'gm'))].map(([, rule]) => String(rule));
}

/**
 * The ids that the names of tests in a source text begin with. A name is the first argument of `it`, `test` or
 * `describe`, or of what `it.each(…)` and its like return.
 * @param {string} source
 * @returns {string[]}
 */
export function citedRules(source) {
  const name = new RegExp(
    `(?:\\b(?:it|test|describe)(?:\\.\\w+)*|\\))\\(\\s*['"\`](${id}(?:(?:, | and )${id})*): `,
    'g',
  );
  return [...source.matchAll(name)].flatMap(([, ids]) => String(ids).split(/, | and /));
}

/**
 * @param {readonly string[]} stated
 * @param {ReadonlyMap<string, readonly string[]>} citedByFile
 * @returns {{ uncited: string[], unknown: string[], repeated: string[] }}
 */
export function compareRules(stated, citedByFile) {
  const cited = new Set([...citedByFile.values()].flat());
  return {
    uncited: stated.filter((rule) => !cited.has(rule)),
    unknown: [...citedByFile].flatMap(([file, rules]) =>
      [...new Set(rules)].filter((rule) => !stated.includes(rule)).map((rule) => `${rule} (${file})`),
    ),
    repeated: stated.filter((rule, index) => stated.indexOf(rule) < index),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();

function main() {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const stated = statedRules(readFileSync(join(root, 'PROTOCOL.md'), 'utf8'));
  if (stated.length === 0) throw new Error('PROTOCOL.md states no rules, or this script does not understand it');
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const citedByFile = new Map(
    files.map((file) => [join('test', file), citedRules(readFileSync(join(root, 'test', file), 'utf8'))]),
  );

  const { uncited, unknown, repeated } = compareRules(stated, citedByFile);
  if (uncited.length > 0) console.error(`No test cites: ${uncited.join(', ')}`);
  if (unknown.length > 0) console.error(`Cited, but not stated in PROTOCOL.md: ${unknown.join(', ')}`);
  if (repeated.length > 0) console.error(`Stated more than once: ${repeated.join(', ')}`);
  if (uncited.length + unknown.length + repeated.length > 0) process.exitCode = 1;
  console.log(`${stated.length - uncited.length} of ${stated.length} rules are cited by tests`);
}
