// Ctrl-C and SIGTERM: the first asks to finish what is under way, a second one does not wait for it.
import { exitCodes, say } from './output.ts';

/** Calls `stop` at the first signal; the second ends the process at once. Returns how to stop listening. */
export function onStopSignal(stop: (signal: 'SIGINT' | 'SIGTERM') => void): () => void {
  let asked = false;
  const handle = (signal: 'SIGINT' | 'SIGTERM') => {
    if (asked) {
      say(`${signal} again: not waiting`);
      process.exit(signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated);
    }
    asked = true;
    stop(signal);
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return () => {
    process.off('SIGINT', handle);
    process.off('SIGTERM', handle);
  };
}
