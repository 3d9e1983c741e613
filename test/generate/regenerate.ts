// Files that follow from the code and are compared with it. BLOCKFEED_REGENERATE=1 writes them anew instead: for who has
// changed what a feed says on purpose.
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

/** Expects the file at `path`, from the project's root, to hold `expected`. */
export function expectFile(path: string, expected: string): void {
  const file = new URL(`../../${path}`, import.meta.url);
  if (process.env.BLOCKFEED_REGENERATE === '1') writeFileSync(file, expected);
  expect(
    readFileSync(file, 'utf8'),
    `regenerate ${path} with BLOCKFEED_REGENERATE=1 npx vitest run test/generate`,
  ).toBe(expected);
}
