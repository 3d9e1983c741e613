// The package as its users get it: packed, installed into an empty folder, called, imported and type-checked there.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importsIn } from '../support/imports.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

/** An empty folder, into which the package was installed. */
let user = '';
/** The files that the package consists of. */
let packed: string[] = [];

beforeAll(async () => {
  user = await mkdtemp(join(tmpdir(), 'blockfeed-package-'));
  // Without scripts: building empties dist, which other tests are using.
  const said = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', user], root);
  const [{ filename, files }] = JSON.parse(said);
  packed = files.map(({ path }: { path: string }) => path);
  await writeFile(join(user, 'package.json'), '{"private":true,"type":"module"}');
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${filename}`], user);
}, 300_000);

afterAll(() => rm(user, { recursive: true, force: true }));

test('it is what was compiled and three documents, and nothing else', () => {
  const top = new Set(packed.map((path) => path.split('/')[0]));
  expect([...top].sort()).toEqual(['LICENSE', 'PROTOCOL.md', 'README.md', 'dist', 'package.json']);
  const others = packed.filter((path) => path.startsWith('dist/') && !/\.(js|d\.ts)$/.test(path));
  expect(others).toEqual(['dist/study/page/main.css']);
  expect(packed.filter((path) => /test|bench|tsbuildinfo|ambient|\.map$/.test(path))).toEqual([]);
});

test('what was compiled is of sources that are there', async () => {
  const sources = await readdir(join(root, 'src'), { recursive: true });
  const known = new Set(sources.map((path) => posix.join('dist', path.replace(/(\.d)?\.ts$/, ''))));
  expect(
    packed.filter((path) => path.startsWith('dist/') && !known.has(path.replace(/\.js$|\.css$|\.d\.ts$/, ''))),
  ).toEqual([]);
});

test("a report's page is one script that imports nothing, with the licence of the library in it", async () => {
  const folder = 'dist/study/page';
  const inPage = packed.filter((path) => path.startsWith(`${folder}/`)).map((path) => posix.basename(path));
  // What the page alone needs is in its script, and nowhere else.
  expect(inPage.sort()).toEqual(['figure.d.ts', 'figure.js', 'format.d.ts', 'format.js', 'main.css', 'main.js']);
  const script = await readFile(join(user, 'node_modules/blockfeed', folder, 'main.js'), 'utf8');
  expect(importsIn('main.js', script)).toEqual([]);
  expect(script).toMatch(/^\/\*! uPlot: The MIT License/);
});

test('what it imports is installed with it, since its manifest states it', async () => {
  const installed = JSON.parse(await readFile(join(user, 'node_modules/blockfeed/package.json'), 'utf8'));
  expect(installed.dependencies).toEqual(manifest.dependencies);
  for (const name of Object.keys(manifest.dependencies))
    expect(await readdir(join(user, 'node_modules', name))).toContain('package.json');
  const imports = (await Promise.all(packed.filter((path) => path.endsWith('.js')).map(importsOf))).flat();
  const packages = imports.filter((target) => !/^(dist\/|src\/|node:)/.test(target)).map(packageOf);
  expect(packages).toContain('ws');
  expect(packages.filter((name) => !(name in manifest.dependencies))).toEqual([]);
});

test('npx blockfeed serve listens, answers, and is gone after SIGTERM', async () => {
  const child = spawn('npx', ['blockfeed', 'serve', '--port', '0'], {
    cwd: user,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const ended = once(child, 'close');
  try {
    const [line] = await once(createInterface(child.stdout), 'line');
    expect(line).toMatch(/^listening ws:\/\/127\.0\.0\.1:\d+$/);
    const feeds = await run('npx', ['blockfeed', 'feeds', line.slice('listening '.length)], user);
    expect(feeds).toContain('user');
  } finally {
    // npx and what it started, as Ctrl-C and a service manager do.
    process.kill(-(child.pid as number), 'SIGTERM');
  }
  await ended;
});

test('every entry can be imported, and gives what its types say', async () => {
  const script = `
    for (const entry of ['blockfeed', 'blockfeed/server', 'blockfeed/generate', 'blockfeed/collect'])
      console.log(entry, Object.keys(await import(entry)).sort().join(' '));
  `;
  await writeFile(join(user, 'entries.js'), script);
  expect((await run(process.execPath, ['entries.js'], user)).split('\n')).toEqual([
    'blockfeed BlockfeedError connect',
    'blockfeed/server BlockfeedError Chunk MemoryFeed createServer',
    'blockfeed/generate BlockfeedError describeCommonParameters describeKinds generatedFeed generatedFeeds',
    'blockfeed/collect BlockfeedError collect consoleStore folderStore openTextStore',
    '',
  ]);
});

test('what is inside cannot be imported', async () => {
  const inner = ['blockfeed/dist/index.js', 'blockfeed/client', 'blockfeed/dist/cli/main.js'];
  const tries = inner.map((each) => `await import('${each}').catch((error) => console.log(error.code));`);
  await writeFile(join(user, 'inner.js'), tries.join('\n'));
  expect(await run(process.execPath, ['inner.js'], user)).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED\n'.repeat(3));
});

const strict = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  noEmit: true,
  target: 'es2022',
};

test('a program in Node that uses every entry type-checks, strictly, with @types/node', async () => {
  const folder = await programFolder(
    'node',
    `
    import { type Block, BlockfeedError, type Client, connect } from 'blockfeed';
    import { type CollectStatus, collect, consoleStore, folderStore } from 'blockfeed/collect';
    import { generatedFeeds } from 'blockfeed/generate';
    import { type BlockfeedServer, createServer, MemoryFeed } from 'blockfeed/server';
    import { createServer as createHttpServer } from 'node:http';

    const server: BlockfeedServer = createServer({ maker: generatedFeeds, feeds: { prices: 'tick?rate=10' } });
    server.attach(createHttpServer(), '/live');
    const { url } = await server.listen({ port: 0 });
    await using client: Client = await connect(url, { onState: ({ phase }) => console.log(phase) });
    for await (const block of client.subscribe('prices', { size: 5, from: 'earliest' })) {
      const known: Block = block;
      for (const { offset, time, data } of known.messages) console.log(offset, time, data);
      await block.ack();
      break;
    }
    const status: CollectStatus = await collect(url, { feeds: ['prices'], store: folderStore('blocks') }).done;
    collect(url, { feeds: [{ feed: 'prices', size: 5 }], store: consoleStore(process.stdout) }).leave();
    console.log(status.lost satisfies number, new MemoryFeed('mine').tail());
    try {
      await server.close();
    } catch (error) {
      if (error instanceof BlockfeedError && error.code === 'closed') console.log(error.hint);
      // @ts-expect-error No such code.
      if (error instanceof BlockfeedError && error.code === 'no-such-code') console.log(error.hint);
    }
  `,
  );
  await linkNodeTypes(folder);
  expect(await typeCheck(folder, { ...strict, module: 'nodenext', types: ['node'] })).toBe('');
});

const browserProgram = `
  import { BlockfeedError, connect } from 'blockfeed';

  const client = await connect(new URL('ws://127.0.0.1:8080'), { signal: AbortSignal.timeout(1_000) });
  const subscription = client.subscribe('user', { size: 5, delivery: 'message' });
  for await (const block of subscription) {
    document.body.append(new TextDecoder().decode(block.lines), String(block.lastReceivedMicros));
    await block.ack();
    subscription.leave();
  }
  await client.bye().catch((error: unknown) => error instanceof BlockfeedError && alert(error.hint));
`;

/** A program that names nothing but the package. */
const plainProgram = `
  import { type Client, connect } from 'blockfeed';

  export async function firstOffset(): Promise<number> {
    const client: Client = await connect('ws://127.0.0.1:8080');
    for await (const block of client.subscribe('user', { size: 5 })) return block.from;
    return -1;
  }
`;

const browser = { lib: ['es2022', 'dom'], types: [] };
const old = 'typescript-5.2/node_modules/typescript';

/** What README says of compilers and their settings. `says`: the errors that come, where it is not to work. */
test.each([
  ['bundler', 'typescript', browserProgram, { ...browser, module: 'esnext', moduleResolution: 'bundler' }, ''],
  [
    'bundler, as for browsers',
    'typescript',
    browserProgram,
    { ...browser, module: 'esnext', moduleResolution: 'bundler', customConditions: ['browser'] },
    '',
  ],
  ['nodenext', 'typescript', browserProgram, { ...browser, module: 'nodenext' }, ''],
  ['node16', 'typescript', browserProgram, { ...browser, module: 'node16' }, ''],
  ['Node types alone', 'typescript', plainProgram, { lib: ['es2022'], types: ['node'], module: 'nodenext' }, ''],
  [
    'neither DOM nor Node types',
    'typescript',
    plainProgram,
    { lib: ['es2022'], types: [], module: 'nodenext' },
    /name '(URL|AbortSignal)'/,
  ],
  ['5.2, bundler', old, browserProgram, { ...browser, module: 'esnext', moduleResolution: 'bundler' }, ''],
  ['5.2, nodenext', old, browserProgram, { ...browser, module: 'nodenext' }, ''],
  ['5.2, node16', old, browserProgram, { ...browser, module: 'node16' }, ''],
  [
    '5.2, node10',
    old,
    plainProgram,
    { ...browser, module: 'esnext', moduleResolution: 'node10' },
    /Cannot find module 'blockfeed'/,
  ],
] as const)('a client type-checks, strictly: %s', async (name, compiler, program, options, says) => {
  const folder = await programFolder(`client-${name.replaceAll(/\W/g, '')}`, program);
  await linkNodeTypes(folder);
  const said = await typeCheck(folder, { ...strict, ...options }, compiler);
  if (says === '') expect(said).toBe('');
  else expect(said).toMatch(says);
});

test('a CommonJS program may require it: the main entry and the server', async () => {
  const folder = await programFolder('commonjs', "import { connect } from 'blockfeed';\nconnect satisfies unknown;");
  await writeFile(join(folder, 'package.json'), '{"type":"commonjs"}');
  await linkNodeTypes(folder);
  const options = { ...strict, verbatimModuleSyntax: false, module: 'nodenext', types: ['node'] };
  expect(await typeCheck(folder, options)).toBe('');
  const script = "console.log(typeof require('blockfeed').connect, typeof require('blockfeed/server').createServer);";
  await writeFile(join(folder, 'program.cjs'), script);
  expect(await run(process.execPath, ['--no-warnings', 'program.cjs'], folder)).toBe('function function\n');
});

test('for browsers the main entry is a few files that import nothing of Node and no package', async () => {
  const files = await reachable(['dist/index.js'], (target) => target, manifest.imports['#platform'].browser);
  expect(files.outside).toEqual([]);
  expect(files.inside).toContain('dist/client/platform.browser.js');
  expect(files.inside).not.toContain('dist/client/platform.node.js');
  for (const file of files.inside) {
    const code = await readFile(join(user, 'node_modules/blockfeed', file), 'utf8');
    expect(code.match(/\b(?:process|Buffer|require|__dirname|setImmediate)\b(?=[.(])/g), file).toBeNull();
  }
});

test('public types name no type of a dependency', async () => {
  const entries = ['index', 'server/index', 'collect/index'].map((entry) => `dist/${entry}.d.ts`);
  const types = await reachable(
    entries,
    (target) => target.replace(/(\.d)?\.ts$/, '.d.ts'),
    'dist/client/platform.d.ts',
  );
  expect(types.inside.length).toBeGreaterThan(10);
  expect(types.outside.filter((target) => !target.startsWith('node:'))).toEqual([]);
});

test('the types of the main entry are independent of Node', async () => {
  const types = await reachable(
    ['dist/index.d.ts'],
    (target) => target.replace(/(\.d)?\.ts$/, '.d.ts'),
    'dist/client/platform.d.ts',
  );
  expect(types.outside).toEqual([]);
});

/** Everything that is imported on from these files: of the package, and not. */
async function reachable(entries: readonly string[], fileOf: (target: string) => string, platform: string) {
  const inside = new Set<string>();
  const outside = new Set<string>();
  const visit = async (file: string): Promise<void> => {
    if (inside.has(file)) return;
    inside.add(file);
    for (const target of await importsOf(file)) {
      if (target.startsWith('dist/')) await visit(fileOf(target));
      else if (target === 'src/client/platform.ts') await visit(posix.normalize(platform));
      else outside.add(target);
    }
  };
  for (const entry of entries) await visit(entry);
  return { inside: [...inside], outside: [...outside] };
}

/** What a file of the installed package imports: `dist/…` for another one of its files. */
async function importsOf(file: string): Promise<string[]> {
  const code = await readFile(join(user, 'node_modules/blockfeed', file), 'utf8');
  return importsIn(file, code).map(({ target }) => target);
}

function packageOf(target: string): string {
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
}

async function programFolder(name: string, program: string): Promise<string> {
  const folder = join(user, name);
  await mkdir(folder);
  await writeFile(join(folder, 'program.ts'), `${program}\nexport {};\n`);
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  return folder;
}

async function linkNodeTypes(folder: string): Promise<void> {
  await mkdir(join(folder, 'node_modules/@types'), { recursive: true });
  await symlink(join(root, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'));
}

/** What the compiler says against it. */
async function typeCheck(folder: string, compilerOptions: object, compiler = 'typescript'): Promise<string> {
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
  const child = spawn(process.execPath, [join(root, 'node_modules', compiler, 'bin/tsc'), '--project', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return await text(child.stdout);
}

/** Runs a program to its end; resolves with its output. */
async function run(file: string, args: readonly string[], cwd: string): Promise<string> {
  const child = spawn(file, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  if (exitCode !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${exitCode}:\n${stderr}`);
  return stdout;
}
