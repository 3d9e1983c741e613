// Tests run on src, not on dist: the `blockfeed-source` condition picks it in package.json's `imports` and `exports`. Its
// name is our own, since bundlers may set a plain `source` for packages that ship theirs.
import { defineConfig } from 'vitest/config';

const conditions = ['blockfeed-source', 'node', 'module', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['node', 'import', 'default'] } },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    retry: 0,
    allowOnly: false,
  },
});
