// Ctrl-C, SIGTERM, and SIGHUP of a terminal that is closed: the first signal finishes what is under way, a second one ends the
// process at once.
import { exitCodes, say } from './output.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type StopSignal = (typeof signals)[number];

const exitCodeOf: Readonly<Record<StopSignal, number>> = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
  SIGHUP: exitCodes.hungUp,
};

/**
 * One stop may come as several signals: a terminal sends Ctrl-C to a whole group of processes, and timeout(1), npx or a shell
 * in it send it on. What comes within this time, in ms, is the same stop; nobody presses twice so fast and means it.
 */
const sameStopMs = 500;

/** Calls `stop` at the first signal; a second one ends the process at once. Returns how to stop listening. */
export function onStopSignal(
  stop: (signal: StopSignal) => void,
  nowMs: () => number = () => performance.now(),
): () => void {
  let firstMs: number | undefined;
  const handle = (signal: StopSignal): void => {
    if (firstMs === undefined) {
      firstMs = nowMs();
      return stop(signal);
    }
    if (nowMs() - firstMs < sameStopMs) return;
    say(`${signal} again: not waiting`);
    process.exit(exitCodeOf[signal]);
  };
  for (const signal of signals) process.on(signal, handle);
  return () => {
    for (const signal of signals) process.off(signal, handle);
  };
}
