// The memory of a generated feed's chunks: true for the turn in which they were given, and then used again.
import { expect, test } from 'vitest';
import type { Chunk } from '../../src/feed/chunk.ts';
import { sliceOf } from '../../src/feed/lines.ts';
import { GeneratedFeed } from '../../src/generate/generated.ts';
import { parseSpecification } from '../../src/generate/specification.ts';

const specification = 'counter?pad=55&rate=max';
const messagesEach = 512;

function feed(): GeneratedFeed {
  return new GeneratedFeed('counter', parseSpecification(specification));
}

test('F1: in one turn however many chunks are read, each stays what it was', async () => {
  const read = feed();
  // Those of the turn before may be used again.
  for (let number = 0; number < 100; number++) read.read(number * messagesEach);
  await new Promise(setImmediate);
  const chunks: [number, Chunk, string][] = [];
  for (let number = 100; number < 300; number++) {
    const from = number * messagesEach;
    const chunk = read.read(from);
    chunks.push([from, chunk, sliceOf(chunk, from, chunk.to).toString()]);
  }
  // A microtask is in the same turn.
  await Promise.resolve();
  const other = feed();
  for (const [from, chunk, text] of chunks) {
    expect(sliceOf(chunk, from, chunk.to).toString() === text).toBe(true);
    // Either may have stopped after fewer lines, where the processor was busy.
    const again = other.read(from);
    const to = Math.min(chunk.to, again.to);
    expect(sliceOf(again, from, to).equals(sliceOf(chunk, from, to))).toBe(true);
    await Promise.resolve();
  }
});

test('a feed that is read fast makes memory for some chunks, not for each', async () => {
  const read = feed();
  const memories = new Set<ArrayBufferLike>();
  for (let number = 0; number < 1_000; number++) {
    memories.add(read.read(number * messagesEach).bytes.buffer);
    if (number % 10 === 9) await new Promise(setImmediate);
  }
  expect(memories.size).toBeLessThan(100);
});

test('a chunk that is used after its turn, when its memory has other lines, has none', async () => {
  const read = feed();
  const first = read.read(0);
  for (let number = 1; number < 200; number++) {
    read.read(number * messagesEach);
    await new Promise(setImmediate);
  }
  expect(first.count).toBe(0);
  expect(() => sliceOf(first, 0, 1)).toThrow('the slice lies in the lines');
});
