// What all connections of one server share.
import type { Clock } from '../base/clock.ts';
import type { Commits } from '../feed/commits.ts';
import type { Turns } from '../frames/turns.ts';
import type { Feeds } from './feeds.ts';
import type { Hearing } from './inbox.ts';
import type { ServerLimits } from './limits.ts';
import type { ServerLog } from './log.ts';
import type { Logs } from './logs.ts';
import type { Opening } from './opening.ts';
import type { Origins } from './origins.ts';
import type { Ticking, Ticks } from './ticks.ts';
import type { UnsentMemory } from './unsentMemory.ts';
import type { WindowBudget } from './window.ts';

export interface ServerContext {
  readonly name: string;
  readonly clock: Clock;
  readonly limits: ServerLimits;
  readonly log: ServerLog;
  /** What clients make the server log, within bounds. */
  readonly logs: Logs;
  readonly ticks: Ticks;
  readonly origins: Origins;
  readonly opening: Opening;
  readonly feeds: Feeds;
  readonly turns: Turns;
  readonly hearing: Hearing;
  readonly commits: Commits;
  readonly unsent: UnsentMemory;
  readonly windows: WindowBudget;
}

/** A connection as the server drives it. */
export interface Peer extends Ticking {
  /** How many feeds it reads. */
  readonly subscriptions: number;
  /** The server stops: no more data; close as soon as what was sent is acked. */
  drain(reason: string, retryAfterMicros: number): void;
  /** The drain is over. */
  terminate(): void;
}
