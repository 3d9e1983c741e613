// Whatever way a feed's bytes are split into frames, and wherever connections break, the blocks are the same.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FeedPosition, type Request } from '../../src/client/feedPosition.ts';
import { Gather, joinLines } from '../../src/client/gather.ts';
import type { Gap, Part } from '../../src/client/part.ts';
import type { Cut } from '../../src/protocol/cut.ts';
import { splitLines } from '../../src/protocol/message.ts';
import { epochs, linesOf } from '../support/scriptedServer.ts';

interface Whole {
  readonly from: number;
  readonly to: number;
  readonly cut: Cut;
  readonly lines: string;
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text));

/** A feed cut to blocks of these lengths, from this offset on. */
function wholes(start: number, lengths: readonly number[]): Whole[] {
  let from = start;
  return lengths.map((length, index) => {
    const block = {
      from,
      to: from + length,
      cut: (['size', 'wait', 'bytes'] as const)[index % 3] as Cut,
      lines: linesOf(from, from + length),
    };
    from = block.to;
    return block;
  });
}

function collect(items: readonly (Part | Gap | undefined)[]): Whole[] {
  const gather = new Gather();
  return items.flatMap((item) => {
    const parts = item === undefined ? undefined : gather.take(item)?.parts;
    if (parts === undefined) return [];
    const [first, last] = [parts[0] as Part, parts.at(-1) as Part];
    return [{ from: first.from, to: last.to, cut: last.cut as Cut, lines: Buffer.from(joinLines(parts)).toString() }];
  });
}

const feeds = fc.record({
  start: fc.nat(100),
  lengths: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 }),
  /** After how many things sent the connection breaks, again and again. */
  breaks: fc.array(fc.nat(12), { maxLength: 8 }),
  /** How many lines a frame has. */
  frames: fc.infiniteStream(fc.integer({ min: 1, max: 5 })),
});

function cursorAt(from: number, delivery: 'block' | 'message'): FeedPosition {
  const request: Request = { type: 'subscribe', feed: 'user', from, delivery, size: 5 };
  return new FeedPosition(request);
}

function resume(cursor: FeedPosition): number {
  const from = cursor.ask().from as number;
  cursor.subscribed({
    type: 'subscribed',
    id: 0,
    feed: 'user',
    epoch: epochs[0],
    from,
    checked: false,
    anchorEvery: 4_096,
  });
  return from;
}

test('B1, FRAME-2: blocks in any frames over any broken connections are the same in block delivery', () => {
  fc.assert(
    fc.property(feeds, ({ start, lengths, breaks, frames }) => {
      const blocks = wholes(start, lengths);
      const end = blocks.at(-1)?.to as number;
      const cursor = cursorAt(start, 'block');
      const items: (Part | Gap | undefined)[] = [];
      for (const budget of [...breaks, Number.POSITIVE_INFINITY]) {
        let at = resume(cursor);
        for (let sent = 0; sent < budget && at < end; sent++) {
          const block = blocks.find((each) => at < each.to) as Whole;
          const to = Math.min(at + (frames.next().value as number), block.to);
          const cut = to === block.to ? { cut: block.cut } : {};
          items.push(cursor.frame({ feed: 'user', from: at, to, ...cut }, bytes(linesOf(at, to)), 0));
          at = to;
        }
      }
      expect(collect(items)).toEqual(blocks);
    }),
  );
});

test('FRAME-3, FRAME-4: they are the same in message delivery, also when it breaks between a last line and its cut', () => {
  fc.assert(
    fc.property(feeds, ({ start, lengths, breaks }) => {
      const blocks = wholes(start, lengths);
      const sends = blocks.flatMap((block) => [
        ...Array.from(splitLines(bytes(block.lines)), (line, index) => ({ offset: block.from + index, line })),
        { offset: block.to, cut: block.cut },
      ]);
      const cursor = cursorAt(start, 'message');
      const items: (Part | Gap | undefined)[] = [];
      for (const budget of [...breaks, Number.POSITIVE_INFINITY]) {
        const from = resume(cursor);
        // A server that begins at a place says nothing of the block that ended there.
        const first = sends.findIndex((send) => send.offset === from && 'line' in send);
        const rest = first < 0 ? [] : sends.slice(first);
        for (const send of rest.slice(0, budget))
          items.push('line' in send ? cursor.line(send.line, 0) : cursor.cut(send.offset, send.cut, 0));
      }
      expect(collect(items)).toEqual(blocks);
    }),
  );
});

test('a block of one part is that part’s memory, not a copy', () => {
  const cursor = cursorAt(0, 'block');
  resume(cursor);
  const lines = bytes(linesOf(0, 5));
  const part = cursor.frame({ feed: 'user', from: 0, to: 5, cut: 'size' }, lines, 0) as Part;
  expect(joinLines([part])).toBe(lines);
});
