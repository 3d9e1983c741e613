// What all connections of one server share.
import type { Clock } from '../base/clock.ts';
import type { Commits } from '../feed/commits.ts';
import type { Turns } from '../frames/turns.ts';
import type { Feeds } from './feeds.ts';
import type { ServerLimits } from './limits.ts';
import type { ServerLog } from './log.ts';
import type { UnsentMemory } from './unsentMemory.ts';

export interface ServerContext {
  readonly name: string;
  readonly clock: Clock;
  readonly limits: ServerLimits;
  readonly log: ServerLog;
  readonly feeds: Feeds;
  readonly turns: Turns;
  readonly commits: Commits;
  readonly unsent: UnsentMemory;
}

/** A connection as the server drives it. */
export interface Peer {
  /** How many feeds it reads. */
  readonly subscriptions: number;
  /** Once a second or so. */
  tick(nowMicros: number): void;
  /** The server stops: no more data; close as soon as what was sent is acked. */
  drain(reason: string, retryAfterMicros: number): void;
  /** The drain is over. */
  terminate(): void;
}
