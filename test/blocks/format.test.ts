import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatBlock,
  formatBlockJson,
  formatGap,
  formatGapJson,
  formatMessages,
  isoMicros,
} from '../../src/blocks/format.ts';
import { factsOf, joined, makeLine, plainLine } from './story.ts';

const facts = {
  from: 60,
  to: 65,
  cut: 'size',
  bytes: 812,
  firstTime: 1_767_225_720_000_000,
  lastTime: 1_767_225_728_000_000,
  firstReceived: 1_767_225_728_000_100,
  lastReceived: 1_767_225_728_001_100,
  delivery: 'block',
} as const;

describe('a block is written for people', () => {
  it('in one line', () => {
    expect(formatBlock('user', facts)).toBe('block user [60,65) size 5 messages 812 B span 8.000 s took 0.001 s');
  });

  it('with a single message in the singular', () => {
    expect(formatBlock('user', { ...facts, to: 61 })).toContain('[60,61) size 1 message 812 B');
  });

  it('with no negative took when the clock of the machine was set back meanwhile', () => {
    expect(formatBlock('user', { ...facts, lastReceived: 0 })).toMatch(/took 0\.000 s$/);
  });

  it('and a gap with what is lost', () => {
    expect(formatGap('user', 65, 70)).toBe('gap user [65,70) 5 messages lost');
  });

  it('and as JSON with the fields of its journal line that speak of no folder', () => {
    expect(JSON.parse(formatBlockJson('user', facts, 7, 9))).toEqual({
      feed: 'user',
      ...facts,
      crc32: 7,
      at: 9,
      span: 8_000_000,
      took: 1_000,
    });
    expect(JSON.parse(formatGapJson('user', 65, 70, 9))).toEqual({ feed: 'user', gap: [65, 70], at: 9 });
  });
});

describe('its messages are written under it', () => {
  it('each with offset, time to the microsecond, and its data as they came', () => {
    const lines = joined([
      makeLine(60, 1_767_225_720_000_001, '{"a": 1.0}'),
      makeLine(61, 1_767_225_722_000_000, '"é"'),
    ]);
    expect(formatMessages(lines)).toBe(
      '  60 2026-01-01T00:02:00.000001Z {"a": 1.0}\n  61 2026-01-01T00:02:02.000000Z "é"\n',
    );
  });

  it('without anything that steers a terminal or turns text round', () => {
    const line = makeLine(0, 0, '"a\u001b[2J\u009b2J\u007f\u202e\u2066b"');
    expect(formatMessages(line.bytes)).toBe(
      '  0 1970-01-01T00:00:00.000000Z "a\\u001b[2J\\u009b2J\\u007f\\u202e\\u2066b"\n',
    );
  });

  it('a line for each, whatever the data', () => {
    fc.assert(
      fc.property(fc.array(fc.json(), { minLength: 1 }), (data) => {
        const lines = data.map((text, offset) => makeLine(offset, offset, text));
        const text = formatMessages(joined(lines)).split('\n');
        expect(text).toHaveLength(lines.length + 1);
        text.slice(0, -1).forEach((line, offset) => {
          const json = line.slice(line.indexOf('Z ') + 2);
          expect(JSON.parse(json)).toEqual(JSON.parse(data[offset] as string));
        });
      }),
    );
  });

  it('and throws where a line is no message', () => {
    expect(() => formatMessages(Buffer.from('hello\n'))).toThrow(expect.objectContaining({ code: 'bad-server' }));
  });
});

it('a time before 1970 has its microseconds too', () => {
  expect(isoMicros(-1)).toBe('1969-12-31T23:59:59.999999Z');
  expect(isoMicros(factsOf([plainLine(0)], 'size').firstTime)).toBe('2026-01-01T00:00:00.000000Z');
});
