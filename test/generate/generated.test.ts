// The memory of a generated feed's chunks: true for the turn in which they were given, and then used again; and of all feeds
// together no more than is stated.
import { expect, test } from 'vitest';
import type { Chunk } from '../../src/feed/chunk.ts';
import { ChunkMemory } from '../../src/feed/chunkMemory.ts';
import { feedLimits } from '../../src/feed/limits.ts';
import { sliceOf } from '../../src/feed/lines.ts';
import { GeneratedFeed } from '../../src/generate/generated.ts';
import { parseSpecification } from '../../src/generate/specification.ts';
import { messageLine } from '../../src/protocol/message.ts';
import { ManualClock } from '../support/manualClock.ts';

const specification = 'counter?pad=55&rate=max';
const messagesEach = 512;
/** Lines of nearly a million bytes, each of which takes many turns' pieces. */
const dear = 'array?shape=95000&digits=6&rate=max';

function feed(text = specification, memory?: ChunkMemory): GeneratedFeed {
  return new GeneratedFeed('made', parseSpecification(text), new ManualClock(), memory);
}

function lineOf(text: string, offset: number): string {
  const { generator, schedule } = parseSpecification(text);
  const timeMicros = schedule.dueMicros(offset);
  return messageLine(offset, timeMicros, generator.data(offset, timeMicros));
}

/** No time passes. */
const still = () => 0;

/** Long ago: a read stops as soon as it may. */
const over = 0;

function readNow(read: GeneratedFeed, from: number): Chunk {
  const chunk = read.read(from, Number.POSITIVE_INFINITY);
  if (chunk === undefined) throw new Error(`nothing of ${from} is there`);
  return chunk;
}

const nextTurn = () => new Promise(setImmediate);

test('F1: in one turn however many chunks are read, each stays what it was', async () => {
  const read = feed();
  // Those of the turn before may be used again.
  for (let number = 0; number < 20; number++) readNow(read, number * messagesEach);
  await nextTurn();
  const chunks: [number, Chunk, string][] = [];
  for (let number = 100; number < 300; number++) {
    const from = number * messagesEach;
    const chunk = read.read(from, Number.POSITIVE_INFINITY);
    // All memory that one feed may have is in use in this turn.
    if (chunk === undefined) break;
    chunks.push([from, chunk, sliceOf(chunk, from, chunk.to).toString()]);
  }
  expect(chunks.length).toBeGreaterThan(20);
  expect(chunks.length).toBeLessThan(60);
  // A microtask is in the same turn.
  await Promise.resolve();
  for (const [from, chunk, text] of chunks) {
    expect(sliceOf(chunk, from, chunk.to).toString() === text).toBe(true);
    const again = readNow(feed(), from);
    expect(sliceOf(again, from, again.to).equals(sliceOf(chunk, from, chunk.to))).toBe(true);
    await Promise.resolve();
  }
  await nextTurn();
  expect(readNow(read, 1_000 * messagesEach).from).toBe(1_000 * messagesEach);
});

test('a feed that is read fast makes memory for some chunks, not for each', async () => {
  const read = feed();
  const memories = new Set<ArrayBufferLike>();
  for (let number = 0; number < 1_000; number++) {
    memories.add(readNow(read, number * messagesEach).bytes.buffer);
    if (number % 10 === 9) await nextTurn();
  }
  expect(memories.size).toBeLessThan(100);
});

test('a chunk that is used after its turn, when its memory has other lines, has none', async () => {
  const read = feed();
  const first = readNow(read, 0);
  for (let number = 1; number < 200; number++) {
    readNow(read, number * messagesEach);
    await nextTurn();
  }
  expect(first.count).toBe(0);
  expect(() => sliceOf(first, 0, 1)).toThrow('the slice lies in the lines');
});

test('reading stops inside a message, goes on where it was, and gives the same bytes', () => {
  const read = feed(dear);
  let reads = 1;
  let chunk = read.read(7, over);
  for (; chunk === undefined; reads++) chunk = read.read(7, over);
  expect(reads).toBeGreaterThan(100);
  expect([chunk.from, chunk.to]).toEqual([7, 8]);
  expect(sliceOf(chunk, 7, 8).toString() === lineOf(dear, 7)).toBe(true);
  expect(chunk.timeOf(7)).toBe(parseSpecification(dear).schedule.dueMicros(7));
});

test.each([
  'array?shape=50x40x3&dtype=uint8&dist=binomial&n=1000000&rate=max',
  'array?shape=3000&dist=normal&dtype=float32&rate=max',
  `template?rate=max&record=${JSON.stringify(Array.from({ length: 25 }, (_, index) => `ünï {{word.words(${1 + index})}} ü`))}`,
])('made in pieces, %s is what it is in one go', (text) => {
  const read = feed(text);
  for (const offset of [0, 5, 4_294_967_297]) {
    let reads = 0;
    let chunk: Chunk | undefined;
    for (; chunk === undefined; reads++) chunk = read.read(offset, over);
    expect(reads).toBeGreaterThan(3);
    expect(sliceOf(chunk, offset, offset + 1).toString() === lineOf(text, offset)).toBe(true);
  }
});

test("two readers at two places of a dear feed, turn about, do not throw each other's work away", async () => {
  const read = feed(dear);
  const got = new Set<number>();
  let turns = 0;
  for (; got.size < 2; turns++) {
    for (const offset of [3, 9]) if (read.read(offset, over) !== undefined) got.add(offset);
    await nextTurn();
  }
  const { length } = [...(parseSpecification(dear).generator.pieces?.(3, 0) ?? [])];
  expect(turns).toBeLessThan(length + 10);
});

test('of a dear feed that many read at many places few are begun at once, and none of them for nothing', async () => {
  const read = feed(dear);
  const left = new Set(Array.from({ length: 10 }, (_, index) => index * 10));
  const { length } = [...(parseSpecification(dear).generator.pieces?.(3, 0) ?? [])];
  let turns = 0;
  while (left.size > 0)
    for (const offset of left) {
      if (read.read(offset, over) !== undefined) left.delete(offset);
      turns++;
      await nextTurn();
    }
  // Two are under way, and each of those who are left comes in turn: ten, then eight, and so on.
  expect(turns).toBeLessThan((10 + 8 + 6 + 4 + 2) * (length + 10));
});

test('E1: all feeds of a server together hold no more than is stated, the lines that are begun too', async () => {
  const maxBytes = 8_388_608;
  const memory = new ChunkMemory(maxBytes, still);
  const feeds = Array.from({ length: 30 }, (_, index) =>
    feed(index % 2 === 0 ? `${dear}&seed=${index}` : `counter?pad=${index * 10}&rate=max`, memory),
  );
  let most = 0;
  for (let turn = 0; turn < 300; turn++) {
    for (const read of feeds) {
      read.read(turn * 1_000, over);
      most = Math.max(most, memory.bytes);
    }
    await nextTurn();
  }
  expect(most).toBeLessThanOrEqual(maxBytes);
  expect(most).toBeGreaterThan(maxBytes / 2);
});

test('E1: cheap feeds are read on while the dear ones have all the memory that lines which are begun may have', async () => {
  const memory = new ChunkMemory(8_388_608, still);
  const cheapOnes = Array.from({ length: 40 }, (_, pad) => feed(`counter?rate=max&pad=${60 + pad}`, memory));
  const dearOnes = Array.from({ length: 30 }, (_, index) => feed(`${dear}&seed=${index}`, memory));
  for (let turn = 0; turn < 20; turn++) {
    for (const read of dearOnes) read.read(0, over);
    for (const cheap of cheapOnes) expect(cheap.read(turn * messagesEach, Number.POSITIVE_INFINITY)).toBeDefined();
    await nextTurn();
  }
});

test('a feed that nobody watches any more gives all its memory back', async () => {
  const memory = new ChunkMemory(8_388_608, still);
  const read = feed(dear, memory);
  const leave = read.watch(() => undefined);
  read.read(0, over);
  expect(memory.bytes).toBeGreaterThan(900_000);
  leave();
  await nextTurn();
  expect(memory.bytes).toBe(0);
});

test('a line that was begun, and that nobody asks for any more, gives its memory to others', async () => {
  let nowMs = 0;
  const memory = new ChunkMemory(2 * feedLimits.feedMadeBytes.default, () => nowMs);
  const [one, two, other] = [1, 2, 3].map((seed) => feed(`${dear}&seed=${seed}`, memory)) as [
    GeneratedFeed,
    GeneratedFeed,
    GeneratedFeed,
  ];
  for (const read of [one, two]) read.read(0, over);
  const heldBytes = memory.bytes;
  const turn = async () => {
    await nextTurn();
    one.read(0, over);
    return other.read(0, Number.POSITIVE_INFINITY);
  };
  for (let turns = 0; turns < 10; turns++) expect(await turn()).toBeUndefined();
  nowMs = feedLimits.abandonedMs.default + 1;
  await turn();
  expect(await turn()).toBeDefined();
  expect(memory.bytes).toBe(heldBytes);
});
