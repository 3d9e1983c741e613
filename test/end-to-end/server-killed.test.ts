// A server that is killed again and again, at any moment, and comes back on its port: collectors lose nothing and store
// nothing twice.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Collection, collect, folderStore } from '../../src/collect/index.ts';
import { portToKeep, Serving, secondsAgo, seeded, temporaryFolder, until } from './processes.ts';
import { verified } from './stored.ts';

const kills = 20;

/** From their beginning, a few seconds ago, so that both catching up and following are interrupted. */
const origin = secondsAgo(5);
const feeds = {
  user: `user?rate=100&origin=${origin}`,
  tick: `tick?rate=400&origin=${origin}`,
  // Blocks of 750 kB: each in two frames and more.
  wide: `counter?pad=3000&rate=150&origin=${origin}`,
} as const;

const collectors = [
  { feeds: ['user'], size: 5 },
  { feeds: ['user'], waitMs: 200, bytes: 5_000 },
  { feeds: ['tick'], bytes: 4_000 },
  { feeds: ['tick'], size: 100, window: 1 },
  { feeds: ['wide'], size: 250 },
] as const;

test('a server killed 20 times at random moments under 10 collectors: every folder verifies, nothing is missing or there twice', async () => {
  const random = seeded(20_260_101);
  const port = await portToKeep();
  const root = await temporaryFolder();
  let server = await Serving.start(feeds, { port, flags: ['--log-level', 'silent'] });

  const blocksOf: number[] = [];
  let happened: (() => void) | undefined;
  const collections: Collection[] = collectors.flatMap((options, number) =>
    (['block', 'message'] as const).map((delivery, second) => {
      const index = number * 2 + second;
      blocksOf.push(0);
      return collect(server.url, {
        ...options,
        delivery,
        from: 'earliest',
        store: folderStore(join(root, String(index))),
        connect: { backoff: { firstMs: 20, capMs: 200 }, random },
        onBlock: () => {
          blocksOf[index] = (blocksOf[index] ?? 0) + 1;
          happened?.();
        },
      });
    }),
  );
  const failure = Promise.all(collections.map(({ done }) => done));

  /** Resolves when so many more blocks were stored, by whomever. */
  const blocksLater = async (count: number): Promise<void> => {
    let left = count;
    const reached = new Promise<void>((resolve) => {
      happened = () => {
        if (--left <= 0) resolve();
      };
    });
    await Promise.race([reached, failure]);
  };

  for (let kill = 0; kill < kills; kill++) {
    await blocksLater(1 + Math.floor(random() * 60));
    expect(await server.end('SIGKILL')).toBe('SIGKILL');
    server = await Serving.start(feeds, { port, flags: ['--log-level', 'silent'] });
  }
  const atLastKill = [...blocksOf];
  await Promise.race([until(() => blocksOf.every((blocks, index) => blocks >= (atLastKill[index] ?? 0) + 2)), failure]);
  for (const collection of collections) collection.leave();
  const ends = await failure;
  // Had the connections not broken, nothing would have been tried here.
  for (const { reconnects } of ends) expect(reconnects).toBeGreaterThanOrEqual(1);
  expect(ends.reduce((sum, { reconnects }) => sum + reconnects, 0)).toBeGreaterThanOrEqual(kills * 3);

  expect(ends.length).toBe(10);
  for (const [index, { messages, gaps }] of ends.entries()) {
    const [folder] = await verified(join(root, String(index)));
    expect(folder).toMatchObject({ from: 0, to: messages });
    expect(gaps).toBe(0);
  }
  expect(await server.end('SIGTERM')).toBe(0);
}, 300_000);
