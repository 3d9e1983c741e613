// Temporary folders and what lies in them.
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { type JournalEntry, type JournalFault, parseEntry } from '../../src/blocks/journal.ts';
import { dataFileOffset, journalFileName } from '../../src/blocks/names.ts';
import type { StoredFeed } from '../../src/blocks/sink.ts';
import { policyName } from '../../src/protocol/policy.ts';

const made: string[] = [];

afterEach(async () => {
  for (const path of made.splice(0)) await rm(path, { recursive: true, force: true });
});

/** An empty folder that is removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'blockfeed-blocks-'));
  made.push(path);
  return path;
}

/** Where a store in `root` keeps the blocks of a feed. */
export function folderIn(root: string, stored: StoredFeed): string {
  return join(root, stored.feed, policyName(stored.policy), stored.epoch);
}

/** The whole lines of a folder's journal, behind the first. */
export async function journalIn(folder: string): Promise<(JournalEntry | JournalFault)[]> {
  const text = await readFile(join(folder, journalFileName), 'latin1');
  return text
    .split('\n')
    .slice(1, -1)
    .map((line) => parseEntry(Buffer.from(line, 'latin1')));
}

/** All data files one after another. */
export async function dataIn(folder: string): Promise<Buffer> {
  const names = await dataFilesIn(folder);
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name)))));
}

export async function dataFilesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => dataFileOffset(name) !== undefined).sort();
}

export async function copyOf(folder: string): Promise<string> {
  const copy = await temporaryFolder();
  await cp(folder, copy, { recursive: true });
  return copy;
}
