// What an entry loads: a server of one's own data does not wait for a generator of names.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const hooks = `
  import { writeSync } from 'node:fs';
  export async function resolve(specifier, context, next) {
    const found = await next(specifier, context);
    writeSync(1, found.url + '\\n');
    return found;
  }`;

/** The URLs of every module that importing this file of dist loads. */
async function loadedBy(file: string): Promise<string[]> {
  const entry = new URL(`../../dist/${file}`, import.meta.url).href;
  const script = `
    import { register } from 'node:module';
    register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)});
    await import(${JSON.stringify(entry)});`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  return stdout.trim().split('\n');
}

const generators = /node_modules\/(@faker-js|pure-rand|d3-random)\/|\/dist\/generate\//;

test('blockfeed/server loads no generator, and so no faker', async () => {
  const loaded = await loadedBy('server/index.js');
  expect(loaded.some((url) => url.endsWith('/dist/server/server.js'))).toBe(true);
  expect(loaded.filter((url) => generators.test(url))).toEqual([]);
});

test('blockfeed/generate loads them: this test would see them', async () => {
  expect((await loadedBy('generate/index.js')).filter((url) => generators.test(url))).not.toEqual([]);
});
