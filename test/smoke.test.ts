import { name as own } from 'blockfeed';
import { expect, test } from 'vitest';
import { name } from '../src/index.ts';

test('runs on the sources with the platform of Node', () => {
  expect(name).toBe(`node ${process.versions.node}`);
  expect(own).toBe(name);
});
