// The package's entries: tests take them from src, users from dist, and the two must not drift apart.
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const manifest: {
  exports: Record<string, string | { 'blockfeed-source': string; types: string; default: string }>;
  imports: {
    '#platform': {
      'blockfeed-source': { browser: string; default: string };
      types: string;
      browser: string;
      default: string;
    };
  };
} = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));

const compiled = (source: string) => source.replace('./src/', './dist/').replace(/\.ts$/, '.js');
const isThere = (path: string) => existsSync(new URL(path, root));

test('every export names a source that is there, and what the compiler makes of it', () => {
  const entries = Object.values(manifest.exports).filter((entry) => typeof entry !== 'string');
  expect(entries).not.toHaveLength(0);
  for (const entry of entries) {
    expect(entry['blockfeed-source']).toSatisfy(isThere);
    expect(entry.default).toBe(compiled(entry['blockfeed-source']));
    expect(entry.types).toBe(entry.default.replace(/\.js$/, '.d.ts'));
  }
});

test('#platform is the same two files in src and in dist', () => {
  const { 'blockfeed-source': source, ...built } = manifest.imports['#platform'];
  expect(source.browser).toSatisfy(isThere);
  expect(source.default).toSatisfy(isThere);
  expect(built.browser).toBe(compiled(source.browser));
  expect(built.default).toBe(compiled(source.default));
});

test('tests get #platform for Node, from src', () => {
  expect(import.meta.resolve('#platform')).toMatch(/\/src\/client\/platform\.node\.ts$/);
});
