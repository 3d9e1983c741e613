// What all clients of a server make it log, each sort within a bound of its own: so a flood of one sort hides no other.
import type { Clock } from '../base/clock.ts';
import { LimitedLog } from './limitedLog.ts';
import type { ServerLog } from './log.ts';
import type { Ticking } from './ticks.ts';

export class Logs implements Ticking {
  readonly acks: LimitedLog;
  /** Who came, what they take and leave, and who left. */
  readonly events: LimitedLog;
  /** What plain clients say. */
  readonly said: LimitedLog;
  /** What was refused, gaps, clients that stall or are silent. */
  readonly warnings: LimitedLog;
  /** Feeds that fail, and defects of the server. */
  readonly errors: LimitedLog;

  /** `perSecond`: limit logsPerSecond. */
  constructor(log: ServerLog, clock: Clock, perSecond: number) {
    this.acks = new LimitedLog(log, clock, 'info', 'acks', perSecond);
    this.events = new LimitedLog(log, clock, 'info', 'events', perSecond);
    this.said = new LimitedLog(log, clock, 'info', 'messages said', perSecond);
    this.warnings = new LimitedLog(log, clock, 'warn', 'warnings', perSecond);
    this.errors = new LimitedLog(log, clock, 'error', 'errors', perSecond);
  }

  tick(): void {
    this.flush(false);
  }

  /** Logs the sums of the seconds that are over; with `now` also of the one that runs. */
  flush(now: boolean): void {
    for (const each of [this.acks, this.events, this.said, this.warnings, this.errors]) each.flush(now);
  }
}
