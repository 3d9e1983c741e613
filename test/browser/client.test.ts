// The client library in a real browser, against a real server.
import { expect, test } from 'vitest';
import { portToKeep, Serving, secondsAgo } from '../end-to-end/processes.ts';
import { letsPagesRead, openPage } from './browser.ts';
import type { Told, Wanted } from './take.mjs';

/** A page that takes blocks. `told` are those it has so far. */
async function taking(wanted: Wanted) {
  const page = await openPage();
  const told: Told[] = [];
  let wake = (): void => {};
  await page.exposeFunction('tell', (block: Told) => {
    told.push(block);
    wake();
  });
  const phases = page.evaluate(
    (asked) => (globalThis as unknown as { take(wanted: Wanted): Promise<string[]> }).take(asked),
    wanted,
  );
  // Awaited by the test; before that it must not count as unheard of.
  phases.catch(() => {});
  return {
    told,
    phases,
    async has(blocks: number): Promise<void> {
      while (told.length < blocks)
        await Promise.race([
          phases,
          new Promise<void>((resolve) => {
            wake = resolve;
          }),
        ]);
    },
  };
}

const bytesOf = (told: readonly Told[]) => told.map(({ text }) => text).join('');

function expectContiguous(told: readonly Told[], from: number): void {
  expect(told[0]?.from).toBe(from);
  for (const [index, block] of told.entries()) {
    if (index > 0) expect(block.from).toBe(told[index - 1]?.to);
    const offsets = block.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).offset);
    expect(offsets).toEqual(Array.from({ length: block.to - block.from }, (_, place) => block.from + place));
  }
}

test('both deliveries give a page the same blocks, byte for byte, and the server sees their acks', async () => {
  const serving = await Serving.start({ user: `user?rate=100&origin=${secondsAgo(60)}` }, { flags: letsPagesRead() });
  const taken: Told[][] = [];
  for (const delivery of ['block', 'message'] as const) {
    const wanted = { url: serving.url, feed: 'user', blocks: 8, subscribe: { size: 5, from: 100, delivery } };
    const { told, phases } = await taking(wanted);
    expect(await phases).toEqual(expect.arrayContaining(['live', 'closed']));
    expectContiguous(told, 100);
    expect(told.map(({ to, cut }) => [to, cut])).toEqual(
      Array.from({ length: 8 }, (_, index) => [105 + index * 5, 'size']),
    );
    await serving.logged(({ msg }) => msg.startsWith('ack user [') && msg.includes(',140)'));
    taken.push(told);
  }
  expect(bytesOf(taken[1] ?? [])).toBe(bytesOf(taken[0] ?? []));
});

test.each(['block', 'message'] as const)(
  'a page goes on at its own place when the server was killed and is back, in %s delivery',
  async (delivery) => {
    const feeds = { user: `user?rate=500&origin=${secondsAgo(60)}` };
    const port = await portToKeep();
    const first = await Serving.start(feeds, { port, flags: letsPagesRead() });
    const page = await taking({
      url: first.url,
      feed: 'user',
      blocks: 300,
      subscribe: { size: 5, from: 29_500, delivery },
      connect: { backoff: { firstMs: 20, capMs: 100 } },
    });
    await page.has(3);
    expect(await first.end('SIGKILL')).toBe('SIGKILL');
    await Serving.start(feeds, { port, flags: letsPagesRead() });
    expect(await page.phases).toEqual(expect.arrayContaining(['waiting', 'live', 'closed']));
    expectContiguous(page.told, 29_500);
    expect(page.told).toHaveLength(300);
    expect(page.told.at(-1)?.reconnects).toBeGreaterThanOrEqual(1);
  },
);

test('a page that takes more slowly than it is sent lets the connection go, and misses nothing', async () => {
  const serving = await Serving.start({ all: 'counter?rate=max&pad=1000' }, { flags: letsPagesRead() });
  const { told, phases } = await taking({
    url: serving.url,
    feed: 'all',
    blocks: 12,
    subscribe: { size: 500, from: 0, window: 100 },
    connect: { receivedBytes: 1_048_576, backoff: { firstMs: 1, capMs: 1 } },
    waitsForFull: true,
  });
  expect(await phases).toContain('full');
  expectContiguous(told, 0);
  expect(told).toHaveLength(12);
  expect(told.at(-1)?.reconnects).toBeGreaterThanOrEqual(1);
});
