// Which versions of Node the package says it is for.
import { readFileSync } from 'node:fs';
import { satisfies, subset } from 'semver';
import { expect, test } from 'vitest';

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'));
const ours: string = read('package.json').engines.node;

test('are versions that everything it depends on is for', () => {
  const packages: Record<string, { dev?: boolean; engines?: { node?: string } }> = read('package-lock.json').packages;
  const stated = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  expect(stated.length).toBeGreaterThan(10);
  for (const [path, { engines }] of stated)
    if (engines?.node !== undefined) expect(subset(ours, engines.node), `${path}: ${engines.node}`).toBe(true);
});

test('have the checksum of node:zlib, which came in 20.15 and 22.2', () => {
  expect(subset(ours, '^20.15.0 || >=22.2.0')).toBe(true);
});

test('are the three lines of Node that are kept, and all that come', () => {
  for (const version of ['20.19.0', '20.20.2', '22.13.0', '24.0.0', '26.0.0', '30.0.0'])
    expect(satisfies(version, ours), version).toBe(true);
  for (const version of ['18.20.0', '20.18.3', '21.7.3', '22.1.0', '22.12.0', '23.11.0'])
    expect(satisfies(version, ours), version).toBe(false);
});
