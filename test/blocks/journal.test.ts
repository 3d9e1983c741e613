import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../src/base/crc32.ts';
import {
  encodeEntry,
  encodeHead,
  headBytes,
  type JournalEntry,
  parseEntry,
  parseHead,
} from '../../src/blocks/journal.ts';
import { blockLimits } from '../../src/blocks/limits.ts';
import { cuts } from '../../src/protocol/cut.ts';

const any53 = fc.maxSafeNat();
const time = fc.maxSafeInteger();
const range = fc.tuple(any53, any53).filter(([one, other]) => one !== other);

const anyEntry: fc.Arbitrary<JournalEntry> = fc.oneof(
  fc.record({ kind: fc.constant('start' as const), start: any53, at: time }),
  fc.record({ ends: range, at: time, durable: any53 }).map(({ ends, at, durable }) => ({
    kind: 'gap' as const,
    from: Math.min(...ends),
    to: Math.max(...ends),
    at,
    durable,
  })),
  fc
    .record({
      ends: range,
      times: fc.tuple(time, time),
      cut: fc.constantFrom(...cuts),
      bytes: fc.integer({ min: 1 }),
      name: any53,
      pos: any53,
      crc32: fc.nat(4_294_967_295),
      at: time,
      durable: any53,
      firstReceived: time,
      lastReceived: time,
      delivery: fc.constantFrom('block' as const, 'message' as const),
    })
    .filter(({ times, firstReceived, lastReceived }) =>
      [Math.abs((times[0] ?? 0) - (times[1] ?? 0)), Math.abs(lastReceived - firstReceived)].every(Number.isSafeInteger),
    )
    .map(({ ends, times, name, ...rest }) => ({
      kind: 'block' as const,
      from: Math.min(...ends),
      to: Math.max(...ends),
      firstTime: Math.min(...times),
      lastTime: Math.max(...times),
      file: `${String(name).padStart(20, '0')}.ndjson`,
      ...rest,
    })),
);

function lineOf(entry: JournalEntry): Buffer {
  return Buffer.from(encodeEntry(entry).slice(0, -1));
}

/** A line with a right checksum, whatever is in it. */
function checked(head: string): Buffer {
  return Buffer.from(`${head},"self":${crc32(Buffer.from(head))}}`);
}

describe('a journal line', () => {
  it('says what it was made of', () => {
    fc.assert(
      fc.property(anyEntry, (entry) => {
        expect(parseEntry(lineOf(entry))).toEqual(entry);
      }),
    );
  });

  it('has a bound that no entry reaches', () => {
    fc.assert(
      fc.property(anyEntry, (entry) => {
        expect(encodeEntry(entry).length).toBeLessThan(blockLimits.journalLineBytes.max / 2);
      }),
    );
  });

  it('ends with the crc32 of what is before it', () => {
    const line = encodeEntry({ kind: 'start', start: 60, at: 5 });
    expect(line).toBe(`{"start":60,"at":5,"self":${crc32(Buffer.from('{"start":60,"at":5'))}}\n`);
  });

  it('is none when any one byte is another', () => {
    fc.assert(
      fc.property(anyEntry, fc.nat(), fc.integer({ min: 1, max: 255 }), (entry, at, flip) => {
        const line = lineOf(entry);
        line[at % line.length] = (line[at % line.length] as number) ^ flip;
        expect(parseEntry(line).kind).toBe('fault');
      }),
    );
  });

  it('is none when it was torn anywhere', () => {
    fc.assert(
      fc.property(anyEntry, fc.nat(), (entry, at) => {
        const line = lineOf(entry);
        expect(parseEntry(line.subarray(0, at % line.length)).kind).toBe('fault');
      }),
    );
  });

  it.each([
    ['an unknown line', '{"what":1,"at":1'],
    ['a field too many', '{"start":60,"at":5,"more":1'],
    ['a field missing', '{"gap":[1,2],"at":5'],
    ['spaces', '{"start": 60,"at":5'],
    ['another order', '{"at":5,"start":60'],
    ['a range that is empty', '{"gap":[2,2],"at":5,"durable":2'],
    ['a negative offset', '{"start":-1,"at":5'],
    ['no JSON', '{"start":'],
    [
      'a path for a file',
      '{"from":0,"to":1,"cut":"size","bytes":9,"file":"../../x.ndjson","pos":0,"crc32":1,"at":1,"durable":0,"firstTime":0,"lastTime":0,"span":0,"firstReceived":0,"lastReceived":0,"took":0,"delivery":"block"',
    ],
    [
      'a span that does not add up',
      '{"from":0,"to":1,"cut":"size","bytes":9,"file":"00000000000000000000.ndjson","pos":0,"crc32":1,"at":1,"durable":0,"firstTime":0,"lastTime":0,"span":1,"firstReceived":0,"lastReceived":0,"took":0,"delivery":"block"',
    ],
  ])('is none with %s, even under a right checksum', (_, head) => {
    expect(parseEntry(checked(head))).toMatchObject({ kind: 'fault' });
  });
});

describe("a journal's first line", () => {
  const anyHead = fc.record({ feedFile: fc.nat(4_294_967_295), durable: any53 });

  it('says what it was made of, and is always as long, so that it can be written over in its place', () => {
    fc.assert(
      fc.property(anyHead, (head) => {
        const line = encodeHead(head);
        expect(line).toHaveLength(headBytes);
        expect(line.indexOf(10)).toBe(headBytes - 1);
        expect(parseHead(line)).toEqual(head);
      }),
    );
  });

  it('is none when any one byte is another, or bytes of two are mixed', () => {
    fc.assert(
      fc.property(
        anyHead,
        anyHead,
        fc.nat(headBytes - 1),
        fc.integer({ min: 1, max: 255 }),
        (head, other, at, flip) => {
          const line = encodeHead(head);
          const mixed = Buffer.concat([line.subarray(0, at), encodeHead(other).subarray(at)]);
          const parsed = parseHead(mixed);
          expect([undefined, JSON.stringify(head), JSON.stringify(other)]).toContain(parsed && JSON.stringify(parsed));
          line[at] = (line[at] as number) ^ flip;
          expect(parseHead(line)).toBeUndefined();
        },
      ),
    );
  });
});
