// What may come next and what may not: every way in which a message could be doubled or lost without a word.
import { expect, test } from 'vitest';
import { crc32 } from '../../src/base/crc32.ts';
import { FeedPosition, type Request } from '../../src/client/feedPosition.ts';
import { BlockfeedError } from '../../src/protocol/errors.ts';
import { epochs, lineOf, linesOf } from '../support/scriptedServer.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));

function opened(stated: Partial<Request> = {}, from = 0, epoch: string = epochs[0]): FeedPosition {
  const cursor = new FeedPosition({ type: 'subscribe', feed: 'user', from, size: 5, ...stated });
  answer(cursor, from, epoch);
  return cursor;
}

function answer(cursor: FeedPosition, from: number, epoch: string = epochs[0]): void {
  cursor.subscribed({ type: 'subscribed', id: 0, feed: 'user', epoch, from, checked: false, anchorEvery: 4_096 });
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof BlockfeedError) return error.code;
    throw error;
  }
  return 'nothing was thrown';
}

test.each([
  [
    'a frame that comes twice',
    (at: FeedPosition) => at.frame({ feed: 'user', from: 0, to: 5 }, bytes(linesOf(0, 5)), 0),
  ],
  ['a frame that skips', (at: FeedPosition) => at.frame({ feed: 'user', from: 6, to: 8 }, bytes(linesOf(6, 8)), 0)],
  [
    'a header before its lines',
    (at: FeedPosition) => at.frame({ feed: 'user', from: 4, to: 8 }, bytes(linesOf(5, 8)), 0),
  ],
  ['first line of another', (at: FeedPosition) => at.frame({ feed: 'user', from: 5, to: 8 }, bytes(linesOf(4, 8)), 0)],
  ['last line of another', (at: FeedPosition) => at.frame({ feed: 'user', from: 5, to: 8 }, bytes(linesOf(5, 9)), 0)],
  [
    'a cut-off line',
    (at: FeedPosition) => at.frame({ feed: 'user', from: 5, to: 6 }, bytes(lineOf(5).slice(0, -1)), 0),
  ],
  ['no lines, no end', (at: FeedPosition) => at.frame({ feed: 'user', from: 5, to: 5, cut: 'size' }, bytes(''), 0)],
  ['a cut with no block open', (at: FeedPosition) => at.cut(5, 'size', 0)],
  ['a gap further on', (at: FeedPosition) => at.gap(6, 9, 'lost', 0)],
  ['a gap of what came', (at: FeedPosition) => at.gap(3, 9, 'lost', 0)],
  ['an empty gap', (at: FeedPosition) => at.gap(5, 5, 'lost', 0)],
  ['a line that skips', (at: FeedPosition) => at.line(bytes(lineOf(6)), 0)],
  ['two lines as one', (at: FeedPosition) => at.line(bytes(linesOf(5, 7)), 0)],
])('is bad-server, behind [0, 5): %s', (_name, act) => {
  const cursor = opened();
  cursor.frame({ feed: 'user', from: 0, to: 5, cut: 'size' }, bytes(linesOf(0, 5)), 0);
  expect(codeOf(() => act(cursor))).toBe('bad-server');
  expect(cursor.next).toBe(5);
});

test('RES-1: asks to go on behind the last line that came, with its checksum and the epoch', () => {
  const cursor = opened({ consumer: 'c', window: 3 });
  cursor.frame({ feed: 'user', from: 0, to: 3 }, bytes(linesOf(0, 3)), 0);
  expect(cursor.ask()).toEqual({
    type: 'subscribe',
    feed: 'user',
    from: 3,
    size: 5,
    consumer: 'c',
    window: 3,
    epoch: epochs[0],
    check: crc32(bytes(lineOf(2))),
  });
});

test('keeps the checksum that was given for as long as nothing has come', () => {
  const cursor = opened({ epoch: epochs[0], check: 77 }, 60);
  expect(cursor.ask()).toMatchObject({ from: 60, check: 77 });
  cursor.gap(60, 63, 'lost', 0);
  expect(cursor.ask()).toMatchObject({ from: 63, epoch: epochs[0] });
  expect(cursor.ask()).not.toHaveProperty('check');
});

test('RES-2: another epoch is a reset, the first time and later', () => {
  expect(codeOf(() => opened({ epoch: epochs[1] }))).toBe('reset');
  const cursor = opened();
  cursor.ask();
  expect(codeOf(() => answer(cursor, 0, epochs[1]))).toBe('reset');
});

test('an answer that begins before what was asked for is bad-server; one behind it needs a gap', () => {
  expect(codeOf(() => answer(new FeedPosition({ type: 'subscribe', feed: 'user', from: 9 }), 8))).toBe('bad-server');
  const skipping = new FeedPosition({ type: 'subscribe', feed: 'user', from: 5 });
  answer(skipping, 8);
  const frame = () => skipping.frame({ feed: 'user', from: 8, to: 9 }, bytes(lineOf(8)), 0);
  expect(codeOf(frame)).toBe('bad-server');
  expect(skipping.gap(5, 8, 'retention', 0)).toEqual([{ kind: 'gap', from: 5, to: 8, reason: 'retention' }]);
  expect(frame()).toMatchObject({ from: 8, to: 9 });
});

test('a gap before the place that the server named for a word is told and moves nothing', () => {
  const cursor = new FeedPosition({
    type: 'subscribe',
    feed: 'user',
    from: { committed: { else: 'latest' } },
    consumer: 'c',
  });
  answer(cursor, 60);
  expect(cursor.gap(40, 60, 'retention', 0)).toEqual([{ kind: 'gap', from: 40, to: 60, reason: 'retention' }]);
  expect(cursor.next).toBe(60);
});

test('FRAME-6: a gap ends the block that is open, an end without lines too, and neither makes an empty one', () => {
  const cursor = opened();
  cursor.frame({ feed: 'user', from: 0, to: 3 }, bytes(linesOf(0, 3)), 0);
  expect(cursor.gap(3, 7, 'retention', 9)).toMatchObject([
    { kind: 'part', from: 3, to: 3, cut: 'gap', receivedMicros: 9 },
    { kind: 'gap', from: 3, to: 7 },
  ]);
  expect(cursor.gap(7, 8, 'retention', 9)).toMatchObject([{ kind: 'gap', from: 7, to: 8 }]);
  cursor.frame({ feed: 'user', from: 8, to: 9 }, bytes(lineOf(8)), 0);
  const end = () => cursor.frame({ feed: 'user', from: 9, to: 9, cut: 'end' }, bytes(''), 0);
  expect(end()).toMatchObject({ from: 9, to: 9, cut: 'end' });
  expect(end()).toBeUndefined();
});

test('RES-5: in message delivery a last line that is another when it comes again has diverged', () => {
  const cursor = opened({ delivery: 'message' });
  cursor.line(bytes(lineOf(0)), 0);
  expect(cursor.ask()).toMatchObject({ from: 0, epoch: epochs[0] });
  expect(cursor.caughtUp).toBe(false);
  answer(cursor, 0);
  expect(codeOf(() => cursor.line(bytes(lineOf(0, 'another')), 0))).toBe('diverged');
  expect(cursor.line(bytes(lineOf(0)), 0)).toBeUndefined();
  expect(cursor.caughtUp).toBe(true);
});

test('a last line that cannot come again since it was lost ends its block with the gap', () => {
  const cursor = opened({ delivery: 'message' });
  cursor.line(bytes(lineOf(0)), 0);
  cursor.line(bytes(lineOf(1)), 0);
  cursor.ask();
  answer(cursor, 4);
  expect(cursor.gap(1, 4, 'retention', 0)).toMatchObject([
    { kind: 'part', from: 2, to: 2, cut: 'gap' },
    { kind: 'gap', from: 2, to: 4 },
  ]);
});

test('a gap of nothing but the last line, which came before, loses nothing: its block ends, and no gap is told', () => {
  const cursor = opened({ delivery: 'message' });
  cursor.line(bytes(lineOf(0)), 0);
  cursor.line(bytes(lineOf(1)), 0);
  expect(cursor.ask()).toMatchObject({ from: 1 });
  answer(cursor, 1);
  expect(cursor.gap(1, 2, 'retention', 0)).toMatchObject([{ kind: 'part', from: 2, to: 2, cut: 'end' }]);
  expect(cursor.ask()).toMatchObject({ from: 2 });
});

test('a clock that goes back makes no part begin after it came', () => {
  expect(opened().line(bytes(lineOf(0)), 1_000, 2_000)).toMatchObject({ beganMicros: 1_000, receivedMicros: 1_000 });
  const came = opened().frame({ feed: 'user', from: 0, to: 3 }, bytes(linesOf(0, 3)), 1_000, 2_000);
  expect(came).toMatchObject({ beganMicros: 1_000, receivedMicros: 1_000 });
});
