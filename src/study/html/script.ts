// The script and the style sheet of a report's page, as the build has made them of src/study/page: see vite.page.ts.
import { readFile } from 'node:fs/promises';
import { BlockfeedError } from '../../protocol/errors.ts';

// The same from src/study/html and from dist/study/html.
const built = new URL('../../../dist/study/page/', import.meta.url);

export async function pageScript(): Promise<string> {
  return inert(await read('main.js'));
}

/** What uPlot wants to look like. */
export async function pageLibraryStyle(): Promise<string> {
  return await read('main.css');
}

/** Within a script element these would not be what they are in a script. */
function inert(script: string): string {
  return script.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
}

async function read(name: string): Promise<string> {
  const file = new URL(name, built);
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw notWhole(String(file), cause);
  }
}

function notWhole(file: string, cause: unknown): BlockfeedError {
  return new BlockfeedError('storage', `a part of the report's page cannot be read: ${file}`, {
    hint: 'The package is not whole: install it anew, or build it.',
    about: file,
    cause,
  });
}
