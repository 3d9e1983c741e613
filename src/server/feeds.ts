// The feeds that a server offers: those it was configured with, and those it makes on request, within limits.
import type { Clock } from '../base/clock.ts';
import type { Feed } from '../feed/feed.ts';
import { GeneratedFeed } from '../generate/generated.ts';
import type { PageCache } from '../frames/cache.ts';
import { Renditions } from '../frames/renditions.ts';
import type { Rate } from '../generate/schedule.ts';
import { parseSpecification } from '../generate/specification.ts';
import type { Turns } from '../frames/turns.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';

/** Whether and how feeds are made on request. */
export interface AdHocLimits {
  /** How many at once. 0: none are made. */
  readonly feeds: number;
  /** The highest rate of one, in messages a second; a feed with `rate=max` counts as 1,000,000. */
  readonly rate: number;
}

interface AdHoc {
  readonly renditions: Renditions;
  idleSinceMicros: number;
}

export class Feeds {
  readonly #configured: Map<string, Renditions> = new Map();
  readonly #adHoc: Map<string, AdHoc> = new Map();
  readonly #limits: AdHocLimits;
  readonly #clock: Clock;
  readonly #turns: Turns;
  readonly #cache: PageCache;

  constructor(configured: readonly Feed[], adHoc: AdHocLimits, clock: Clock, turns: Turns, cache: PageCache) {
    this.#limits = adHoc;
    this.#clock = clock;
    this.#turns = turns;
    this.#cache = cache;
    for (const feed of configured) this.#configured.set(feed.name, new Renditions(feed, clock, turns, cache));
  }

  get configured(): Feed[] {
    return [...this.#configured.values()].map(({ feed }) => feed);
  }

  /** How many feeds made on request are kept at present. */
  get adHocCount(): number {
    return this.#adHoc.size;
  }

  get adHocLimits(): AdHocLimits {
    return this.#limits;
  }

  /** The feed asked for. Throws `unknown-feed`, `bad-feed`, `feed-refused` or `feed-limit`. */
  find(asked: string): Renditions {
    const configured = this.#configured.get(asked);
    if (configured !== undefined) return configured;
    if (!asked.includes('?')) throw this.#unknown(asked);
    if (this.#limits.feeds === 0)
      throw new BlockfeedError('feed-refused', 'this server makes no feeds on request', {
        hint: this.#offer(),
        about: asked,
      });
    const specification = parseSpecification(asked);
    const rate = messagesPerSecond(specification.rate);
    if (rate > this.#limits.rate)
      throw new BlockfeedError(
        'feed-refused',
        `rate is ${rate}, and this server makes feeds of at most ${this.#limits.rate} messages/s`,
        {
          hint: `Ask for rate=${this.#limits.rate} or less.`,
          about: asked,
        },
      );
    const known = this.#adHoc.get(specification.epoch);
    if (known !== undefined) {
      known.idleSinceMicros = this.#clock.nowMicros();
      return known.renditions;
    }
    this.#forgetIdle(this.#limits.feeds);
    if (this.#adHoc.size >= this.#limits.feeds)
      throw new BlockfeedError('feed-limit', `${this.#adHoc.size} feeds made on request are being read`, {
        hint: 'Try again when some are not read any more, or raise the limit of the server.',
        about: asked,
      });
    const feed = new GeneratedFeed(specification.adHocName, specification, this.#clock);
    const renditions = new Renditions(feed, this.#clock, this.#turns, this.#cache);
    this.#adHoc.set(specification.epoch, { renditions, idleSinceMicros: this.#clock.nowMicros() });
    return renditions;
  }

  /** Forgets feeds made on request that nobody has read for a while. */
  tick(nowMicros: number): void {
    for (const [epoch, adHoc] of this.#adHoc) {
      if (adHoc.renditions.readers > 0) adHoc.idleSinceMicros = nowMicros;
      else if (nowMicros - adHoc.idleSinceMicros >= limits.idleFeedMs.default * 1_000) this.#adHoc.delete(epoch);
    }
  }

  /** Where there are too many, those that nobody reads go at once. */
  #forgetIdle(max: number): void {
    for (const [epoch, { renditions }] of this.#adHoc) {
      if (this.#adHoc.size < max) return;
      if (renditions.readers === 0) this.#adHoc.delete(epoch);
    }
  }

  #unknown(asked: string): BlockfeedError {
    return new BlockfeedError('unknown-feed', `no feed ${JSON.stringify(asked.slice(0, 100))} is offered`, {
      hint: this.#offer(),
      about: asked.slice(0, 100),
    });
  }

  #offer(): string {
    const names = [...this.#configured.keys()];
    const listed = names.slice(0, 20).join(', ') + (names.length > 20 ? ', …' : '');
    const adHoc = this.#limits.feeds > 0 ? ' A specification like user?rate=10 is made on request.' : '';
    return names.length === 0 ? `No feed is offered by name.${adHoc}` : `Offered are ${listed}.${adHoc}`;
  }
}

function messagesPerSecond(rate: Rate): number {
  return rate === 'max' ? limits.adHocRate.max : rate.messages / rate.seconds;
}
