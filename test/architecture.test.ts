// ARCHITECTURE.md says which room may import which; this compares it with what the files of src import.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { cycles, importsIn, importsOf } from './support/imports.ts';
import { namesIn, repeatedNames } from './support/names.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const rooms = readRooms(readFileSync(`${root}ARCHITECTURE.md`, 'utf8'));
const imports = importsOf(root, 'src');

describe('the rooms of ARCHITECTURE.md', () => {
  it('are the folders of src and its entry', () => {
    const there = readdirSync(`${root}src`).filter((name) => name !== 'ambient.d.ts');
    expect([...rooms.keys()].sort()).toEqual(there.sort());
  });

  it('may import only rooms that stand above them', () => {
    const names = [...rooms.keys()];
    for (const [room, allowed] of rooms)
      for (const other of allowed) expect(names.slice(0, names.indexOf(room)), `${room} -> ${other}`).toContain(other);
  });

  it('import nothing of src but what their row allows', () => {
    const forbidden = imports.filter(({ file, target }) => {
      if (!target.startsWith('src/')) return false;
      return roomOf(file) !== roomOf(target) && rooms.get(roomOf(file))?.includes(roomOf(target)) !== true;
    });
    expect(forbidden).toEqual([]);
  });
});

describe('the files of src', () => {
  it('import files that are there, and nothing outside src but packages', () => {
    const files = new Set(
      readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' }).map((name) => `src/${name}`),
    );
    const astray = imports.filter(({ target }) => /^(src|\.\.?)\//.test(target) && !files.has(target));
    expect(astray).toEqual([]);
    expect(imports.length).toBeGreaterThan(0);
  });

  it('import each other in no cycle, types included', () => {
    expect(cycles(imports)).toEqual([]);
  });

  it('that run anywhere import neither Node nor a package', () => {
    const anywhere = imports.filter(({ file }) => ['base', 'protocol', 'client', 'index.ts'].includes(roomOf(file)));
    const platforms = ['src/client/platform.node.ts', 'src/client/platform.browser.ts'];
    const tied = anywhere.filter(({ file, target }) => !target.startsWith('src/') && !platforms.includes(file));
    expect(tied).toEqual([]);
  });
});

describe('the exported names of src', () => {
  it('each is one thing', () => {
    const files = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    const names = files.flatMap((name) => namesIn(`src/${name}`, readFileSync(`${root}src/${name}`, 'utf8')));
    expect(repeatedNames(names)).toEqual(new Map());
    expect(names.length).toBeGreaterThan(files.length);
  });
});

describe('reading names', () => {
  const names = (source: string) => namesIn('src/server/a.ts', source).map(({ name }) => name);

  it('finds what is exported and every class, each once, and not what is exported on', () => {
    expect(
      names('export interface A {}\nexport type B = A;\nexport const c = 1;\nexport async function d() {}'),
    ).toEqual([...'ABcd']);
    expect(names('class E {}\nexport class F {}\nexport abstract class G {}\nexport function* h() {}')).toEqual([
      ...'EFGh',
    ]);
    expect(names('export function i(a: string): void;\nexport function i(a: number): void;')).toEqual(['i']);
    expect(names("export type { J } from './j.ts';\nexport { k } from './k.ts';\nconst l = 1;\n// class M")).toEqual(
      [],
    );
  });

  it('finds a name that two files declare, and takes the two files of the platform for one', () => {
    const twice = [...namesIn('src/server/a.ts', 'class A {}'), ...namesIn('src/client/a.ts', 'export type A = 1;')];
    expect(repeatedNames(twice)).toEqual(new Map([['A', ['src/client/a.ts', 'src/server/a.ts']]]));
    const port = ['node', 'browser'].flatMap((kind) =>
      namesIn(`src/client/platform.${kind}.ts`, 'export const a = 1;'),
    );
    expect(repeatedNames(port)).toEqual(new Map());
  });
});

describe('reading imports', () => {
  const targets = (source: string) => importsIn('src/server/a.ts', source).map(({ target }) => target);

  it('finds those of values and types, for their effect, at run time, and what is exported on', () => {
    expect(targets("import { a } from './b.ts';\nimport type { C } from '../feed/c.ts';")).toEqual([
      'src/server/b.ts',
      'src/feed/c.ts',
    ]);
    expect(targets("import {\n  a,\n  type B,\n} from '../b.ts';\nimport d, * as e from 'ws';")).toEqual([
      'src/b.ts',
      'ws',
    ]);
    expect(targets("export * from './x.ts';\nexport type { Y } from './y.ts';")).toEqual([
      'src/server/x.ts',
      'src/server/y.ts',
    ]);
    expect(targets("import 'node:fs';\nlet t: import('./t.ts').T;\nawait import('./u.ts');")).toEqual([
      'node:fs',
      'src/server/t.ts',
      'src/server/u.ts',
    ]);
    expect(targets("import { platform } from '#platform';")).toEqual(['src/client/platform.ts']);
  });

  it('leaves comments and texts alone, and refuses an import of it knows not what', () => {
    expect(
      targets("// import 'a';\n/* import 'b';\n import 'c' */\nconst from = 'd';\nexport const e = `from 'f'`;"),
    ).toEqual([]);
    expect(() => targets('await import(name);')).toThrow('src/server/a.ts imports what is not stated');
  });

  it('finds a cycle, and none where two ways lead to one file', () => {
    const arrows = (text: string) =>
      text.split(' ').map((arrow) => ({ file: arrow.charAt(0), target: arrow.charAt(1) }));
    expect(cycles(arrows('ab ac bd cd'))).toEqual([]);
    expect(cycles(arrows('ab bc cb'))).toEqual([['b', 'c', 'b']]);
    expect(cycles(arrows('aa'))).toEqual([['a', 'a']]);
  });
});

/** The rows of the table of rooms: each room and the rooms that it may import. */
function readRooms(markdown: string): Map<string, string[]> {
  const [, table = ''] = markdown.split('| room | what it is | may import |\n');
  const rows = new Map<string, string[]>();
  for (const line of table.split('\n').slice(1)) {
    const [, room, allowed] = /^\| `([^`]+)` \|.*\|([^|]*)\|$/.exec(line) ?? [];
    if (room === undefined || allowed === undefined) break;
    rows.set(
      room,
      [...allowed.matchAll(/`([^`]+)`/g)].map(([, name]) => String(name)),
    );
  }
  return rows;
}

function roomOf(file: string): string {
  return file.split('/')[1] ?? file;
}
