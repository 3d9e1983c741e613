// What lies in a collector's folder after a test, read twice: by the product's own verifying, with every byte made again,
// and by a few lines here that know nothing of it.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type VerifiedFolder, verifyFolder } from '../../src/blocks/verify.ts';
import { regenerate } from '../../src/generate/regenerate.ts';

/** A block's line in the journal, as far as it is looked at here. */
export interface StoredBlock {
  readonly from: number;
  readonly to: number;
  readonly cut: string;
  readonly bytes: number;
  readonly firstTime: number;
  readonly lastTime: number;
  readonly span: number;
  readonly took: number;
  readonly delivery: string;
}

/** What one folder holds. */
export interface Stored {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly blocks: readonly StoredBlock[];
  /** Each message's line, newline included, from `from` on. */
  readonly lines: readonly string[];
}

/**
 * Reads every folder below `root`. Fails the test unless each holds every message from the first to the last once, in
 * order, in blocks that follow one another without a gap, and comes out the same when it is made again.
 */
export async function verified(root: string): Promise<Stored[]> {
  const folders = await verifyFolder(root, { regenerate });
  expect(folders.flatMap(({ path, problems }) => problems.map((problem) => ({ path, ...problem })))).toEqual([]);
  expect(folders.filter(({ regenerated, gaps }) => !regenerated || gaps > 0)).toEqual([]);
  return await Promise.all(folders.map(stored));
}

async function stored({ path, messages }: VerifiedFolder): Promise<Stored> {
  const names = (await readdir(path)).filter((name) => /^\d{20}\.ndjson$/.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(path, name), 'utf8')));
  const lines = texts
    .join('')
    .split(/(?<=\n)/)
    .filter((line) => line !== '');
  const blocks = await journalBlocks(path);
  const from = blocks[0]?.from ?? 0;
  const offsets = lines.map((line) => (JSON.parse(line) as { offset: number }).offset);
  // Not by `toEqual` of long arrays: those are slow, and tell nothing when they differ.
  expect(offsets.findIndex((offset, index) => offset !== from + index)).toBe(-1);
  expect(lines.length).toBe(messages);
  let next = from;
  for (const block of blocks) {
    if (block.from !== next) expect.fail(`${path}: block [${block.from},${block.to}) does not begin at ${next}`);
    next = block.to;
  }
  expect(next).toBe(from + lines.length);
  return { path, from, to: next, blocks, lines };
}

/** The blocks that the journal of a folder tells so far; its last line may be half written. */
export async function journalBlocks(path: string): Promise<StoredBlock[]> {
  const text = await readFile(join(path, 'blocks.journal'), 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line.startsWith('{"from":'))
    .map((line) => JSON.parse(line) as StoredBlock);
}

/** Fails the test unless both have the same bytes, and blocks end at the same places, wherever both have stored. */
export function expectSameBlocks(one: Stored, other: Stored): { readonly messages: number; readonly blocks: number } {
  const from = Math.max(one.from, other.from);
  const to = Math.min(one.to, other.to);
  expect(to).toBeGreaterThan(from);
  const linesOf = (stored: Stored) => stored.lines.slice(from - stored.from, to - stored.from).join('');
  expect(linesOf(one) === linesOf(other), `${one.path} and ${other.path} have the same bytes of [${from},${to})`).toBe(
    true,
  );
  // A cut `end` is the reader's own; every other is the policy's.
  const cutsOf = ({ blocks }: Stored) =>
    blocks
      .filter((block) => block.to > from && block.to <= to && block.cut !== 'end')
      .map(({ to, cut }) => `${to} ${cut}`);
  const ownEnd = (stored: Stored) => (stored.to === to ? [`${to} `] : []);
  const isOwnEnd = (place: string) => [...ownEnd(one), ...ownEnd(other)].some((end) => place.startsWith(end));
  const cuts = cutsOf(one).filter((place) => !isOwnEnd(place));
  expect(cutsOf(other).filter((place) => !isOwnEnd(place))).toEqual(cuts);
  return { messages: to - from, blocks: cuts.length };
}
