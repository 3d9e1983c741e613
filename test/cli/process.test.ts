// The command line as a process: what goes to which output, and with which exit code it ends.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { makeProgram } from '../../src/cli/program.ts';
import { generatedFeeds } from '../../src/generate/index.ts';
import { createServer as createFeedServer } from '../../src/server/index.ts';
import { Serving } from '../end-to-end/processes.ts';
import { blockfeed, onTerminal, program, shell } from './command.ts';

const commands = makeProgram().commands;
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const escapeCharacter = '\u001b';

/** A server with a feed of ten messages a second; resolves with its URL. */
async function serverUrl(): Promise<string> {
  const server = createFeedServer({
    maker: generatedFeeds,
    feeds: { counter: 'counter?rate=10', all: 'counter?rate=max' },
  });
  onTestFinished(() => server.close());
  return (await server.listen()).url;
}

test.each([
  ['serve --port 65536', '--port is "65536": give a whole number from 0 to 65535.'],
  [
    'collect ws://127.0.0.1:1 x --size',
    '--size is "": give a whole number from 1 to 2147483647. See blockfeed --help.',
  ],
  ['collect ws://127.0.0.1:1 x x', 'x is stated twice. State each feed once.'],
  ['collect ws://127.0.0.1:1 x --out a --text b', '--out and --text are both stated: leave out one.'],
  ['collect ws://127.0.0.1:1 x --from committed', '--from is committed: state --consumer too.'],
  ['serve --ad-hoc off --ad-hoc-feeds 5', '--ad-hoc is off, but --ad-hoc-feeds is stated: leave out one.'],
  ['demo --for 0s', '--for is "0s": give a duration from 1s to 1d, in whole milliseconds, like 2s or 500ms.'],
  ['feeds http://127.0.0.1', 'the URL is "http://127.0.0.1": give the address of a server, like ws://127.0.0.1:8080.'],
  ['kinds --jsn', "unknown option '--jsn' (Did you mean --json?). See blockfeed --help."],
  ['verify', "missing required argument 'folder'. See blockfeed --help."],
  ['colect', "unknown command 'colect' (Did you mean collect?). See blockfeed --help."],
])('blockfeed %s: one line on stderr, nothing on stdout, exit code 2', async (line, error) => {
  const { exitCode, stdout, stderr } = await blockfeed(...line.split(' '));
  expect(stderr).toBe(`error: ${error}\n`);
  expect(stdout).toBe('');
  expect(exitCode).toBe(2);
});

test('without a command it says what there is, on stderr, and ends with 2', async () => {
  const { exitCode, stdout, stderr } = await blockfeed();
  expect(stderr).toMatch(/^Usage: blockfeed /);
  expect(stdout).toBe('');
  expect(exitCode).toBe(2);
});

test.each(['', ...commands.map((command) => command.name())])(
  'the help of blockfeed %s names every flag, and has examples that can be called so',
  async (name) => {
    const help = await helpOf(name);
    const words = name === '' ? commands.map((command) => command.name()) : flagsOf(name);
    for (const word of words) expect(help).toContain(word);
    const examples = help.split('\n').filter((line) => line.startsWith('  blockfeed '));
    expect(examples).not.toEqual([]);
    for (const example of examples) {
      const argv = [...example.trim().matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
      const program = makeProgram();
      for (const command of program.commands) command.action(() => {});
      await expect(program.parseAsync(argv.slice(1), { from: 'user' }), example).resolves.toBeDefined();
    }
  },
);

async function helpOf(name: string): Promise<string> {
  const program = makeProgram();
  let help = '';
  for (const command of [program, ...program.commands])
    command.configureOutput({
      writeOut: (text) => {
        help += text;
      },
    });
  const argv = name === '' ? ['--help'] : [name, '--help'];
  await expect(program.parseAsync(argv, { from: 'user' })).rejects.toMatchObject({ exitCode: 0 });
  return help;
}

function flagsOf(name: string): string[] {
  return commands.find((command) => command.name() === name)?.options.map((option) => option.flags) ?? [];
}

test('help that was asked for goes to stdout, and ends with 0', async () => {
  const { exitCode, stdout, stderr } = await blockfeed('collect', '--help');
  expect(stdout).toBe(await helpOf('collect'));
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
});

test('--version is the version of the package', async () => {
  expect(await blockfeed('--version')).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
});

test('what is no terminal is sent no escape sequences, also by a server and a collector', async () => {
  const url = await serverUrl();
  const outputs = await Promise.all([
    blockfeed('kinds'),
    blockfeed('feeds', url),
    blockfeed('collect', url, 'counter', '--size', '1', '-n', '2'),
  ]);
  const serving = await Serving.start({ x: 'counter' });
  await serving.logged(({ msg }) => msg.startsWith('listening'));
  expect(await serving.end('SIGTERM')).toBe(0);
  expect([...serving.stdout.all, ...serving.stderr.all].join('\n')).not.toContain(escapeCharacter);
  for (const { stdout, stderr } of outputs) expect(stdout + stderr).not.toContain(escapeCharacter);
  expect(outputs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
});

test('a terminal is sent colours, and none where NO_COLOR is set', async () => {
  const url = await serverUrl();
  const colour = `${escapeCharacter}[1m`;
  for (const line of ['blockfeed kinds', `blockfeed feeds ${url}`]) {
    expect((await onTerminal(line)).stdout).toContain(colour);
    expect((await onTerminal(line, { NO_COLOR: '1' })).stdout).not.toContain(escapeCharacter);
    expect((await onTerminal(line, { TERM: 'dumb' })).stdout).not.toContain(escapeCharacter);
    expect((await onTerminal(line, { NO_COLOR: '' })).stdout).toContain(colour);
  }
});

test('a collector on a terminal shows its status without colours where NO_COLOR is set', async () => {
  const url = await serverUrl();
  const { stdout } = await onTerminal(`blockfeed collect ${url} counter --size 5 -n 2`, { NO_COLOR: '1' });
  expect(stdout).toContain('messages/s, lag');
  // What remains is to go back to the beginning of the line, and to clear it.
  expect(stdout.replaceAll(`\r${escapeCharacter}[2K`, '')).not.toContain(escapeCharacter);
});

test.each(['collect URL all --from 0 --size 1 --json', 'collect URL all --from 0'])(
  '%s ends quietly with 0 when the reader of its output has enough',
  async (command) => {
    const call = command.replace('URL', await serverUrl());
    const { stdout, stderr } = await shell(`{ blockfeed ${call}; echo "ended $?" >&2; } | head -1`);
    expect(stdout).toMatch(/^.+\n$/);
    expect(stderr).toBe('all: begins at 0\nended 0\n');
  },
);

test.each(['kinds', 'kinds --json', 'feeds URL --json', '--help'])(
  '%s ends quietly with 0 when nobody reads its output',
  async (command) => {
    const call = command.replace('URL', await serverUrl());
    // The reader is gone long before there is anything to read.
    const { stderr } = await shell(`{ blockfeed ${call}; echo "ended $?" >&2; } | true`);
    expect(stderr).toBe('ended 0\n');
  },
);

test('a collector goes on when the reader of stderr has gone', async () => {
  const url = await serverUrl();
  const { stdout } = await shell(
    `{ blockfeed collect ${url} counter --size 5 -n 2 --json 3>&1 1>&4 2>&3 | true; } 4>&1; echo "ended \${PIPESTATUS[0]}"`,
  );
  expect(stdout.match(/"cut":"size"/g)).toHaveLength(2);
});

test.each(['kinds', 'feeds URL', 'collect URL all --from 0 --size 1', '--help'])(
  '%s into a full disk is an error of one line, and ends with 1',
  async (command) => {
    const call = command.replace('URL', await serverUrl());
    const { exitCode, stderr } = await shell(`blockfeed ${call} > /dev/full`);
    expect(errorsIn(stderr)).toEqual([
      'error: cannot write to stdout: ENOSPC: no space left on device, write. What came after the last line that is there is lost.',
    ]);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(exitCode).toBe(1);
  },
);

test('a port that is taken, and a host that is none of this machine, are errors of one line that end with 1', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  for (const [flags, error] of [
    [
      ['--port', String(port)],
      `127.0.0.1:${port}: the port is in use (EADDRINUSE). Take another port, or 0 for a free one.`,
    ],
    [['--port', '0', '--host', '192.0.2.1'], '192.0.2.1:0: EADDRNOTAVAIL. Give an address of this machine.'],
    [
      ['--port', '0', '--host', 'no-such-host.invalid'],
      /no-such-host\.invalid:0: E\w+\. Give an address of this machine\./,
    ],
    [['--port', '0', '--host', 'not a host'], /not a host:0: E\w+\. Give an address of this machine\./],
  ] as const) {
    const { exitCode, stdout, stderr } = await blockfeed('serve', ...flags);
    expect(stderr.match(/\n/g), stderr).toHaveLength(1);
    expect(stderr).toMatch(error instanceof RegExp ? error : `error: cannot listen on ${error}\n`);
    expect(stdout).toBe('');
    expect(exitCode).toBe(1);
  }
});

test('a server that is not there, or is another kind of server, is an error of one line that ends with 1', async () => {
  const other = createHttpServer((_request, response) => response.end('<html>')).listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  for (const call of [
    ['feeds', 'ws://127.0.0.1:1'],
    ['feeds', `ws://127.0.0.1:${port}`],
    ['collect', 'ws://127.0.0.1:1', 'counter', '--retry', '0'],
    ['collect', `ws://127.0.0.1:${port}`, 'counter'],
    ['collect', await serverUrl(), 'no-such-feed'],
    ['collect', await serverUrl(), 'user?rate=-1'],
    ['verify', '/no/such/folder'],
    ['verify', program],
  ]) {
    const { exitCode, stdout, stderr } = await blockfeed(...call);
    expect(errorsIn(stderr), stderr).toHaveLength(1);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
    expect(exitCode, call.join(' ')).toBe(1);
  }
});

function errorsIn(stderr: string): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('error: '));
}
