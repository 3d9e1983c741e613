// Frames of block delivery: what is put together comes apart, and what is no frame is said to be none.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cuts } from '../../src/protocol/cut.ts';
import { BlockfeedError } from '../../src/protocol/errors.ts';
import { frameHeaderLine, maxFrameHeaderBytes, parseFrame } from '../../src/protocol/frame.ts';

const encoder = new TextEncoder();
const feedName = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,76}$/);
const range = fc.tuple(fc.maxSafeNat(), fc.maxSafeNat()).map((ends) => ends.sort((a, b) => a - b) as [number, number]);

function frame(header: string, lines: Uint8Array = new Uint8Array()): Uint8Array {
  return Buffer.concat([encoder.encode(header), lines]);
}

describe('a frame', () => {
  it('FRAME-1: comes apart into the header and the very bytes that it was put together from', () => {
    fc.assert(
      fc.property(
        feedName,
        range,
        fc.constantFrom(undefined, ...cuts),
        fc.uint8Array(),
        (feed, [from, to], cut, lines) => {
          fc.pre(from < to);
          const parsed = parseFrame(frame(frameHeaderLine(feed, from, to, cut), lines));
          expect(parsed.header).toStrictEqual(cut === undefined ? { feed, from, to } : { feed, from, to, cut });
          expect(Buffer.from(parsed.lines).equals(lines)).toBe(true);
        },
      ),
    );
  });

  it('FRAME-1: has a header that says the feed, the range and the cut, and nothing else', () => {
    expect(frameHeaderLine('user', 60, 65, 'size')).toBe('{"feed":"user","from":60,"to":65,"cut":"size"}\n');
    expect(frameHeaderLine('user', 60, 65, undefined)).toBe('{"feed":"user","from":60,"to":65}\n');
  });

  it('FRAME-6: without a message ends the open block with cut end, and says nothing else', () => {
    expect(parseFrame(frame(frameHeaderLine('a', 7, 7, 'end'))).header).toEqual({
      feed: 'a',
      from: 7,
      to: 7,
      cut: 'end',
    });
    for (const cut of [undefined, 'size', 'wait', 'bytes', 'gap'] as const)
      expect(fault(frame(frameHeaderLine('a', 7, 7, cut)))).toBe('bad-server');
  });

  it('is taken apart without copying its lines', () => {
    const whole = frame(frameHeaderLine('a', 0, 1, 'size'), encoder.encode('x\n'));
    expect(parseFrame(whole).lines.buffer).toBe(whole.buffer);
  });

  it('has a header that always fits into what is searched for it', () => {
    const longest = frameHeaderLine('a'.repeat(77), Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 'bytes');
    expect(longest.length).toBeLessThanOrEqual(maxFrameHeaderBytes);
  });

  it.each([
    ['empty', ''],
    ['no newline', '{"feed":"a","from":0,"to":1}'],
    ['a newline too late', `{"feed":"a","from":0,"to":1${' '.repeat(maxFrameHeaderBytes)}}\n`],
    ['an empty header', '\n'],
    ['no JSON', 'feed a\n'],
    ['cut off', '{"feed":"a","from":0,"to":\n'],
    ['null', 'null\n'],
    ['a number', '7\n'],
    ['text', '"feed from to"\n'],
    ['an array', '["feed","from","to"]\n'],
    ['no feed', '{"from":0,"to":1}\n'],
    ['a feed that is no text', '{"feed":1,"from":0,"to":1}\n'],
    ['no from', '{"feed":"a","to":1}\n'],
    ['no to', '{"feed":"a","from":0}\n'],
    ['from on __proto__', '{"__proto__":{"from":0},"feed":"a","to":1}\n'],
    ['from below 0', '{"feed":"a","from":-1,"to":1}\n'],
    ['half an offset', '{"feed":"a","from":0.5,"to":1}\n'],
    ['an offset as text', '{"feed":"a","from":"0","to":1}\n'],
    ['an infinite offset', '{"feed":"a","from":0,"to":1e999}\n'],
    ['an offset of 2^53', '{"feed":"a","from":0,"to":9007199254740992}\n'],
    ['a range that goes back', '{"feed":"a","from":2,"to":1}\n'],
    ['an unknown cut', '{"feed":"a","from":0,"to":1,"cut":"sise"}\n'],
    ['a cut of null', '{"feed":"a","from":0,"to":1,"cut":null}\n'],
    ['a byte order mark', '\ufeff{"feed":"a","from":0,"to":1}\n'],
  ])('is refused: %s', (_why, header) => {
    expect(fault(frame(header, encoder.encode('{}\n')))).toBe('bad-server');
  });

  it('is refused where its header is not UTF-8', () => {
    const header = frame('{"feed":"a?","from":0,"to":1}\n');
    header[header.indexOf(0x3f)] = 0xff;
    expect(fault(header)).toBe('bad-server');
  });

  it('is parsed or refused as bad-server, whatever its bytes are', () => {
    const bent = fc
      .tuple(fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }), fc.nat(60))
      .map(([changes, length]) => {
        const bytes = frame(frameHeaderLine('user', 60, 65, 'size'), encoder.encode('{}\n{}\n')).subarray(
          0,
          20 + length,
        );
        for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), bent), (bytes) => {
        expect([undefined, 'bad-server']).toContain(fault(bytes));
      }),
      { numRuns: 2_000 },
    );
  });
});

/** The code with which the bytes are refused, or undefined; anything but a BlockfeedError gets through. */
function fault(bytes: Uint8Array): string | undefined {
  try {
    parseFrame(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof BlockfeedError) return error.code;
    throw error;
  }
}
