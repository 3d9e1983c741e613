// The feeds that a server offers: those it was configured with, and those it makes on request, within limits.
import type { Clock } from '../base/clock.ts';
import type { ChunkMemory } from '../feed/chunkMemory.ts';
import type { Feed } from '../feed/feed.ts';
import type { FeedMaker, SpecifiedFeed } from '../feed/maker.ts';
import { type FramesContext, Renditions } from '../frames/renditions.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import { type ServerLimits, serverLimits } from './limits.ts';
import type { Ticking, Ticks } from './ticks.ts';

/** What a server offers, and what it makes feeds and frames with. */
export interface FeedsOptions {
  readonly configured: readonly Feed[];
  /** Makes feeds on request; undefined: none are made. */
  readonly maker: FeedMaker | undefined;
  readonly limits: ServerLimits;
  readonly clock: Clock;
  readonly ticks: Ticks;
  readonly frames: FramesContext;
  /** What feeds that are made on request keep of their lines. */
  readonly made: ChunkMemory;
}

interface AdHoc {
  readonly renditions: Renditions;
  idleSinceMs: number;
}

export class Feeds implements Ticking {
  readonly #configured: Map<string, Renditions> = new Map();
  readonly #adHoc: Map<string, AdHoc> = new Map();
  /** What came of each specification, by its words. The one used last is at the end. */
  readonly #specified: Map<string, SpecifiedFeed | BlockfeedError> = new Map();
  readonly #options: FeedsOptions;

  constructor(options: FeedsOptions) {
    this.#options = options;
    for (const feed of options.configured) this.#configured.set(feed.name, this.#renditionsOf(feed));
  }

  get configured(): Feed[] {
    return [...this.#configured.values()].map(({ feed }) => feed);
  }

  /** How many feeds made on request are kept at present. */
  get adHocCount(): number {
    return this.#adHoc.size;
  }

  /** What is made on request: none where no maker was given, or the limit is 0. */
  get kindsOnRequest(): readonly string[] {
    return this.#options.limits.adHocFeeds === 0 ? [] : (this.#options.maker?.kinds ?? []);
  }

  /** Whether `find` has no specification to check for it. */
  isKnown(requested: string): boolean {
    return this.#configured.has(requested) || !requested.includes('?') || this.#specified.has(requested);
  }

  /** The feed asked for. Throws `unknown-feed`, `bad-feed`, `feed-refused` or `feed-limit`. */
  find(requested: string): Renditions {
    const configured = this.#configured.get(requested);
    if (configured !== undefined) return configured;
    if (!requested.includes('?')) throw this.#unknown(requested);
    const { maker, limits, clock, ticks } = this.#options;
    if (maker === undefined || limits.adHocFeeds === 0)
      throw new BlockfeedError('feed-refused', 'this server makes no feeds on request', {
        hint: this.#offer(),
        about: requested,
      });
    const specified = this.#specify(maker, requested);
    // A feed whose messages all exist already counts as the fastest there is.
    const rate = Math.min(specified.rate, serverLimits.adHocRate.max);
    if (rate > limits.adHocRate)
      throw new BlockfeedError(
        'feed-refused',
        `rate is ${rate}, and this server makes feeds of at most ${limits.adHocRate} messages/s`,
        {
          hint: `Ask for rate=${limits.adHocRate} or less.`,
          about: requested,
        },
      );
    const known = this.#adHoc.get(specified.epoch);
    if (known !== undefined) {
      known.idleSinceMs = ticks.nowMs();
      return known.renditions;
    }
    this.#forgetIdle(limits.adHocFeeds);
    if (this.#adHoc.size >= limits.adHocFeeds)
      throw new BlockfeedError('feed-limit', `${this.#adHoc.size} feeds made on request are being read`, {
        hint: 'Try again when some are not read any more, or raise the limit of the server.',
        about: requested,
      });
    const renditions = this.#renditionsOf(specified.make(specified.name, clock, this.#options.made));
    this.#adHoc.set(specified.epoch, { renditions, idleSinceMs: ticks.nowMs() });
    return renditions;
  }

  /** Checking the words may take milliseconds, and clients come again with the same words, so the outcome is remembered. */
  #specify(maker: FeedMaker, words: string): SpecifiedFeed {
    const specified = this.#specified.get(words) ?? outcomeOf(maker, words);
    this.#specified.delete(words);
    this.#specified.set(words, specified);
    if (this.#specified.size > this.#options.limits.specifications)
      this.#specified.delete(this.#specified.keys().next().value as string);
    if (specified instanceof BlockfeedError) throw specified;
    return specified;
  }

  #renditionsOf(feed: Feed): Renditions {
    const { clock, frames } = this.#options;
    return new Renditions(feed, clock, frames);
  }

  /** Forgets feeds made on request that nobody has read for a while. */
  tick(nowMs: number): void {
    for (const [epoch, adHoc] of this.#adHoc) {
      if (adHoc.renditions.readers > 0) adHoc.idleSinceMs = nowMs;
      else if (nowMs - adHoc.idleSinceMs >= this.#options.limits.idleFeedMs) this.#adHoc.delete(epoch);
    }
  }

  /** Forgets feeds that nobody reads, while there are too many. */
  #forgetIdle(max: number): void {
    for (const [epoch, { renditions }] of this.#adHoc) {
      if (this.#adHoc.size < max) return;
      if (renditions.readers === 0) this.#adHoc.delete(epoch);
    }
  }

  #unknown(requested: string): BlockfeedError {
    return new BlockfeedError('unknown-feed', `no feed ${JSON.stringify(requested.slice(0, 100))} is offered`, {
      hint: this.#offer(),
      about: requested.slice(0, 100),
    });
  }

  #offer(): string {
    const names = [...this.#configured.keys()];
    const listed = names.slice(0, 20).join(', ') + (names.length > 20 ? ', …' : '');
    const adHoc = this.kindsOnRequest.length > 0 ? ' A specification like user?rate=10 is made on request.' : '';
    return names.length === 0 ? `No feed is offered by name.${adHoc}` : `Offered are ${listed}.${adHoc}`;
  }
}

function outcomeOf(maker: FeedMaker, words: string): SpecifiedFeed | BlockfeedError {
  try {
    return maker.specify(words);
  } catch (error) {
    if (error instanceof BlockfeedError) return error;
    throw error;
  }
}
