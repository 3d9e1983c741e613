// A collector: takes feeds in blocks from a server into a store, each block acked once it is durable.
import type { Client } from '../client/client.ts';
import { connect } from '../client/connect.ts';
import type { SubscriptionEvent } from '../client/events.ts';
import type { Subscription } from '../client/subscription.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import { makePolicy } from '../protocol/policy.ts';
import { collectFeed, type FeedEvents, type FeedRequest } from './feed.ts';
import type { CollectOptions, CollectStatus } from './options.ts';

/** A collector at work. */
export interface Collection {
  /** Resolves with what was collected when every feed has ended or was left; rejects when one cannot go on. */
  readonly done: Promise<CollectStatus>;
  /** Leaves gracefully: takes what there is of the blocks that are filling, acks it, and ends. */
  leave(): void;
  status(): CollectStatus;
}

/**
 * Begins to collect. Throws `bad-option`. `done` rejects with what the first feed that cannot go on met: `reset`, `diverged`,
 * `unknown-feed`, `locked`, `damaged`, `storage`, `unreachable` and others; the other feeds are then ended too.
 */
export function collect(url: string | URL, options: CollectOptions): Collection {
  return new Collecting(url, options);
}

/** The reason with which subscriptions end when enough was collected. */
const enough: unique symbol = Symbol('enough blocks were collected');

class Collecting implements Collection {
  readonly done: Promise<CollectStatus>;
  readonly #options: CollectOptions;
  readonly #requests: readonly FeedRequest[];
  readonly #subscriptions: Set<Subscription> = new Set();
  readonly #stop: AbortController = new AbortController();
  #leaving = false;
  #claimed = 0;
  #blocks = 0;
  #messages = 0;
  #bytes = 0;
  #gaps = 0;
  #lost = 0;

  constructor(url: string | URL, options: CollectOptions) {
    this.#options = options;
    this.#requests = feedRequests(options, this.#stop.signal);
    this.done = this.#run(url);
  }

  leave(): void {
    this.#leaving = true;
    // Before there is a subscription there is nothing to leave gracefully.
    if (this.#subscriptions.size === 0) this.#stop.abort(enough);
    for (const subscription of this.#subscriptions) subscription.leave();
  }

  status(): CollectStatus {
    let lag = 0;
    let reconnects = 0;
    for (const subscription of this.#subscriptions) {
      lag += subscription.lag ?? 0;
      reconnects += subscription.reconnects;
    }
    const [blocks, messages, bytes] = [this.#blocks, this.#messages, this.#bytes];
    return { blocks, messages, bytes, gaps: this.#gaps, lost: this.#lost, lag, reconnects };
  }

  async #run(url: string | URL): Promise<CollectStatus> {
    const { connect: how } = this.#options;
    const stop = this.#stop.signal;
    try {
      const client = await connect(url, {
        ...how,
        signal: how?.signal === undefined ? stop : AbortSignal.any([stop, how.signal]),
      });
      try {
        const ends = await Promise.allSettled(this.#requests.map((request) => this.#collect(client, request)));
        for (const end of ends) if (end.status === 'rejected') throw end.reason;
      } finally {
        this.#stop.abort(enough);
        await client.close();
      }
    } catch (error) {
      if (error !== enough) throw error;
    }
    return this.status();
  }

  /** Collects one feed; where it fails the others end too. */
  async #collect(client: Client, request: FeedRequest): Promise<void> {
    let current: Subscription | undefined;
    const events: FeedEvents = {
      opened: (feed, from, isResumed, at) => this.#options.onFeed?.(feed, from, isResumed, at),
      claim: () => this.#claim(),
      stored: (feed, block, record) => {
        this.#blocks++;
        this.#messages += block.to - block.from;
        this.#bytes += block.bytes;
        this.#options.onBlock?.({ feed, ...block, record });
        if (this.#blocks === this.#options.blocks) this.#stop.abort(enough);
      },
      lost: (feed, { from, to }, record) => {
        this.#gaps++;
        this.#lost += to - from;
        this.#options.onGap?.({ feed, from, to, record });
      },
      subscribed: (subscription) => {
        if (current !== undefined) this.#subscriptions.delete(current);
        current = subscription;
        this.#subscriptions.add(subscription);
        if (this.#leaving) subscription.leave();
      },
    };
    try {
      await collectFeed(client, this.#options.store, request, events);
    } catch (error) {
      if (error === enough) return;
      // Left before the server answered: there is nothing to be collected, and nothing wrong.
      if (this.#leaving && error instanceof BlockfeedError && error.code === 'closed') return;
      this.#stop.abort(enough);
      throw error;
    }
  }

  #claim(): boolean {
    return this.#claimed++ < (this.#options.blocks ?? Number.POSITIVE_INFINITY);
  }
}

function feedRequests(options: CollectOptions, signal: AbortSignal): FeedRequest[] {
  const { from, until, window, windowBytes, delivery, consumer, blocks, newEpoch = false } = options;
  if (blocks !== undefined && !(Number.isSafeInteger(blocks) && blocks >= 1))
    throw new BlockfeedError('bad-option', `blocks is ${blocks}`, {
      hint: 'Give a whole number from 1.',
      about: 'blocks',
    });
  if (options.feeds.length === 0)
    throw new BlockfeedError('bad-option', 'no feed is stated', { hint: 'Name at least one feed.', about: 'feeds' });
  const requests = options.feeds.map((each) => {
    const feed = typeof each === 'string' ? { feed: each } : each;
    const own = 'size' in feed || 'waitMs' in feed || 'bytes' in feed ? feed : options;
    const onEvent = (event: SubscriptionEvent): void => {
      if (event.type === 'stalled') options.onStalled?.(feed.feed, event.unacked);
    };
    const subscribe = { from, until, window, windowBytes, delivery, consumer, signal, onEvent };
    return { requested: feed.feed, policy: makePolicy(own), subscribe, newEpoch };
  });
  const twice = requests.find(
    ({ requested }, index) => requests.findIndex((other) => other.requested === requested) !== index,
  );
  if (twice !== undefined)
    throw new BlockfeedError('bad-option', `${twice.requested} is stated twice`, {
      hint: 'State each feed once.',
      about: twice.requested,
    });
  return requests;
}
