// Control messages: whatever the tables allow gets through as it was said, and nothing else does.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockfeedError } from '../../src/protocol/errors.ts';
import { clientMessages, parseClientMessage, parseServerMessage, serverMessages } from '../../src/protocol/messages.ts';
import { type Malformed, malformed, malformedClientMessages } from '../support/malformed.ts';
import { anyMessage, type Table } from '../support/messages.ts';

const directions = [
  { who: 'a client', table: clientMessages, parse: parseClientMessage, strict: true },
  { who: 'a server', table: serverMessages, parse: parseServerMessage, strict: false },
];

describe.each(directions)('what $who says', ({ table, parse, strict }) => {
  it('is parsed to what was said', () => {
    fc.assert(
      fc.property(anyMessage(table), (message) => {
        expect(parse(JSON.stringify(message))).toStrictEqual(message);
      }),
      { numRuns: 500 },
    );
  });

  it('MSG-1: is refused as bad-message in every way in which the table can be broken', () => {
    const cases = [...malformed(table, { strict })];
    expect(uncovered(cases, table)).toEqual([]);
    for (const { text, ...name } of cases) expect(refusal(parse, text), JSON.stringify(name)).toBe('bad-message');
  });

  it('is refused as bad-message or parsed by the table, whatever the text is', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc
        .record({ type: fc.constantFrom(...Object.keys(table)) })
        .chain((start) =>
          fc
            .dictionary(
              fc.constantFrom(...Object.keys(table[start.type as keyof typeof table] ?? {}), 'x'),
              fc.jsonValue(),
            )
            .map((rest) => JSON.stringify({ ...start, ...rest })),
        ),
    );
    fc.assert(
      fc.property(anything, (text) => {
        const code = refusal(parse, text);
        if (code !== undefined) {
          expect(code).toBe('bad-message');
          return;
        }
        const parsed = parse(text);
        expect(Object.keys(table)).toContain(parsed.type);
        expect(parse(JSON.stringify(parsed))).toEqual(parsed);
      }),
      { numRuns: 1_000 },
    );
  });
});

it('the last of a field that is said twice counts', () => {
  expect(parseClientMessage('{"type":"unsubscribe","id":1,"feed":"a","flush":7,"flush":true}')).toEqual({
    type: 'unsubscribe',
    id: 1,
    feed: 'a',
    flush: true,
  });
});

it('MSG-4: fields of a server that this version does not know are left out', () => {
  fc.assert(
    fc.property(anyMessage(serverMessages), fc.jsonValue(), (message, value) => {
      const said = JSON.stringify({ ...message, newer: value, toString: value }).replace(
        '{',
        '{"__proto__":{"code":1},',
      );
      expect(parseServerMessage(said)).toStrictEqual(message);
    }),
  );
});

it('an explanation of a server that was cut off in the middle of a character is read all the same', () => {
  const said = JSON.stringify({ type: 'error', code: 'unknown-feed', message: '\u{1f40c}'.slice(0, 1), hint: 'a' });
  expect(parseServerMessage(said)).toMatchObject({ message: '\ud83d' });
});

it('SUB-7: a wait that is no whole number of milliseconds is refused, naming the field', () => {
  const subscribe = (wait: number) => () =>
    parseClientMessage(JSON.stringify({ type: 'subscribe', id: 1, feed: 'user', from: 'latest', wait }));
  expect(subscribe(1_500)).toThrow(expect.objectContaining({ code: 'bad-message', about: 'wait' }));
  expect(subscribe(2_000)()).toMatchObject({ wait: 2_000 });
});

it('a refusal names the message, the field and what it should hold', () => {
  expect(() => parseClientMessage('{"type":"ack","feed":"a","epoch":"b","to":-1}')).toThrow(
    expect.objectContaining({ message: 'ack: epoch must match /^[0-9a-f]{32}$/', about: 'epoch' }),
  );
  expect(() => parseClientMessage('{"type":"bye","windw":1}')).toThrow('bye has no field "windw"');
});

it('a message nested as deep as may be is read without running out of stack', () => {
  const deep = '['.repeat(50_000) + ']'.repeat(50_000);
  expect(refusal(parseClientMessage, `{"type":"bye","x":${deep}}`)).toBe('bad-message');
  expect(parseServerMessage(`{"type":"unsubscribed","feed":"a","acked":1,"x":${deep}}`)).toMatchObject({ acked: 1 });
});

it('no malformed message of a client is too long for the wire', () => {
  const encoder = new TextEncoder();
  for (const { text, ...name } of malformedClientMessages())
    expect(encoder.encode(text).length, JSON.stringify(name)).toBeLessThanOrEqual(65_536);
});

/** The code with which the text is refused, or undefined; anything but a BlockfeedError with a hint gets through. */
function refusal(parse: (text: string) => unknown, text: string): string | undefined {
  try {
    parse(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof BlockfeedError)) throw error;
    expect(error.hint).not.toBe('');
    return error.code;
  }
}

/** The fields of the table that no case is about. */
function uncovered(cases: readonly Malformed[], table: Table): string[] {
  const covered = new Set(cases.map(({ message, field }) => `${message}.${field}`));
  return Object.entries(table)
    .flatMap(([message, fields]) => Object.keys(fields).map((field) => `${message}.${field}`))
    .filter((name) => !covered.has(name));
}
