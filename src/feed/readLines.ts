// Reads a feed in as many turns of the event loop as it takes: for whoever is no task of the server's turns.
import type { Feed } from './feed.ts';
import { feedLimits } from './limits.ts';
import type { Lines } from './lines.ts';

/** As `feed.read`, until there is at least one line. Rejects with the signal's reason once nobody waits for it any more. */
export async function readLines(feed: Feed, from: number, signal: AbortSignal): Promise<Lines> {
  for (;;) {
    signal.throwIfAborted();
    const lines = await feed.read(from, performance.now() + feedLimits.turnMs.default);
    if (lines !== undefined) return lines;
    await new Promise(setImmediate);
  }
}
