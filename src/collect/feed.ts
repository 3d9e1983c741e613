// Collects one feed: the order in which a block becomes durable and is acked, as code.
import { abandon } from '../blocks/files.ts';
import type { BlockFacts, Sink, Store, StoredFeed } from '../blocks/sink.ts';
import type { Client } from '../client/client.ts';
import type { SubscribeOptions } from '../client/options.ts';
import type { Gap, Part } from '../client/part.ts';
import type { Subscription } from '../client/subscription.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import type { Delivery } from '../protocol/messages.ts';
import type { CommittedStart } from '../protocol/place.ts';
import type { Policy } from '../protocol/policy.ts';

/** One feed of a collector. */
export interface FeedRequest {
  readonly requested: string;
  readonly policy: Policy;
  /** Everything but position and policy. */
  readonly subscribe: SubscribeOptions;
  readonly newEpoch: boolean;
}

/** What the collector hears of one of its feeds. */
export interface FeedEvents {
  opened(feed: string, from: number, isResumed: boolean, at: CommittedStart | undefined): void;
  /** A block came whole. False: no more blocks are wanted, and this one is not stored. */
  claim(): boolean;
  /** It is durable, and acked. */
  stored(feed: string, block: BlockFacts, record: string): void;
  lost(feed: string, gap: Gap, record: string): void;
  /** This is the subscription from now on. */
  subscribed(subscription: Subscription): void;
}

/** Resolves when the feed has ended, was left, or no more is wanted. Rejects when it cannot go on; then nothing is acked that is not durable. */
export async function collectFeed(
  client: Client,
  store: Store,
  request: FeedRequest,
  events: FeedEvents,
): Promise<void> {
  const reopened = await store.reopen(request.requested, request.policy);
  if (reopened === undefined) return await collectNew(client, store, request, events);
  const { sink, feed } = reopened;
  try {
    return await closing(sink, async () => {
      const subscription = subscribe(client, request, sink, feed.epoch);
      events.subscribed(subscription);
      await collectInto(subscription, sink, request, events);
    });
  } catch (error) {
    if (!(request.newEpoch && error instanceof BlockfeedError && error.code === 'reset')) throw error;
  }
  await collectNew(client, store, request, events);
}

/** Nothing is known of the feed: which it is, and so where it is stored, the server says. */
async function collectNew(client: Client, store: Store, request: FeedRequest, events: FeedEvents): Promise<void> {
  const known = new AbortController();
  let subscription = subscribe(client, request, undefined, undefined, known.signal);
  events.subscribed(subscription);
  const { feed, epoch, specification, anchorEvery } = await subscription.opened;
  const { requested, policy } = request;
  const stored: StoredFeed = { requested, feed, epoch, specification, anchorEvery, policy };
  const sink = await store.open(stored);
  await closing(sink, async () => {
    if (sink.position !== undefined) {
      // It was collected before, requested in other words. The journal says where to go on; what has come is dropped.
      known.abort();
      subscription = subscribe(client, request, sink, epoch);
      events.subscribed(subscription);
    }
    await collectInto(subscription, sink, request, events);
  });
}

/** Closes the sink when the work is over. Of two errors the first counts: that of closing follows from it. */
async function closing(sink: Sink, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await abandon(() => sink.close());
    throw error;
  }
  await sink.close();
}

function subscribe(
  client: Client,
  request: FeedRequest,
  sink: Sink | undefined,
  epoch: string | undefined,
  dropped?: AbortSignal,
): Subscription {
  const position = sink?.position;
  const { signal } = request.subscribe;
  const signals = [signal, dropped].filter((each) => each !== undefined);
  return client.subscribe(request.requested, {
    ...request.subscribe,
    ...request.policy,
    signal: AbortSignal.any(signals),
    ...(position === undefined ? {} : { from: position.next, epoch, check: position.check }),
  });
}

async function collectInto(
  subscription: Subscription,
  sink: Sink,
  request: FeedRequest,
  events: FeedEvents,
): Promise<void> {
  const { feed, from, at } = await subscription.opened;
  const isResumed = sink.position !== undefined;
  if (!isResumed) await sink.start(from);
  events.opened(feed, sink.position?.next ?? from, isResumed, at);
  const { window = limits.window.default, windowBytes = limits.windowBytes.default } = request.subscribe;
  const { delivery = 'block' } = request.subscribe;
  const gathering = new BlockGathering(delivery);
  let sealed: { readonly block: BlockFacts; readonly record: string }[] = [];
  let sealedBytes = 0;

  // The one order that loses nothing. What was sealed is durable when `sync` resolves, and only then it is acked. Killed before
  // the sync, the next process puts it aside and fetches it again; killed between sync and ack, the journal knows better than the server.
  const syncAndAck = async (): Promise<void> => {
    const stored = sealed;
    const last = stored.at(-1);
    if (last === undefined) return;
    // Taken out first: what a sync has failed for is never synced, and so acked, by another try.
    sealed = [];
    sealedBytes = 0;
    await sink.sync();
    subscription.ack(last.block.to);
    for (const { block, record } of stored) events.stored(feed, block, record);
  };

  const parts = subscription.parts();
  let upcoming = parts.next();
  try {
    for (;;) {
      // One sync serves all blocks that came while the last one ran: half a window at most, of blocks or of bytes, so that the
      // other half flows. And none waits for a next one that is not there.
      const isHalf = sealed.length * 2 >= window || sealedBytes * 2 >= windowBytes;
      if (sealed.length > 0 && (isHalf || !(await isThere(upcoming)))) await syncAndAck();
      const { value, done } = await upcoming;
      if (done === true || value === undefined) break;
      if (value.kind === 'gap') {
        const record = await sink.gap(value.from, value.to);
        await sink.sync();
        events.lost(feed, value, record);
      } else {
        await sink.append(value.lines);
        const block = gathering.take(value);
        if (block !== undefined) {
          if (!events.claim()) {
            // First, since a subscription that is left acks no more.
            await syncAndAck();
            await parts.return();
            break;
          }
          sealed.push({ block, record: await sink.seal(block) });
          sealedBytes += block.bytes;
        }
      }
      upcoming = parts.next();
    }
  } catch (error) {
    // It ends the collector, and with it the subscription. What is awaited then fails as well; this error came first.
    upcoming.catch(() => undefined);
    throw error;
  } finally {
    await syncAndAck();
  }
}

/** Adds up the parts of a block. */
class BlockGathering {
  readonly #delivery: Delivery;
  #from: number | undefined;
  #bytes = 0;
  #firstTime = 0;
  #lastTime = 0;
  #firstReceived = 0;

  constructor(delivery: Delivery) {
    this.#delivery = delivery;
  }

  /** The block, where this part is its last. */
  take(part: Part): BlockFacts | undefined {
    if (this.#from === undefined) {
      this.#from = part.from;
      this.#firstTime = part.firstTime ?? 0;
      this.#firstReceived = part.beganMicros;
    }
    this.#bytes += part.lines.length;
    this.#lastTime = part.lastTime ?? this.#lastTime;
    if (part.cut === undefined) return undefined;
    const block: BlockFacts = {
      from: this.#from,
      to: part.to,
      cut: part.cut,
      bytes: this.#bytes,
      firstTime: this.#firstTime,
      lastTime: this.#lastTime,
      firstReceived: this.#firstReceived,
      lastReceived: part.receivedMicros,
      delivery: this.#delivery,
    };
    this.#from = undefined;
    this.#bytes = 0;
    return block;
  }
}

/** Whether the promise is resolved within this turn: whether there is something to do besides waiting for it. */
async function isThere(promise: Promise<unknown>): Promise<boolean> {
  const there = promise.then(
    () => true,
    // Whatever went wrong is there to be dealt with by whoever awaits it next.
    () => true,
  );
  return await Promise.race([there, new Promise<false>((resolve) => setImmediate(resolve, false))]);
}
