// The page's script as one text: uPlot as it is published, then the modules of src/study/page, joined. The compiler has
// written them, one statement a line, so joining is leaving out the lines that import and the word `export`; that no two
// of them use one name is seen when a browser runs the result.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { BlockfeedError } from '../../protocol/errors.ts';

// The same from src/study/html and from dist/study/html.
const compiled = new URL('../../../dist/study/page/', import.meta.url);

export async function pageScript(): Promise<string> {
  const library = createRequire(import.meta.url).resolve('uplot/dist/uPlot.iife.min.js');
  const joined: string[] = [];
  await join('main.js', new Set(), joined);
  return inert(`${await read(library)}\n{\n${joined.join('\n')}\n}`);
}

export async function pageLibraryStyle(): Promise<string> {
  return await read(createRequire(import.meta.url).resolve('uplot/dist/uPlot.min.css'));
}

/** Adds a module behind those that it imports, each once. */
async function join(name: string, seen: Set<string>, joined: string[]): Promise<void> {
  if (seen.has(name)) return;
  seen.add(name);
  const text = await read(new URL(name, compiled));
  for (const [, imported] of text.matchAll(/^import .* from ['"]\.\/([^'"]+)['"];$/gm))
    await join(imported as string, seen, joined);
  joined.push(text.replace(/^import .*;$/gm, '').replace(/^export (?=const |function |class )/gm, ''));
}

/** Within a script element these would not be what they are in a script. */
function inert(script: string): string {
  return script.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
}

async function read(file: string | URL): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw notWhole(String(file), error);
  }
}

function notWhole(file: string, cause: unknown): BlockfeedError {
  return new BlockfeedError('storage', `a part of the report's page cannot be read: ${file}`, {
    hint: 'The package is not whole: install it anew, or build it.',
    about: file,
    cause,
  });
}
