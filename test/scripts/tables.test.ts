// The tables in the documents are those of the source.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { documents, makeTables, withTables } from '../../scripts/tables.mjs';
import { closeCodes, errorCodes } from '../../src/protocol/codes.ts';
import { limitTables } from '../support/limitTables.ts';

const tables = makeTables({ errorCodes, closeCodes, limits: limitTables });
const read = (document: string) => readFileSync(new URL(`../../${document}`, import.meta.url), 'utf8');

describe('the tables in the documents', () => {
  it.each(documents)('are current in %s (else: npm run tables)', (document) => {
    expect(read(document)).toBe(withTables(read(document), tables));
  });

  it('are shown, each of them once', () => {
    const shown = documents.flatMap((document) => [...read(document).matchAll(/<!-- table: (.*) -->/g)]);
    expect(shown.map(([, name]) => name).sort()).toEqual([...tables.keys()].sort());
  });

  it('have a row for every code and every limit', () => {
    const rows = (name: string) => (tables.get(name) ?? '').trimEnd().split('\n').length - 2;
    expect(rows('error codes')).toBe(Object.keys(errorCodes).length);
    expect(rows('close codes')).toBe(Object.keys(closeCodes).length);
    for (const [room, limits] of Object.entries(limitTables))
      expect(rows(`limits of ${room}`)).toBe(Object.keys(limits).length);
  });
});

describe('writing tables into a document', () => {
  const made = new Map([
    ['a', '| a |\n'],
    ['b', '| $& |\n'],
  ]);

  it('replaces what stood there and leaves the rest', () => {
    const document = 'x\n<!-- table: a -->\nold\n<!-- end -->\ny\n<!-- table: b -->\n<!-- end -->\nz\n';
    const written =
      'x\n<!-- table: a -->\n\n| a |\n\n<!-- end -->\ny\n<!-- table: b -->\n\n| $& |\n\n<!-- end -->\nz\n';
    expect(withTables(document, made)).toBe(written);
    expect(withTables(written, made)).toBe(written);
  });

  it('refuses a table that there is none of, and one without an end', () => {
    expect(() => withTables('<!-- table: c -->\n<!-- end -->', made)).toThrow('no table of the name c');
    expect(() => withTables('<!-- table: a -->\nold', made)).toThrow('the table a has no');
    expect(() => withTables('<!-- table: a -->\n<!-- table: b -->\n<!-- end -->', made)).toThrow('the table a has no');
  });
});
