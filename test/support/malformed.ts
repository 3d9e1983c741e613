// Everything that can be wrong with a control message, made from the tables that the parser reads: for every message
// and every field of it. What belongs to which kind of field is written here a second time, from PROTOCOL.md and not from
// the parser. A new kind of field without cases does not compile.
import fc from 'fast-check';
import { unreachable } from '../../src/base/assert.ts';
import type { Field } from '../../src/protocol/fields.ts';
import { clientMessages } from '../../src/protocol/messages.ts';
import { anyMessageOf, type Table } from './messages.ts';

export interface Malformed {
  /** The message's type; '' where it is none of the table. */
  readonly message: string;
  /** The field that is wrong; '' where the whole is. */
  readonly field: string;
  readonly why: string;
  /** What is said: one text frame. At most 65,536 bytes for a message of a client, so that only its content is wrong. */
  readonly text: string;
}

/** What a client may get wrong; the answer to each is `bad-message`. */
export function malformedClientMessages(): Malformed[] {
  return [...malformed(clientMessages, { strict: true })];
}

/** What may be wrong with a message of the table. With `strict` a field that is not in the table is wrong too. */
export function* malformed(table: Table, { strict }: { readonly strict: boolean }): Generator<Malformed> {
  for (const [why, text] of noMessages(Object.keys(table))) yield { message: '', field: '', why, text };
  for (const [message, fields] of Object.entries(table)) {
    const valid = sample(message, table);
    for (const [field, { optional }] of Object.entries(fields)) {
      const rest = valid.filter(([name]) => name !== field);
      const yet = (why: string, text: string): Malformed => ({ message, field, why, text });
      if (!optional) {
        yield yet('missing', object(rest));
        yield yet('missing, but there on __proto__', object([...rest, ['__proto__', object(valid)]]));
      }
      for (const [why, wrong] of wrongValues(fields[field] as Field, strict)) {
        yield yet(why, object([...rest, [field, wrong]]));
        yield yet(`said twice, the second ${why}`, object([...valid, [field, wrong]]));
      }
    }
    if (strict)
      for (const field of ['unknown', 'Type', 'type ', '', '__proto__', 'constructor', 'toString', '\u{1f40c}'])
        yield { message, field, why: 'not in the table', text: object([...valid, [field, '1']]) };
  }
}

/** Pairs of a name and JSON text, in order; a name may come twice. */
type Members = (readonly [name: string, json: string])[];

function object(members: Members): string {
  return `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
}

// The same messages every time, with every field that there is.
function sample(message: string, table: Table): Members {
  const fields = Object.entries(table[message] ?? {}).map(([name, field]) => [name, { ...field, optional: false }]);
  const [value = {}] = fc.sample(anyMessageOf(message, Object.fromEntries(fields)), { numRuns: 1, seed: 0 });
  return Object.entries(value).map(([name, json]) => [name, JSON.stringify(json)]);
}

type Case = readonly [why: string, json: string];

function noMessages(types: readonly string[]): Case[] {
  const first = types[0] ?? '';
  return [
    ['empty', ''],
    ['white space', ' \n\t '],
    ['a word', 'hello'],
    ['null', 'null'],
    ['true', 'true'],
    ['a number', '0'],
    ['text', '"bye"'],
    ['an array', '[]'],
    ['an array of a message', '[{"type":"bye"}]'],
    ['an object without a type', '{}'],
    ['an object whose type is on __proto__', '{"__proto__":{"type":"bye"}}'],
    ['cut off', '{"type":"by'],
    ['two messages', '{"type":"bye"}{"type":"bye"}'],
    ['two lines', '{"type":"bye"}\n{"type":"bye"}'],
    ['a comma too many', '{"type":"bye",}'],
    ['single quotes', "{'type':'bye'}"],
    ['a comment', '{"type":"bye"/**/}'],
    ['NaN', '{"type":"bye","n":NaN}'],
    ['a byte order mark', '\ufeff{"type":"bye"}'],
    ['a raw NUL', '{"type":"bye\0"}'],
    ['a raw line break in text', '{"type":"bye\n"}'],
    ['half an escape', '{"type":"\\ud83"}'],
    ['nested 50,000 deep without an end', '['.repeat(50_000)],
    ['objects nested 10,000 deep without an end', '{"a":'.repeat(10_000)],
    ['an array nested 30,000 deep', nested(30_000)],
    ['a type nested 30,000 deep', `{"type":${nested(30_000)}}`],
    ['a type of 60,000 characters', `{"type":"${'a'.repeat(60_000)}"}`],
    ...['null', 'true', '0', '[]', '{}', '""', '"__proto__"', '"constructor"', '"hasOwnProperty"', '"\\ud800"'].map(
      (type): Case => [`type ${type}`, `{"type":${type}}`],
    ),
    ...[`${first} `, first.toUpperCase(), `${first}\0`].map((type): Case => {
      const json = JSON.stringify(type);
      return [`type ${json}`, `{"type":${json}}`];
    }),
    ['a type in an array', `{"type":[${JSON.stringify(first)}]}`],
  ];
}

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

function wrongValues(field: Field, strict: boolean): Case[] {
  const cases: Case[] = [];
  const add = (...jsons: string[]) => cases.push(...jsons.map((json): Case => [json, json]));
  const name = (why: string, json: string) => cases.push([why, json]);
  add('null');
  name('nested 30,000 deep', nested(30_000));
  switch (field.is) {
    case 'text':
      add('true', '0', '1e999', '[]', '{}', '["a"]', '{"length":1}', '""');
      if (strict) add('"\\ud800"', '"a\\udc00"', '"\\udc00\\ud800"');
      name('too long', JSON.stringify('a'.repeat(field.maxLength + 1)));
      if (field.pattern !== undefined)
        add(
          '" "',
          '"\\n"',
          '"a\\n"',
          '"a b"',
          '"../a"',
          '"a/b"',
          '"a\\\\b"',
          '"\\u0000"',
          '"\u00e4"',
          '"-"',
          '"."',
          '".a"',
        );
      return cases;
    case 'integer':
      add('true', '"1"', '""', '[]', '[1]', '{}', '0.5', '1e999', '-1e999', '1e308', '9007199254740992');
      if (field.min > Number.MIN_SAFE_INTEGER) name('below its range', String(field.min - 1));
      if (field.max < Number.MAX_SAFE_INTEGER) name('above its range', String(field.max + 1));
      if (field.min >= 0) add('-1');
      name('a fraction within its range', `${field.min}.5`);
      if (field.multipleOf !== undefined) name('no multiple', String(field.min + field.multipleOf - 1));
      return cases;
    case 'boolean':
      add('0', '1', '"true"', '""', '[]', '{}', '[true]');
      return cases;
    case 'choice':
      add('true', '0', '1e999', '""', '[]', '{}', '"__proto__"', '"length"', '"toString"');
      for (const choice of field.of) {
        name(`${choice} in an array`, JSON.stringify([choice]));
        name(`${choice} with a space`, JSON.stringify(`${choice} `));
        name(`${choice} in capitals`, JSON.stringify(choice.toUpperCase()));
      }
      return cases;
    case 'place':
      add('true', '""', '"Latest"', '"latest "', '"later"', '"60"', '"-1"', '"__proto__"', '[]', '["latest"]', '[60]');
      add('0.5', '1e999', '-1e999', '9007199254740992', '-9007199254740992', '{}');
      for (const time of ['null', 'true', '""', '"0"', '0.5', '1e999', '9007199254740992', '[]', '[0]', '{"time":0}'])
        add(`{"time":${time}}`);
      add('"committed"', '{"committed":"latest"}', '{"committed":{}}', '{"committed":null}', '{"committed":[]}');
      for (const otherwise of ['null', '""', '"tail"', '"Latest"', '0', '["latest"]', '{"else":"latest"}'])
        add(`{"committed":{"else":${otherwise}}}`);
      add('{"committed":{"else":"latest","time":0}}', '{"committed":{"else":"latest"},"time":0}', '{"else":"latest"}');
      add('{"Time":0}', '{"offset":0}', '{"time":0,"offset":0}', '{"__proto__":{"time":0}}', '{"length":0}');
      return cases;
    case 'pairs':
      add('true', '0', '"[]"', '{}', '{"length":0}', '[1]', '[1,2]', '[null]', '[{}]', '[[]]', '[[1]]', '[[1,2,3]]');
      for (const number of ['null', 'true', '"1"', '-1', '0.5', '1e999', '9007199254740992', '[]', '{}'])
        add(`[[${number},0]]`, `[[0,${number}]]`, `[[0,0],[${number},0]]`);
      name('too many', `[${Array(field.maxLength + 1).fill('[0,0]')}]`);
      return cases;
    case 'integers-by-name':
      add('true', '0', '""', '[]', '[0]');
      for (const number of ['null', 'true', '"1"', '-1', '0.5', '1e999', '9007199254740992', '[]', '{}'])
        add(`{"a":${number}}`, `{"a":0,"b":${number}}`, `{"__proto__":${number}}`);
      name('too many', object(Array.from({ length: field.maxLength + 1 }, (_, index) => [`${index}`, '0'] as const)));
      return cases;
    case 'names':
      add(
        'true',
        '0',
        '""',
        '"a"',
        '{}',
        '{"length":0}',
        '[null]',
        '[0]',
        '[""]',
        '[["a"]]',
        '["A"]',
        '["a b"]',
        '["a",1]',
      );
      name('too many', `[${Array(field.maxLength + 1).fill('"a"')}]`);
      return cases;
    default:
      return unreachable(field);
  }
}
