// The first thing ever observed of such a feed: a message every T, in blocks of 5, and a block takes 4T, not 5T. Server and
// client share one clock, which moves on once everything that was due is there.
import { expect, test } from 'vitest';
import { collect, folderStore, type Sink, type Store } from '../../src/collect/index.ts';
import { type Block, connect, type Delivery, type Subscription } from '../../src/index.ts';
import { ManualClock, newYearMicros } from '../support/manualClock.ts';
import { bench, eventually } from '../support/server.ts';
import { temporaryFolder } from './processes.ts';
import { verified } from './stored.ts';

const intervals = [
  { intervalMs: 2_000, rate: '0.5' },
  { intervalMs: 250, rate: '4' },
  { intervalMs: 1, rate: '1000' },
] as const;

/** A server of one feed whose clock stands at the moment of message 60. */
async function serving(intervalMs: number, rate: string) {
  const clock = new ManualClock(newYearMicros + 60 * intervalMs * 1_000);
  return await bench({ clock, feeds: { user: `user?rate=${rate}` } });
}

/** The blocks that come while the clock moves on to message 75, one message at a time; each is acked. */
async function blocksOf(subscription: Subscription, clock: ManualClock, intervalMs: number): Promise<Block[]> {
  const blocks: Block[] = [];
  const taking = (async () => {
    for await (const block of subscription) {
      blocks.push(block);
      await block.ack();
      if (block.to === 75) return;
    }
  })();
  for (let tail = 61; tail < 75; tail++) {
    // A block's end is said behind its last message.
    await eventually(() => subscription.next === tail && blocks.length === Math.floor((tail - 60) / 5));
    clock.advance(intervalMs);
  }
  await taking;
  return blocks;
}

test.each(intervals)(
  'a message every $intervalMs ms, size 5, live by messages: span is 4T and so is took, at the client and in the log',
  async ({ intervalMs, rate }) => {
    const { clock, url, logged } = await serving(intervalMs, rate);
    await using client = await connect(url, { clock });
    const subscription = client.subscribe('user', { size: 5, delivery: 'message' });
    const blocks = await blocksOf(subscription, clock, intervalMs);
    const times = { spanMicros: 4 * intervalMs * 1_000, tookMicros: 4 * intervalMs * 1_000 };
    expect(blocks).toMatchObject([60, 65, 70].map((from) => ({ from, to: from + 5, cut: 'size', ...times })));
    const acks = () => logged.filter(({ sentence }) => sentence.startsWith('ack user'));
    await eventually(() => acks().length === 3);
    expect(acks().map(({ fields }) => fields)).toMatchObject(
      [60, 65, 70].map((from) => ({ from, messages: 5, ...times })),
    );
  },
);

test.each(['block', 'message'] as const)(
  'a block that is there already has the same span, and takes no time: %s delivery',
  async (delivery: Delivery) => {
    const { clock, url } = await serving(2_000, '0.5');
    await using client = await connect(url, { clock });
    const ranges: number[] = [];
    for await (const block of client.subscribe('user', { size: 5, delivery, from: 10, until: 60 })) {
      expect(block).toMatchObject({ spanMicros: 8_000_000, tookMicros: 0, cut: 'size' });
      ranges.push(block.from);
      await block.ack();
    }
    expect(ranges).toEqual([10, 15, 20, 25, 30, 35, 40, 45, 50, 55]);
  },
);

test('the journal of a collector says it too: at 2 s and size 5, span and took of 8 s', async () => {
  const { clock, url } = await serving(2_000, '0.5');
  const out = await temporaryFolder();
  const tick = () => clock.advance(2_000);
  const store = told(folderStore(out, { clock }), {
    appended: (to) => {
      if (to % 5 !== 0) tick();
    },
    sealed: tick,
  });
  await collect(url, { feeds: ['user'], size: 5, delivery: 'message', store, connect: { clock }, blocks: 2 }).done;
  const [folder] = await verified(out);
  expect(folder?.blocks).toMatchObject(
    [60, 65].map((from) => ({
      from,
      to: from + 5,
      cut: 'size',
      span: 8_000_000,
      took: 8_000_000,
      delivery: 'message',
    })),
  );
});

/** The store, and whoever wants to know what its sinks have taken: up to which message, and that a block is whole. */
function told(store: Store, { appended, sealed }: { appended(to: number): void; sealed(): void }): Store {
  const watched = (sink: Sink): Sink => ({
    get position() {
      return sink.position;
    },
    start: (from) => sink.start(from),
    gap: (from, to) => sink.gap(from, to),
    sync: () => sink.sync(),
    close: () => sink.close(),
    async append(lines) {
      await sink.append(lines);
      if (lines.length > 0) appended((JSON.parse(Buffer.from(lines).toString()) as { offset: number }).offset + 1);
    },
    async seal(block) {
      const record = await sink.seal(block);
      sealed();
      return record;
    },
  });
  return {
    async reopen(requested, policy) {
      const found = await store.reopen(requested, policy);
      return found === undefined ? undefined : { ...found, sink: watched(found.sink) };
    },
    open: async (feed) => watched(await store.open(feed)),
    close: () => store.close(),
  };
}
