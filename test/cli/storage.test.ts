// Where a collector cannot store: one line that says so, exit code 1, and no ack for what is not on the disk.
import { mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { verifyFolder } from '../../src/blocks/verify.ts';
import { generatedFeeds } from '../../src/generate/index.ts';
import { regenerate } from '../../src/generate/regenerate.ts';
import { createServer } from '../../src/server/index.ts';
import { dataFilesIn, dataIn, temporaryFolder } from '../blocks/folders.ts';
import { readOnlyDisk, smallDisk } from '../blocks/smallDisk.ts';
import { collecting, until } from '../end-to-end/processes.ts';
import { blockfeed, shell } from './command.ts';

/** A server whose feed `all` has every message there already, and the end of the last range that was acked. */
async function feedServer(): Promise<{ readonly url: string; readonly acked: () => Promise<number> }> {
  let acked = 0;
  const note = (fields: object, sentence: string): void => {
    // Above 100 acks a second the ranges are not logged: then this would not see them.
    if (sentence.includes(' more acks')) throw new Error('too many acks to see each');
    if (sentence.startsWith('ack ')) acked = Math.max(acked, (fields as { readonly to: number }).to);
  };
  const server = createServer({
    maker: generatedFeeds,
    feeds: { all: 'counter?rate=max', live: 'counter?rate=20' },
    log: { info: note, warn: () => {}, error: () => {} },
  });
  onTestFinished(() => server.close());
  return {
    url: (await server.listen()).url,
    async acked() {
      // Whoever sent acks has gone: when the server knows it, it has read them all.
      await until(() => server.stats().connections === 0);
      return acked;
    },
  };
}

// A small window, so that some is synced and acked before the small disk is full.
const takeAll = ['all', '--from', '0', '--size', '500', '--window', '8'];

function expectOneError(stderr: string, error: RegExp): void {
  const lines = stderr.split('\n').filter((line) => line.startsWith('error: '));
  expect(lines, stderr).toHaveLength(1);
  expect(lines[0]).toMatch(error);
  expect(stderr).not.toMatch(/^\s+at |a defect/m);
}

test('a full disk: an error, every acked block is on the disk, and with more room it goes on to the same bytes', async () => {
  const disk = await smallDisk();
  const { url, acked } = await feedServer();
  const filler = join(disk.path, 'filler');
  await writeFile(filler, Buffer.alloc(524_288));
  const out = join(disk.path, 'out');

  const full = await blockfeed('collect', url, ...takeAll, '--out', out);
  expectOneError(
    full.stderr,
    /^error: cannot write .*ENOSPC: no space left on device.* Free some space and start again/,
  );
  expect(full.exitCode).toBe(1);
  const [stored] = await verifyFolder(out, { regenerate });
  expect(stored?.problems).toEqual([]);
  expect(stored?.messages).toBeGreaterThanOrEqual(await acked());
  expect(await acked()).toBeGreaterThan(0);

  await unlink(filler);
  const before = stored?.messages ?? 0;
  const later = await blockfeed('collect', url, ...takeAll, '--out', out, '-n', '3', '--json');
  expect(later.exitCode, later.stderr).toBe(0);
  expect(JSON.parse(later.stdout.split('\n')[0] ?? '')).toMatchObject({ from: before, to: before + 500, cut: 'size' });
  const [whole] = await verifyFolder(out, { regenerate });
  expect(whole).toMatchObject({ messages: before + 1_500, problems: [], unsealedBytes: 0, tornJournalBytes: 0 });
});

test('a full disk under --text: an error, and no ack for a block that is not in the file', async () => {
  const disk = await smallDisk();
  const { url, acked } = await feedServer();
  const file = join(disk.path, 'blocks.txt');
  const full = await blockfeed('collect', url, ...takeAll, '--text', file);
  expectOneError(full.stderr, /^error: cannot write .*blocks\.txt: ENOSPC/);
  expect(full.exitCode).toBe(1);
  const { stdout } = await shell(`grep '^block all' '${file}' | tail -1`);
  const [, to] = /^block all \[\d+,(\d+)\)/.exec(stdout) ?? [];
  expect(await acked()).toBeGreaterThan(0);
  expect(Number(to)).toBeGreaterThanOrEqual(await acked());
});

test('a disk without any room: an error, and nothing is acked', async () => {
  const disk = await smallDisk();
  await disk.fill();
  const { url, acked } = await feedServer();
  for (const flags of [
    ['--out', join(disk.path, 'out')],
    ['--out', disk.path],
    ['--text', join(disk.path, 'text')],
  ]) {
    const { exitCode, stdout, stderr } = await blockfeed('collect', url, ...takeAll, ...flags);
    expectOneError(stderr, /^error: cannot .*ENOSPC/);
    expect(stdout).toBe('');
    expect(exitCode).toBe(1);
  }
  expect(await acked()).toBe(0);
});

test('stdout on a full disk: an error, and no ack for a block that was not written whole', async () => {
  const disk = await smallDisk();
  const { url, acked } = await feedServer();
  const file = join(disk.path, 'told');
  const { exitCode, stderr } = await shell(`blockfeed collect ${url} ${takeAll.join(' ')} > '${file}'`);
  expectOneError(stderr, /^error: cannot write to stdout: ENOSPC/);
  expect(exitCode).toBe(1);
  const { stdout } = await shell(`grep '^block all' '${file}' | tail -1`);
  const [, to] = /^block all \[\d+,(\d+)\)/.exec(stdout) ?? [];
  expect(Number(to)).toBeGreaterThanOrEqual(await acked());
});

test('--out and --text where nothing can be written: an error that names the path, and nothing is acked', async () => {
  const { url, acked } = await feedServer();
  const folder = await temporaryFolder();
  const file = join(folder, 'file');
  await writeFile(file, 'mine');
  await mkdir(join(folder, 'folder'));
  const readOnly = await readOnlyDisk();
  const cases: [string, string, RegExp][] = [
    ['--out', file, /ENOTDIR|EEXIST/],
    ['--out', join(file, 'below'), /ENOTDIR/],
    ['--out', readOnly, /EROFS/],
    ['--out', join(readOnly, 'below'), /EROFS/],
    ['--out', '/proc/blockfeed', /ENOENT/],
    ['--out', '/dev/null', /ENOTDIR|EEXIST/],
    ['--text', join(folder, 'folder'), /EISDIR/],
    ['--text', join(file, 'below'), /ENOTDIR/],
    ['--text', join(folder, 'no-such-folder', 'file'), /ENOENT/],
    ['--text', join(readOnly, 'file'), /EROFS/],
    ['--text', '/dev/full', /ENOSPC/],
  ];
  for (const [flag, path, error] of cases) {
    const { exitCode, stdout, stderr } = await blockfeed('collect', url, ...takeAll, '-n', '1', flag, path);
    expectOneError(stderr, error);
    expect(stderr).toContain(path);
    expect(stdout).toBe('');
    expect(exitCode, `${flag} ${path}`).toBe(1);
  }
  expect(await acked()).toBe(0);
  expect((await readdir(folder)).sort()).toEqual(['file', 'folder']);
});

test("a living collector's folder: an error that names its process; when that has left, the folder can be had", async () => {
  const { url } = await feedServer();
  const out = await temporaryFolder();
  const first = collecting(url, 'live', '--size', '5', '--out', out);
  await first.stdout.including('block live');

  const second = await blockfeed('collect', url, 'live', '--size', '5', '--out', out);
  expectOneError(
    second.stderr,
    new RegExp(`is in use by process ${first.pid} of the machine .+\\. Let that collector leave first`),
  );
  expect(second.stdout).toBe('');
  expect(second.exitCode).toBe(1);

  expect(await first.end('SIGINT')).toBe(0);
  const third = await blockfeed('collect', url, 'live', '--size', '5', '--out', out, '-n', '1');
  expect(third.exitCode, third.stderr).toBe(0);
  const [stored] = await verifyFolder(out, { regenerate });
  expect(stored?.problems).toEqual([]);
});

test('A1: a data file deleted while a collector writes it: an error, and no ack for a block that is not there', async () => {
  const { url, acked } = await feedServer();
  const out = await temporaryFolder();
  const collector = collecting(url, 'live', '--size', '5', '--out', out);
  await collector.stdout.including('block live');
  const [before] = await verifyFolder(out);
  const [name = ''] = await dataFilesIn(before?.path ?? '');
  await unlink(join(before?.path ?? '', name));
  expect(await collector.ended).toBe(1);
  const stderr = collector.stderr.all.join('\n');
  expectOneError(stderr, /ndjson is gone: it was deleted, moved or replaced while it was written to\. Start again/);
  // What was acked meanwhile was durable in that file, before it was deleted.
  const [found] = await verifyFolder(out);
  const [gone] = found?.problems ?? [];
  expect(gone).toMatchObject({ file: name });
  const [, from, to] = /the file is missing, with the blocks \[(\d+),(\d+)\)/.exec(gone?.message ?? '') ?? [];
  expect(Number(to) - Number(from)).toBe(found?.messages);
  expect(await acked()).toBe(Number(to));

  const next = await blockfeed('collect', url, 'live', '--size', '5', '--out', out, '-n', '1');
  expect(next.stderr).toMatch(new RegExp(`1 data file is gone, the first is ${name}\n[^]*live: goes on at ${to}\n`));
  expect(next.exitCode).toBe(0);
  const verified = await blockfeed('verify', out);
  expect(verified.stdout).toContain(
    `${name} byte 0 offset ${from}: the file is missing, with the blocks [${from},${to})`,
  );
  expect(verified.exitCode).toBe(1);
});

test('a folder that lost its journal: refused as damaged, nothing in it is removed, and verify says so', async () => {
  const { url } = await feedServer();
  const out = await temporaryFolder();
  await blockfeed('collect', url, ...takeAll, '--out', out, '-n', '3');
  const [before] = await verifyFolder(out, { regenerate });
  const folder = before?.path ?? '';
  const stored = await dataIn(folder);
  await unlink(join(folder, 'blocks.journal'));
  const { exitCode, stderr } = await blockfeed('collect', url, ...takeAll, '--out', out, '-n', '1');
  expectOneError(stderr, /blocks\.journal, byte 0: it is missing or empty, .* Nothing was changed/);
  expect(exitCode).toBe(1);
  expect((await dataIn(folder)).equals(stored)).toBe(true);
  const verified = await blockfeed('verify', out);
  expect(verified.stdout).toMatch(/^WRONG /);
  expect(verified.exitCode).toBe(1);
});

test('--json beside --out tells the lines of the journal, each with its feed, once they are durable', async () => {
  const { url } = await feedServer();
  const out = await temporaryFolder();
  const { stdout, exitCode } = await blockfeed('collect', url, ...takeAll, '--out', out, '-n', '3', '--json');
  expect(exitCode).toBe(0);
  const [stored] = await verifyFolder(out, { regenerate });
  const journal = (await readFile(join(stored?.path ?? '', 'blocks.journal'), 'utf8')).split('\n').slice(2, -1);
  expect(journal).toHaveLength(3);
  expect(stdout).toBe(journal.map((line) => `{"feed":"all",${line.slice(1)}\n`).join(''));
});

test('verify of a damaged folder ends with 1, also where the reader of its output has gone', async () => {
  const { url } = await feedServer();
  const out = await temporaryFolder();
  await blockfeed('collect', url, ...takeAll, '--out', out, '-n', '1');
  const [stored] = await verifyFolder(out);
  await unlink(join(stored?.path ?? '', 'blocks.journal'));
  // A pipe that had a reader, which is gone before anything is written.
  const gone = `mkfifo '${out}.pipe'; exec 3<>'${out}.pipe' 4>'${out}.pipe' 3<&-; rm '${out}.pipe'`;
  for (const flags of ['', '--json'])
    expect(await shell(`${gone}; blockfeed verify '${out}' ${flags} >&4`)).toMatchObject({ exitCode: 1 });
});

test('a collector whose reader has gone leaves a folder that is whole, and the next goes on in it', async () => {
  const { url } = await feedServer();
  const out = await temporaryFolder();
  const flags = `${takeAll.join(' ')} --out '${out}' --json`;
  const { stdout, stderr } = await shell(`{ blockfeed collect ${url} ${flags}; echo "ended $?" >&2; } | head -1`);
  expect(stdout).toMatch(/^.+\n$/);
  expect(stderr).toBe('all: begins at 0\nended 0\n');
  const [before] = await verifyFolder(out, { regenerate });
  expect(before?.problems).toEqual([]);
  const next = await blockfeed('collect', url, ...takeAll, '--out', out, '-n', '2');
  expect(next.stderr).toContain(`all: goes on at ${before?.messages}\n`);
  const [after] = await verifyFolder(out, { regenerate });
  expect(after).toMatchObject({ messages: (before?.messages ?? 0) + 1_000, problems: [] });
});
