// Generated feeds as a server takes them: what makes them from their specification.
import { type Clock, systemClock } from '../base/clock.ts';
import type { Feed } from '../feed/feed.ts';
import type { FeedMaker } from '../feed/maker.ts';
import { GeneratedFeed } from './generated.ts';
import { kinds } from './kinds/index.ts';
import { parseSpecification } from './specification.ts';

/** Makes generated feeds: `createServer({ maker: generatedFeeds })`. */
export const generatedFeeds: FeedMaker = {
  kinds: [...kinds.keys()],
  specify(words) {
    // A server remembers many that nobody reads. So only the words are kept, and no generator.
    const { canonical, epoch, adHocName, rate } = parseSpecification(words);
    return {
      epoch,
      name: adHocName,
      rate: rate === 'max' ? Number.POSITIVE_INFINITY : rate.messages / rate.seconds,
      make: (name, clock, memory) => new GeneratedFeed(name, parseSpecification(canonical), clock, memory),
    };
  },
};

/**
 * One generated feed under a name: `generatedFeed('prices', 'tick?rate=10')`. Throws `bad-feed`, naming what is wrong and
 * what is valid.
 */
export function generatedFeed(name: string, words: string, clock: Clock = systemClock): Feed {
  return new GeneratedFeed(name, parseSpecification(words), clock);
}
