// What the library tells beside the data, for whoever wants to show or log it.
import type { BlockfeedError } from '../protocol/errors.ts';
import type { Gap } from './part.ts';

/** The state of one of the client's connections. `connection` is 0 for the first, which `connect` made. */
export type ConnectionState = { readonly connection: number } & (
  | { readonly phase: 'connecting'; readonly failures: number }
  | { readonly phase: 'live'; readonly server: string; readonly session: string }
  /** The server said that it will stop; it finishes what it has begun. */
  | { readonly phase: 'closing'; readonly reason: string; readonly retryAfterMs: number }
  /** The connection broke, or could not be made; the next try comes after `waitMs`. `failures` in a row by now. */
  | { readonly phase: 'waiting'; readonly reason: string; readonly failures: number; readonly waitMs: number }
  /** What came has to be taken first, and this platform's sockets cannot be paused. */
  | { readonly phase: 'full' }
  /** For good. With the error, where one ended it. */
  | { readonly phase: 'closed'; readonly error: unknown }
);

/** What the server answered to a subscription. */
export interface Opened {
  /** The feed's name from now on. */
  readonly feed: string;
  readonly epoch: string;
  /** The offset of the first message to come. */
  readonly from: number;
  /** The offset of the message after the last one that exists; undefined where every message exists already. */
  readonly tail: number | undefined;
  /** The canonical specification of a generated feed. */
  readonly specification: string | undefined;
  /** Whether the checksum that was given, or is known from before, was compared. */
  readonly checked: boolean;
  /** How many messages lie between two anchors of the feed, at which blocks by bytes end. */
  readonly anchorEvery: number;
}

export type SubscriptionEvent =
  /** The server answered; `again`: after an interruption. */
  | { readonly type: 'opened'; readonly opened: Opened; readonly again: boolean }
  /** The connection broke. It goes on by itself. */
  | { readonly type: 'interrupted'; readonly reason: string }
  /** The server refused for the moment; it is asked again after `waitMs`. */
  | { readonly type: 'refused'; readonly error: BlockfeedError; readonly waitMs: number }
  | { readonly type: 'gap'; readonly gap: Gap }
  /** The window has been full for long and nothing was acked. */
  | { readonly type: 'stalled'; readonly window: number; readonly unacked: number }
  /** The server's clock was set back: nothing comes for so long. With 0 once that is over. */
  | { readonly type: 'ahead'; readonly aheadMs: number }
  /** The server said where the feed's end is; `lag` messages have not come yet. */
  | { readonly type: 'tail'; readonly tail: number; readonly lag: number };
