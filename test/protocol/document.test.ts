// PROTOCOL.md against the tables that the parsers read: every message has an example that parses, every field is named.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clientMessages, parseClientMessage, parseServerMessage, serverMessages } from '../../src/protocol/messages.ts';

const document = readFileSync(new URL('../../PROTOCOL.md', import.meta.url), 'utf8');
const examples = [...document.matchAll(/^```json\n(.*?)^```/gms)].map(([, lines]) => (lines ?? '').trim().split('\n'));
const tables = [...document.matchAll(/^\| message \| field \| type \|\n\|.*\n((?:\|.*\n)+)/gm)].map(
  ([, rows]) => rows ?? '',
);

describe.each([
  { who: 'a client', index: 0, table: clientMessages, parse: parseClientMessage },
  { who: 'a server', index: 1, table: serverMessages, parse: parseServerMessage },
])('what $who says', ({ index, table, parse }) => {
  it('has one example of each message, as it goes over the wire', () => {
    const said = (examples[index] ?? []).map((line) => parse(line));
    expect(said.map(({ type }) => type)).toEqual(Object.keys(table));
    expect(said.map((message) => JSON.stringify(message).length)).toEqual(examples[index]?.map(({ length }) => length));
  });

  it('is listed with each of its fields, in their order, the optional ones marked', () => {
    const listed: Record<string, string[]> = {};
    let message = '';
    for (const row of (tables[index] ?? '').trim().split('\n')) {
      const [, name = '', fields = ''] = row.split('|');
      message = /`(\w+)`/.exec(name)?.[1] ?? message;
      listed[message] = [
        ...(listed[message] ?? []),
        ...Array.from(fields.matchAll(/`(\w+)`(\?)?/g), ([, field, mark]) => `${field}${mark ?? ''}`),
      ];
    }
    expect(listed).toEqual(
      Object.fromEntries(
        Object.entries(table).map(([type, fields]) => [
          type,
          Object.entries(fields).map(([field, { optional }]) => `${field}${optional ? '?' : ''}`),
        ]),
      ),
    );
  });
});
