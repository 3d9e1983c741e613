// Messages as lines: a line that was made is read as what it was made of, by the parser and by the head reader alike.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockfeedError } from '../../src/protocol/errors.ts';
import {
  isOffset,
  lastLine,
  messageLine,
  parseMessage,
  parseMessages,
  readLineHead,
  splitLines,
} from '../../src/protocol/message.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const anyTime = fc.maxSafeInteger();
const anyData = fc.jsonValue({ stringUnit: 'binary' }).map((data) => JSON.parse(JSON.stringify(data)));
const anyLine = fc.record({ offset: fc.maxSafeNat(), time: anyTime, data: anyData }, { noNullPrototype: true });

describe('a line', () => {
  it('is read as the message that it was made of', () => {
    fc.assert(
      fc.property(anyLine, ({ offset, time, data }) => {
        const line = messageLine(offset, time, JSON.stringify(data));
        expect(line.endsWith('\n')).toBe(true);
        expect(parseMessage(encode(line))).toStrictEqual({ offset, time, data });
        expect(parseMessage(encode(line.slice(0, -1)))).toStrictEqual({ offset, time, data });
      }),
    );
  });

  it.each([
    ['empty', ''],
    ['a newline', '\n'],
    ['null', 'null'],
    ['an array', '[1,2,3]'],
    ['cut off', '{"offset":1,"time":2,"da'],
    ['two lines', '{"offset":1,"time":2,"data":3}\n{"offset":2,"time":2,"data":3}\n'],
    ['no offset', '{"time":2,"data":3}'],
    ['no time', '{"offset":1,"data":3}'],
    ['no data', '{"offset":1,"time":2}'],
    ['data on __proto__', '{"offset":1,"time":2,"__proto__":{"data":3}}'],
    ['an offset below 0', '{"offset":-1,"time":2,"data":3}'],
    ['half an offset', '{"offset":0.5,"time":2,"data":3}'],
    ['an offset as text', '{"offset":"1","time":2,"data":3}'],
    ['an offset of 2^53', '{"offset":9007199254740992,"time":2,"data":3}'],
    ['an infinite time', '{"offset":1,"time":1e999,"data":3}'],
    ['half a microsecond', '{"offset":1,"time":0.5,"data":3}'],
    ['a byte order mark', '\ufeff{"offset":1,"time":2,"data":3}'],
  ])('that is no message is refused: %s', (_why, text) => {
    expect(fault(() => parseMessage(encode(text)))).toBe('bad-server');
  });

  it('that is not UTF-8 is refused, not repaired', () => {
    const line = encode('{"offset":1,"time":2,"data":"?"}\n');
    line[line.indexOf(0x3f)] = 0xff;
    expect(fault(() => parseMessage(line))).toBe('bad-server');
  });
});

describe('the head of a line', () => {
  it('is what the parser reads, for every message', () => {
    fc.assert(
      fc.property(anyLine, fc.nat(50), ({ offset, time, data }, start) => {
        const line = ' '.repeat(start) + messageLine(offset, time, JSON.stringify(data));
        expect(readLineHead(encode(line), start)).toStrictEqual({ offset, time });
      }),
    );
  });

  it('is what the parser reads or refused, for any numbers that somebody writes there', () => {
    const number = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 20 }),
      fc.string({ unit: fc.constantFrom(...'-+.eE01 '), maxLength: 4 }),
      fc.maxSafeInteger().map(String),
      fc.constantFrom('', '-', '-0', '00', '01', '-01', '9007199254740991', '9007199254740992', '9007199254740993'),
    );
    fc.assert(
      fc.property(number, number, (offset, time) => {
        const line = encode(`{"offset":${offset},"time":${time},"data":1}\n`);
        let head: { offset: number; time: number } | undefined;
        if (fault(() => (head = readLineHead(line, 0))) === undefined)
          expect(parseMessage(line)).toEqual({ ...head, data: 1 });
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['no offset behind the minus', '{"offset":-,"time":1,"data":1}'],
    ['an offset below 0', '{"offset":-5,"time":1,"data":1}'],
    ['an offset that begins with 0', '{"offset":05,"time":1,"data":1}'],
    ['no offset', '{"offset":,"time":1,"data":1}'],
    ['an offset beyond 2^53-1', '{"offset":9007199254740992,"time":1,"data":1}'],
    ['a time of 400 digits', `{"offset":1,"time":${'9'.repeat(400)},"data":1}`],
    ['half an offset', '{"offset":1.5,"time":1,"data":1}'],
    ['another order', '{"time":1,"offset":1,"data":1}'],
    ['white space', '{ "offset":1,"time":1,"data":1}'],
    ['nothing behind time', '{"offset":1,"time":1}'],
    ['cut off in a key', '{"offset":1,"ti'],
    ['cut off in a number', '{"offset":1,"time":12'],
    ['nothing', ''],
  ])('is refused: %s', (_why, line) => {
    expect(fault(() => readLineHead(encode(line), 0))).toBe('bad-server');
  });

  it('is refused beyond the end of the bytes', () => {
    expect(fault(() => readLineHead(encode(messageLine(0, 0, '1')), 1_000))).toBe('bad-server');
  });
});

describe('lines', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\n', '\u00e9'), maxLength: 40 });

  it('are split behind every newline and nowhere else, as views on the same memory', () => {
    fc.assert(
      fc.property(text, (lines) => {
        const bytes = encode(lines);
        const parts = [...splitLines(bytes)];
        expect(Buffer.concat(parts).equals(bytes)).toBe(true);
        expect(parts.map((part) => new TextDecoder().decode(part))).toEqual(lines.match(/[^\n]*\n|[^\n]+$/g) ?? []);
        for (const part of parts) expect(part.buffer).toBe(bytes.buffer);
      }),
    );
  });

  it('have a last line, empty only where there is none', () => {
    fc.assert(
      fc.property(text, (lines) => {
        const last = [...splitLines(encode(lines))].at(-1) ?? new Uint8Array();
        expect(Buffer.from(lastLine(encode(lines))).equals(last)).toBe(true);
      }),
    );
    expect(lastLine(encode('\n'))).toEqual(encode('\n'));
  });

  it('are parsed one after another, and one that is wrong is refused', () => {
    const lines = [0, 1, 2].map((offset) => messageLine(offset, 10 * offset, '"x"')).join('');
    expect(parseMessages(encode(lines)).map(({ offset, time }) => [offset, time])).toEqual([
      [0, 0],
      [1, 10],
      [2, 20],
    ]);
    expect(parseMessages(encode(''))).toEqual([]);
    expect(fault(() => parseMessages(encode(`${lines}\n`)))).toBe('bad-server');
  });
});

it('an offset is an integer from 0 to 2^53-1 and nothing else', () => {
  for (const good of [0, 1, Number.MAX_SAFE_INTEGER]) expect(isOffset(good)).toBe(true);
  for (const bad of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1', 1n, null, undefined, [1], {}])
    expect(isOffset(bad)).toBe(false);
});

/** The code with which it is refused, or undefined; anything but a BlockfeedError gets through. */
function fault(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof BlockfeedError) return error.code;
    throw error;
  }
}
