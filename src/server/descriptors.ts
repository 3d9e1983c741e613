// Notices that the process has no file descriptors left. The system then drops whoever connects, and Node tells nobody: so
// one is opened and closed again each second, and where that fails it is logged.
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import type { ServerLog } from './log.ts';
import type { Ticking } from './ticks.ts';

/** While there are none it is said again after so long, in ms. */
const sayAgainMs = 60_000;

export class DescriptorWatch implements Ticking {
  readonly #log: ServerLog;
  #saidMs: number | undefined;

  constructor(log: ServerLog) {
    this.#log = log;
  }

  tick(nowMs: number): void {
    const why = missing();
    if (why === undefined) {
      if (this.#saidMs !== undefined) this.#log.warn({}, 'there are file descriptors again: connections are accepted');
      this.#saidMs = undefined;
    } else if (this.#saidMs === undefined || nowMs - this.#saidMs >= sayAgainMs) {
      this.#saidMs = nowMs;
      this.#log.error(
        { code: why },
        'no file descriptors are left: the system drops whoever connects; raise its limit',
      );
    }
  }
}

function missing(): string | undefined {
  try {
    closeSync(openSync(devNull, 'r'));
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
