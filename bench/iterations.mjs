// How much processor time each turn of the event loop takes. Unlike a timer's delay it is the server's own doing alone, also
// where other programs share its core. Linux only; elsewhere there is no figure.
import { existsSync, openSync, readSync } from 'node:fs';

const source = '/proc/self/schedstat';

/** Watches from `reset` on; `read` stops and tells the times, in ms. */
export function watchIterations() {
  if (!existsSync(source)) return undefined;
  const file = openSync(source, 'r');
  const text = Buffer.alloc(64);
  /** Processor time of the main thread. */
  const usedMs = () => Number.parseInt(text.toString('latin1', 0, readSync(file, text, 0, text.length, 0)), 10) / 1e6;
  /** @type {number[]} */
  let times = [];
  let running = false;
  let before = 0;
  const turn = () => {
    if (!running) return;
    const now = usedMs();
    times.push(now - before);
    before = now;
    setImmediate(turn);
  };
  return {
    reset() {
      times = [];
      running = true;
      before = usedMs();
      setImmediate(turn);
    },
    read() {
      running = false;
      const sorted = times.toSorted((left, right) => left - right);
      return { p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0, max: sorted.at(-1) ?? 0 };
    },
  };
}
