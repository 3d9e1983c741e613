// The examples are run as they are, by those who would run them, against a real server; the README shows the same text.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { letsPagesRead, openPage } from '../browser/browser.ts';
import { Lines, portToKeep, Serving, secondsAgo } from '../end-to-end/processes.ts';
import { PlainPeer } from '../support/plainPeer.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const examples = join(root, 'examples');

/** Where the examples in TypeScript were compiled to, as in a project of a user. */
let compiled = '';

beforeAll(async () => {
  compiled = await mkdtemp(join(tmpdir(), 'blockfeed-examples-'));
  await mkdir(join(compiled, 'node_modules/@types'), { recursive: true });
  await symlink(root, join(compiled, 'node_modules/blockfeed'));
  await symlink(join(root, 'node_modules/@types/node'), join(compiled, 'node_modules/@types/node'));
  const sources = (await readdir(examples)).filter((name) => name.endsWith('.ts'));
  for (const name of sources) await writeFile(join(compiled, name), await readFile(join(examples, name)));
  await writeFile(join(compiled, 'package.json'), '{"type":"module"}');
  const compilerOptions = { strict: true, module: 'nodenext', target: 'es2023', types: ['node'] };
  await writeFile(join(compiled, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: sources }));
  const compiler = started(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--project', compiled]);
  expect(await text(compiler.stdout)).toBe('');
  return () => rm(compiled, { recursive: true, force: true });
}, 60_000);

function started(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
}

/** An example that runs until it is stopped, at the latest when the test is over. */
class Example extends Lines {
  readonly stop: () => Promise<void>;

  constructor(child: ReturnType<typeof started>) {
    super(child.stdout);
    this.stop = () => ended(child);
    onTestFinished(this.stop);
  }
}

function running(file: string, args: readonly string[], env?: Readonly<Record<string, string>>): Example {
  return new Example(started(file, args, env));
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.kill();
  await gone;
}

const userServer = (...flags: string[]) => Serving.start({ user: `user?rate=20&origin=${secondsAgo(60)}` }, { flags });

/** The names of users, as `blockfeed` itself tells them. */
async function namesFrom(url: string, from: number, to: number): Promise<string[]> {
  const peer = await PlainPeer.open(`${url}/feeds/user?size=5&from=${from}&until=${to}`);
  await peer.until(() => peer.text.split('\n').length > to - from);
  peer.close();
  return peer.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).data.name);
}

test('client.ts takes blocks, which the server sees acked, and goes on when it is started again', async () => {
  const serving = await userServer();
  const first = running(process.execPath, [join(compiled, 'client.js'), serving.url]);
  const head = await first.find((line) => line.startsWith('['));
  const [, from, to] = /^\[(\d+),(\d+)\) size, 0\.2 s$/.exec(head) ?? [];
  expect(Number(to) - Number(from)).toBe(5);
  for (const name of await namesFrom(serving.url, Number(from), Number(to))) await first.including(name);
  await serving.logged(({ msg }) => msg.startsWith(`ack user [${from},${to}) `));

  await first.stop();
  await serving.logged(({ msg }) => msg.includes(' left: '));
  const acked = serving.log.filter(({ msg }) => msg.startsWith('ack user ')).map((line) => Number(line.to));
  const second = running(process.execPath, [join(compiled, 'client.js'), serving.url]);
  expect(await second.find((line) => line.startsWith('['))).toMatch(new RegExp(`^\\[${Math.max(...acked)},`));
});

test('client.py takes the same blocks with nothing of ours', async () => {
  const serving = await userServer();
  const printed = running('/usr/bin/python3', [join(examples, 'client.py'), serving.url]);
  const line = await printed.find((each) => each.startsWith('['));
  const offsets = [...line.matchAll(/\((\d+), /g)].map(([, offset]) => Number(offset));
  const [from = 0] = offsets;
  expect(from % 5).toBe(0);
  expect(offsets).toEqual([from, from + 1, from + 2, from + 3, from + 4]);
  for (const name of await namesFrom(serving.url, from, from + 5)) expect(line).toMatch(new RegExp(`["']${name}["']`));
});

test.each([
  ['served from elsewhere', () => letsPagesRead(), 'examples/browser.html'],
  ['opened from a file', () => ['--origin', 'null'], pathToFileURL(join(examples, 'browser.html')).href],
])('browser.html, %s, shows the same blocks with nothing of ours', async (_how, flags, path) => {
  const serving = await userServer(...flags());
  const page = await openPage(`${path}?server=${serving.url}`);
  const shown = (await page.locator('li').first().textContent()) ?? '';
  const from = Number.parseInt(shown, 10);
  expect(from % 5).toBe(0);
  const names = await namesFrom(serving.url, from, from + 5);
  expect(shown).toBe(names.map((name, index) => `${from + index} ${name}`).join(', '));
});

test('server.ts serves a generated feed and one of its own beside what the http.Server did before', async () => {
  const port = await portToKeep();
  running(process.execPath, [join(compiled, 'server.js')], { PORT: String(port) });
  const hello = await retried(() => fetch(`http://127.0.0.1:${port}/`));
  expect(await hello.text()).toBe('hello');
  const peers = await Promise.all([
    PlainPeer.open(`ws://127.0.0.1:${port}/live/feeds/orders?size=1&from=earliest`),
    PlainPeer.open(`ws://127.0.0.1:${port}/live/feeds/prices?size=5`),
  ]);
  for (const peer of peers) {
    await peer.until(() => peer.frames.length > 0);
    peer.close();
  }
  expect(JSON.parse(peers[0]?.frames[0] ?? '')).toMatchObject({ offset: 0, data: { item: 'tea', count: 3 } });
  expect(peers[1]?.frames[0]?.trimEnd().split('\n')).toHaveLength(5);
});

/** A server that says nothing when it listens has to be asked until it answers. */
async function retried<Result>(ask: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await ask();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

test('the README shows each example, byte for byte', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const shown = [...readme.matchAll(/<!-- example: (\S+) -->\n```(\w+)\n(.*?)```\n/gs)];
  expect(shown.map(([, path]) => path).sort()).toEqual(
    (await readdir(examples)).map((name) => `examples/${name}`).sort(),
  );
  for (const [, path = '', language, code] of shown) {
    expect(code, `${path}, as README.md shows it`).toBe(await readFile(join(root, path), 'utf8'));
    expect(language).toBe(
      ({ ts: 'ts', html: 'html', py: 'python' } as Record<string, string>)[path.split('.').at(-1) ?? ''],
    );
  }
});
