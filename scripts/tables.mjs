// Writes the tables that are made from the source into the documents that show them, between `<!-- table: name -->` and
// `<!-- end -->`. A test fails where a document is not what this would make of it; `npm run tables` makes it so.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {Readonly<Record<string, import('../src/protocol/codes.ts').ErrorCodeEntry>>} ErrorCodes
 * @typedef {Readonly<Record<number, import('../src/protocol/codes.ts').CloseCodeEntry>>} CloseCodes
 * @typedef {Readonly<Record<string, Readonly<Record<string, import('../src/protocol/limit.ts').Limit>>>>} Limits
 *   by room, and by name
 */

/** The documents that have tables, from the root. */
export const documents = ['PROTOCOL.md', 'docs/limits.md'];

/**
 * Every table there is, by its name.
 * @param {{ errorCodes: ErrorCodes, closeCodes: CloseCodes, limits: Limits }} source
 * @returns {Map<string, string>}
 */
export function makeTables({ errorCodes, closeCodes, limits }) {
  return new Map([
    [
      'error codes',
      table(
        ['code', 'given by', 'again later?', 'then closed with', 'meaning'],
        Object.entries(errorCodes).map(([code, { from, retry, close, meaning }]) => [
          `\`${code}\``,
          from,
          retry ? 'yes' : 'no',
          close === undefined ? '' : String(close),
          meaning,
        ]),
      ),
    ],
    [
      'close codes',
      table(
        ['code', 'sent by', 'connect again?', 'meaning'],
        Object.entries(closeCodes).map(([code, { sentBy, reconnect, meaning }]) => [
          code,
          sentBy,
          reconnect ? 'yes' : 'no',
          meaning,
        ]),
      ),
    ],
    ...Object.entries(limits).map(
      ([room, ofRoom]) =>
        /** @type {const} */ ([
          `limits of ${room}`,
          table(
            ['limit', 'unit', 'from', 'to', 'default', 'why', 'at the limit'],
            Object.entries(ofRoom).map(([name, limit]) => [
              `\`${name}\``,
              limit.unit,
              number(limit.min),
              number(limit.max),
              limit.default === Number.POSITIVE_INFINITY ? 'none' : number(limit.default),
              limit.reason,
              limit.atLimit,
            ]),
          ),
        ]),
    ),
  ]);
}

/**
 * The document with its tables as they should be. Throws where it asks for a table that there is none of, or where an
 * end is missing.
 * @param {string} markdown
 * @param {ReadonlyMap<string, string>} tables
 * @returns {string}
 */
export function withTables(markdown, tables) {
  return markdown.replaceAll(/<!-- table: (\S[^\n]*) -->\n(.*?)(<!-- end -->|$)/gs, (_, name, old, end) => {
    const made = tables.get(name);
    if (made === undefined) throw new Error(`there is no table of the name ${name}`);
    if (end === '' || old.includes('<!-- table: ')) throw new Error(`the table ${name} has no <!-- end -->`);
    return `<!-- table: ${name} -->\n\n${made}\n<!-- end -->`;
  });
}

/**
 * @param {string[]} head
 * @param {string[][]} rows
 */
function table(head, rows) {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => {
    const texts = cells.map((cell) => cell.replaceAll('|', '\\|'));
    return `| ${texts.join(' | ')} |\n`;
  });
  return lines.join('');
}

/** @param {number} value */
function number(value) {
  return value.toLocaleString('en-US', { maximumFractionDigits: 6 });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();

async function main() {
  const root = new URL('..', import.meta.url);
  const { errorCodes, closeCodes } = await import(new URL('dist/protocol/codes.js', root).href);
  const at = (/** @type {string} */ room) => import(new URL(`dist/${room}/limits.js`, root).href);
  const limits = {
    wire: (await at('protocol')).limits,
    server: (await at('server')).serverLimits,
    frames: (await at('frames')).framesLimits,
    feed: (await at('feed')).feedLimits,
    generate: (await at('generate')).generateLimits,
    client: (await at('client')).clientLimits,
    blocks: (await at('blocks')).blockLimits,
    cli: (await at('cli')).cliLimits,
  };
  const tables = makeTables({ errorCodes, closeCodes, limits });
  for (const document of documents) {
    const file = new URL(document, root);
    writeFileSync(file, withTables(readFileSync(file, 'utf8'), tables));
  }
}
