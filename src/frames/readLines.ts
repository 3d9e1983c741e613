// Reads a feed in turns of the server, as many as it takes: for whoever wants some lines and is no framer. So these readers
// together take no more of the event loop than the others do.
import type { Feed } from '../feed/feed.ts';
import type { Lines } from '../feed/lines.ts';
import type { Task, Turns } from './turns.ts';

/** As `feed.read`, until there is at least one line. Rejects with the signal's reason once nobody waits for it any more. */
export function readLines(feed: Feed, from: number, turns: Turns, signal: AbortSignal): Promise<Lines> {
  return new Promise((resolve, reject) => {
    const task: Task = {
      queued: false,
      run() {
        try {
          signal.throwIfAborted();
          const lines = feed.read(from, turns.untilMs);
          if (lines === undefined) turns.add(task);
          else resolve(lines);
        } catch (cause) {
          reject(cause);
        }
      },
    };
    turns.add(task);
  });
}
