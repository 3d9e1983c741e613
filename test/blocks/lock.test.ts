import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { takeLock } from '../../src/blocks/folder/lock.ts';
import { isLiving, ownIdentity } from '../../src/blocks/folder/process.ts';
import { folderStore } from '../../src/blocks/sinks/folder.ts';
import { folderIn, temporaryFolder } from './folders.ts';
import { storedFeed } from './story.ts';

const feed = storedFeed({ size: 50 });
const started: ChildProcess[] = [];

afterEach(async () => {
  for (const child of started.splice(0)) if (child.exitCode === null && child.signalCode === null) await killed(child);
});

/** A process that holds the folder if it can, and the first line it says. */
async function holder(root: string): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'writer.mjs'), root, 'hold'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  started.push(child);
  const said = await new Promise<string>((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk))));
  return { child, said };
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.stdin?.end();
  await gone;
}

describe('a folder in use', () => {
  it('is refused to another process, with the pid of the holder, until that has left', async () => {
    const root = await temporaryFolder();
    const { child } = await holder(root);
    const message = expect.stringContaining(`in use by process ${child.pid}`);
    await expect(folderStore(root).open(feed)).rejects.toMatchObject({ code: 'locked', message });
    await expect(folderStore(root).reopen('user', { size: 50 })).rejects.toMatchObject({ code: 'locked', message });
    await ended(child);
    await (await folderStore(root).open(feed)).close();
  });

  it('is refused to the process that has it', async () => {
    const root = await temporaryFolder();
    const sink = await folderStore(root).open(feed);
    await expect(folderStore(root).open(feed)).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringContaining(`this process (${process.pid})`),
    });
    await sink.close();
    await (await folderStore(root).open(feed)).close();
  });

  it('is taken over from a process that was killed', async () => {
    const root = await temporaryFolder();
    const { child } = await holder(root);
    await killed(child);
    expect(await readdir(folderIn(root, feed))).toContain('lock');
    const sink = await folderStore(root).open(feed);
    expect(JSON.parse(await readFile(join(folderIn(root, feed), 'lock'), 'utf8'))).toEqual(ownIdentity());
    await sink.close();
    expect(await readdir(folderIn(root, feed))).not.toContain('lock');
  });

  it.each([
    ['was not written to its end', '{"pid":1,"sta'],
    ['is empty', ''],
    ['names a pid that was used again', JSON.stringify({ pid: process.pid, started: 'another boot-12' })],
    ['names a pid that nobody has', JSON.stringify({ pid: 2 ** 31 - 1, started: '' })],
  ])('is taken over when its lock %s', async (_, text) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'lock'), text);
    await (await takeLock(folder)).release();
  });

  it('goes to exactly one of many processes that come at once, also when a dead one has left its lock and a claim', async () => {
    const root = await temporaryFolder();
    await killed((await holder(root)).child);
    await writeFile(join(folderIn(root, feed), 'lock.claim.2147483647.x.00'), '');
    for (let round = 0; round < 3; round++) {
      const children = await Promise.all(Array.from({ length: 6 }, () => holder(root)));
      const winners = children.filter(({ said }) => said.startsWith('at '));
      expect(winners).toHaveLength(1);
      const refusals = children.filter(({ said }) => said.startsWith('refused locked: '));
      expect(refusals).toHaveLength(5);
      for (const { said } of refusals) expect(said).toContain(`process ${winners[0]?.child.pid}`);
      // The last round's winner leaves in peace, the others are killed.
      for (const { child } of winners) await (round === 2 ? ended(child) : killed(child));
    }
    expect((await readdir(folderIn(root, feed))).filter((name) => name.startsWith('lock'))).toEqual([]);
  });

  it('goes to exactly one of many takers in one process, and again to one when it was given back', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'lock'), '');
    for (let round = 0; round < 5; round++) {
      const takers = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock(folder)));
      const won = takers.filter((taker) => taker.status === 'fulfilled');
      expect(won).toHaveLength(1);
      for (const { value } of won) await value.release();
    }
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a process', () => {
  it('that was killed and not collected yet by its parent is not living', async () => {
    // The shell becomes a program that does not ask for its child, and the child dies after that.
    const shell = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
    started.push(shell);
    const pid = Number(
      await new Promise<string>((resolve) => shell.stdout.once('data', (chunk) => resolve(String(chunk)))),
    );
    await expect.poll(async () => readFile(`/proc/${pid}/stat`, 'utf8'), { timeout: 10_000 }).toMatch(/\) Z /);
    expect(isLiving({ pid, started: '' })).toBe(false);
  });

  it('lives, and one of the same pid that started at another time does not', () => {
    expect(isLiving(ownIdentity())).toBe(true);
    expect(ownIdentity().started).toMatch(/^[0-9a-f-]+-\d+$/);
    expect(isLiving({ ...ownIdentity(), started: `${ownIdentity().started}1` })).toBe(false);
  });
});
