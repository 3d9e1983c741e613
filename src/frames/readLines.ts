// Reads a feed in as many turns of the event loop as it takes: for whoever is no task of the server's turns.
import type { Feed } from '../feed/feed.ts';
import type { Lines } from '../feed/lines.ts';
import type { Turns } from './turns.ts';

/**
 * As `feed.read`, until there is at least one line. Undefined: retention was faster, and `from` is before `earliest` now.
 * Rejects with the signal's reason once nobody waits for it any more.
 */
export async function readLines(
  feed: Feed,
  from: number,
  turns: Turns,
  signal: AbortSignal,
): Promise<Lines | undefined> {
  for (;;) {
    const lines = await turns
      .late((untilMs) => {
        signal.throwIfAborted();
        return from < feed.earliest() ? undefined : feed.read(from, untilMs);
      })
      .catch((cause: unknown) => {
        if (signal.aborted || from >= feed.earliest()) throw cause;
        return undefined;
      });
    if (lines !== undefined || from < feed.earliest()) return lines;
  }
}
