import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { takeLock } from '../../src/blocks/folder/lock.ts';
import { folderStore } from '../../src/blocks/sinks/folder.ts';
import { folderIn, temporaryFolder } from './folders.ts';
import { storedFeed } from './story.ts';

const feed = storedFeed({ size: 50 });
const started: ChildProcess[] = [];

afterEach(async () => {
  for (const child of started.splice(0)) if (child.exitCode === null && child.signalCode === null) await killed(child);
});

const writer = [join(import.meta.dirname, 'writer.mjs')];

/** A process that holds the folder if it can, and the first line it says. `command` starts it in a place of its own. */
async function holder(root: string, ...command: string[]): Promise<{ child: ChildProcess; said: string }> {
  const [program = '', ...flags] = [...command, process.execPath, ...writer, root, 'hold'];
  const child = spawn(program, flags, { stdio: ['pipe', 'pipe', 'inherit'] });
  started.push(child);
  const said = await new Promise<string>((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk))));
  return { child, said };
}

/** In a pid namespace of its own, as a container has: there the holder's pid means nothing, or another process. */
const inContainer = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];

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
  it('is refused to another process, with path, pid and machine of the holder, until that has left', async () => {
    const root = await temporaryFolder();
    const { child } = await holder(root);
    const message = `${join(folderIn(root, feed), 'lock')} is locked: the folder is in use by process ${child.pid} of the machine ${hostname()}`;
    const locked = { code: 'locked', message, hint: expect.stringMatching(/leave first/) };
    await expect(folderStore(root).open(feed)).rejects.toMatchObject(locked);
    await expect(folderStore(root).reopen('user', { size: 50 })).rejects.toMatchObject(locked);
    await ended(child);
    await (await folderStore(root).open(feed)).close();
  });

  it('is refused to another container, and one there is refused it here', async () => {
    const root = await temporaryFolder();
    const { child, said } = await holder(root, ...inContainer);
    expect(said).toBe('at 0\n');
    expect((await holder(root, ...inContainer)).said).toMatch(/^refused locked: /);
    await expect(folderStore(root).open(feed)).rejects.toMatchObject({ code: 'locked' });
    await ended(child);
    const sink = await folderStore(root).open(feed);
    expect((await holder(root, ...inContainer)).said).toMatch(/^refused locked: /);
    await sink.close();
  });

  it('is refused to the process that has it', async () => {
    const root = await temporaryFolder();
    const sink = await folderStore(root).open(feed);
    const message = expect.stringContaining(`in use by process ${process.pid} of`);
    await expect(folderStore(root).open(feed)).rejects.toMatchObject({ code: 'locked', message });
    await sink.close();
    await (await folderStore(root).open(feed)).close();
  });

  it('is taken over from a process that was killed', async () => {
    const root = await temporaryFolder();
    const { child } = await holder(root);
    await killed(child);
    const sink = await folderStore(root).open(feed);
    expect(JSON.parse(await readFile(join(folderIn(root, feed), 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
    await sink.close();
  });

  it('goes to exactly one of many processes that come at once, also when a dead one has left its lock', async () => {
    const root = await temporaryFolder();
    await killed((await holder(root)).child);
    for (let round = 0; round < 3; round++) {
      const children = await Promise.all(Array.from({ length: 6 }, () => holder(root)));
      expect(children.filter(({ said }) => said.startsWith('at '))).toHaveLength(1);
      expect(children.filter(({ said }) => said.startsWith('refused locked: '))).toHaveLength(5);
      // The last round's winner leaves in peace, the others are killed.
      for (const { child, said } of children)
        if (said.startsWith('at ')) await (round === 2 ? ended(child) : killed(child));
    }
    expect((await readdir(folderIn(root, feed))).filter((name) => name.startsWith('lock'))).toEqual(['lock']);
  });
});

describe('a lock', () => {
  it.each([
    ['was not written to its end', '{"pid":1,"mach'],
    ['is empty', ''],
    ['names a process that lives', JSON.stringify({ pid: process.pid, machine: hostname() })],
    ['is something else', 'x'.repeat(5_000)],
  ])('whose file stayed behind and %s is nobody else’s', async (_, text) => {
    const path = join(await temporaryFolder(), 'lock');
    await writeFile(path, text);
    await (await takeLock(path)).release();
  });

  it('names its holder only where that is written down, and nothing that steers a terminal', async () => {
    const path = join(await temporaryFolder(), 'lock');
    const lock = await takeLock(path);
    for (const text of ['', '{', 'null', '{"pid":1}', '{"pid":1,"machine":"a\\u001b[2J"}', 'x'.repeat(5_000)]) {
      await writeFile(path, text);
      await expect(takeLock(path)).rejects.toMatchObject({
        code: 'locked',
        message: `${path} is locked: the folder is in use by another process`,
      });
    }
    await lock.release();
  });

  it('goes to exactly one of many takers in one process, and again to one when it was given back', async () => {
    const path = join(await temporaryFolder(), 'lock');
    for (let round = 0; round < 5; round++) {
      const takers = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock(path)));
      const won = takers.filter((taker) => taker.status === 'fulfilled');
      expect(won).toHaveLength(1);
      for (const { value } of won) await value.release();
    }
  });

  it('given back twice is given back once: the second time it may be another’s', async () => {
    const path = join(await temporaryFolder(), 'lock');
    const first = await takeLock(path);
    await first.release();
    const second = await takeLock(path);
    await first.release();
    await expect(takeLock(path)).rejects.toMatchObject({ code: 'locked' });
    await second.release();
  });

  it('whose file was removed, replaced or moved away with its folder is one of nothing', async () => {
    const root = await temporaryFolder();
    const folder = join(root, 'folder');
    const path = join(folder, 'lock');
    const gone = { code: 'storage', message: expect.stringMatching(/deleted, moved or replaced/) };
    for (const how of [
      () => rm(path),
      async () => {
        await rm(path);
        await writeFile(path, '');
      },
      () => rename(folder, join(root, 'elsewhere')),
      () => rm(folder, { recursive: true }),
    ]) {
      await mkdir(folder, { recursive: true });
      const lock = await takeLock(path);
      lock.check();
      await how();
      expect(() => lock.check()).toThrow(expect.objectContaining(gone));
      await lock.release();
    }
  });

  it('cannot be taken where the native part is missing, which the error says; everything else works there', async () => {
    const dist = join(import.meta.dirname, '../../dist/collect/index.js');
    const hooks = `export async function resolve(name, context, next) {
      if (name === 'fs-native-extensions') throw new Error('no such binary');
      return next(name, context);
    }`;
    const source = `
      import { register } from 'node:module';
      register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}));
      const { folderStore, consoleStore } = await import(${JSON.stringify(dist)});
      const feed = ${JSON.stringify(feed)};
      await (await consoleStore(process.stdout).open(feed)).close();
      try { await folderStore(process.argv[1]).open(feed); }
      catch (error) { console.log(JSON.stringify([error.code, error.message, error.hint])); }`;
    const root = await temporaryFolder();
    const child = spawn(process.execPath, ['--input-type=module', '--eval', source, root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    for await (const chunk of child.stdout) said += String(chunk);
    const path = join(folderIn(root, feed), 'lock');
    expect(JSON.parse(said)).toEqual([
      'storage',
      `cannot lock ${path}: fs-native-extensions cannot be loaded on ${process.platform}-${process.arch}`,
      expect.stringMatching(/Install it/),
    ]);
  });
});
