// How much processor time each turn of the event loop takes. Unlike a timer's delay it is the server's own doing alone, also
// where other programs share its core. Linux only; elsewhere there is no figure. It makes no garbage: what the collector of
// garbage does is to be the server's doing too.
import { existsSync, openSync, readSync } from 'node:fs';

const source = '/proc/self/schedstat';
const bucketMs = 0.1;

/** Watches from `reset` on; `read` stops and tells the times, in ms. */
export function watchIterations() {
  if (!existsSync(source)) return undefined;
  const file = openSync(source, 'r');
  const text = Buffer.alloc(64);
  /** Processor time of the main thread: the first number that stands there, in nanoseconds. */
  const usedMs = () => {
    const length = readSync(file, text, 0, text.length, 0);
    let ns = 0;
    for (let at = 0; at < length && text[at] !== 0x20; at++)
      ns = ns * 10 + /** @type {number} */ ((text[at] ?? 0) - 0x30);
    return ns / 1e6;
  };
  const counts = new Float64Array(10_000);
  let turns = 0;
  let max = 0;
  let running = false;
  let before = 0;
  const turn = () => {
    if (!running) return;
    const now = usedMs();
    const took = now - before;
    before = now;
    turns++;
    if (took > max) max = took;
    const bucket = Math.min(Math.floor(took / bucketMs), counts.length - 1);
    counts[bucket] = /** @type {number} */ (counts[bucket]) + 1;
    setImmediate(turn);
  };
  return {
    reset() {
      counts.fill(0);
      turns = 0;
      max = 0;
      before = usedMs();
      if (running) return;
      running = true;
      setImmediate(turn);
    },
    read() {
      running = false;
      let seen = 0;
      let p99 = 0;
      while (seen < turns * 0.99) seen += /** @type {number} */ (counts[p99++]);
      return { p99: p99 * bucketMs, max };
    },
  };
}
