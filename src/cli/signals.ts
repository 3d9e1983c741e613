// Ctrl-C, SIGTERM, and SIGHUP of a terminal that is closed: the first signal finishes what is under way, a second one ends the
// process at once.
import { cliLimits } from './limits.ts';
import { exitCodes, say } from './output.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type StopSignal = (typeof signals)[number];

const exitCodeOf: Readonly<Record<StopSignal, number>> = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
  SIGHUP: exitCodes.hungUp,
};

/**
 * Calls `stop` at the first signal; a second one ends the process at once, unless it comes so soon that it is the same stop.
 * Returns how to stop listening.
 */
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
    if (nowMs() - firstMs < cliLimits.sameStopMs.default) return;
    say(`${signal} again: not waiting`);
    process.exit(exitCodeOf[signal]);
  };
  for (const signal of signals) process.on(signal, handle);
  return () => {
    for (const signal of signals) process.off(signal, handle);
  };
}
