// Fifty collectors at once: many kinds, policies and beginnings, both deliveries. What they store is what the feed and the
// policy say, and nothing else has a say.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Collection, type CollectOptions, collect, folderStore } from '../../src/collect/index.ts';
import { Serving, temporaryFolder, until } from './processes.ts';
import { expectSameBlocks, type Stored, verified } from './stored.ts';

const feeds = {
  user: 'user?rate=40',
  array: 'array?shape=3x4&dist=normal&rate=120',
  tick: 'tick?rate=300',
  access: 'access?rate=100&seed=7',
} as const;

const policies = [
  { size: 5 },
  { size: 37 },
  { waitMs: 400 },
  { bytes: 3_000 },
  { size: 30, waitMs: 250 },
  { size: 50, waitMs: 1_000, bytes: 4_000 },
] as const;

/** Where the collectors of one feed and policy begin: the later ones inside a block, and behind the first. */
const beginnings = ['latest', 'tail', -150] as const;

interface Collector {
  readonly feed: string;
  readonly policy: number;
  readonly out: string;
  readonly collection: Collection;
  blocks: number;
}

test('50 collectors of 4 kinds and 6 policies in both deliveries: all verify, and those of one feed and policy have the same blocks', async () => {
  const server = await Serving.start(feeds);
  const root = await temporaryFolder();
  const collectors: Collector[] = [];

  const begin = (feed: string, policy: number, from: (typeof beginnings)[number], delivery: 'block' | 'message') => {
    const out = join(root, String(collectors.length));
    const options: CollectOptions = {
      feeds: [feed],
      ...policies[policy],
      from,
      delivery,
      store: folderStore(out),
      onBlock: () => {
        collector.blocks++;
      },
    };
    const collector: Collector = { feed, policy, out, collection: collect(server.url, options), blocks: 0 };
    collectors.push(collector);
    return collector;
  };

  // One of each in one delivery; then, once that has stored something, one in the other, from elsewhere.
  const pairs = Object.keys(feeds).flatMap((feed) => policies.map((_, policy) => ({ feed, policy })));
  await Promise.all(
    pairs.map(async ({ feed, policy }, index) => {
      const first = begin(feed, policy, 'latest', index % 2 === 0 ? 'block' : 'message');
      await until(() => first.blocks >= 2);
      begin(feed, policy, beginnings[index % 3] ?? 'tail', index % 2 === 0 ? 'message' : 'block');
    }),
  );
  begin('user', 0, 'tail', 'message');
  begin('tick', 5, 'tail', 'block');
  expect(collectors.length).toBe(50);
  await until(() => collectors.every(({ blocks }) => blocks >= 4));
  for (const { collection } of collectors) collection.leave();
  await Promise.all(collectors.map(({ collection }) => collection.done));

  const stored: Stored[] = [];
  for (const { out } of collectors) {
    const folders = await verified(out);
    expect(folders.length).toBe(1);
    stored.push(...folders);
  }
  let compared = 0;
  for (const [index, collector] of collectors.entries())
    for (const [earlier, other] of collectors.slice(0, index).entries()) {
      if (other.feed !== collector.feed || other.policy !== collector.policy) continue;
      const same = expectSameBlocks(stored[index] as Stored, stored[earlier] as Stored);
      expect(same.blocks).toBeGreaterThanOrEqual(3);
      compared++;
    }
  expect(compared).toBe(24 + 2 + 2);
  expect(await server.end('SIGTERM')).toBe(0);
}, 120_000);
