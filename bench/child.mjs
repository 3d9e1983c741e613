// What the processes have in common: a server says its port, starts when told, and reports what it used; a reader says that
// it is ready, starts when told, and reports what it got.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { watchIterations } from './iterations.mjs';

/** What a server process was started with. @returns {Record<string, string | number>} */
export function options() {
  return JSON.parse(process.argv[2] ?? '{}');
}

/**
 * Says which port is open, then does as the parent says: `go` calls `flood`, `measure` begins to measure, `report` answers.
 * @param {number} port
 * @param {() => void} flood
 */
export function obey(port, flood) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let before = process.cpuUsage();
  const iterations = options().iterations === 1 ? watchIterations() : undefined;
  process.on('message', (/** @type {string} */ word) => {
    if (word === 'go') flood();
    if (word === 'measure') {
      before = process.cpuUsage();
      delay.enable();
      delay.reset();
      iterations?.reset();
    }
    if (word === 'report') {
      const { user, system } = process.cpuUsage(before);
      delay.disable();
      process.send?.({
        cpuSeconds: (user + system) / 1e6,
        loopDelayMs: { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 },
        iterationMs: iterations?.read(),
        rssMiB: process.memoryUsage.rss() / 1_048_576,
      });
    }
    if (word === 'exit') process.exit(0);
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ port });
}

/**
 * Says that all clients are there, then does as the parent says. Told `go` it begins to read, and with `enough` reports how
 * long that took to resolve; told `forMs` it counts for so long.
 * @param {{ go: () => void, messages: () => number, enough?: Promise<void> | undefined }} reader
 */
export function obeyAsReader({ go, messages, enough }) {
  process.on('message', async (/** @type {{ go?: true, forMs?: number }} */ told) => {
    const cpuBefore = process.cpuUsage();
    const began = performance.now();
    const before = messages();
    if (told.go) go();
    if (told.go && enough === undefined) return;
    await (told.forMs === undefined ? enough : new Promise((resolve) => setTimeout(resolve, told.forMs)));
    const { user, system } = process.cpuUsage(cpuBefore);
    process.send?.({
      messages: messages() - before,
      seconds: (performance.now() - began) / 1_000,
      cpuSeconds: (user + system) / 1e6,
    });
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ ready: true });
}
