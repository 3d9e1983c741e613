// What the library tells beside the data, for whoever wants to show or log it.
import type { BlockfeedError } from '../protocol/errors.ts';
import type { CommittedStart } from '../protocol/place.ts';
import type { Gap } from './part.ts';

/** The state of one of the client's connections. `connection` is 0 for the first, which `connect` made. */
export type ConnectionState = { readonly connection: number } & (
  | { readonly phase: 'connecting'; readonly failures: number }
  | {
      readonly phase: 'live';
      readonly server: string;
      readonly session: string;
      /** What the server takes beyond the core of the protocol. */
      readonly features: readonly string[];
    }
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
  /** Where it was asked for from `committed`: whether it is there, or where instead, since the server knows no commit. */
  readonly at: CommittedStart | undefined;
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
  /**
   * The server knows no commit of the consumer, though this client acked `acked` of that feed, in that epoch: it has lost it.
   * What lies between there and `opened.from` may be skipped, or come once more.
   */
  | { readonly type: 'commit-lost'; readonly acked: number; readonly epoch: string; readonly opened: Opened }
  /** The window has been full for long and nothing was acked: `unacked` blocks, of so many bytes. */
  | {
      readonly type: 'stalled';
      readonly window: number;
      readonly windowBytes: number;
      readonly unacked: number;
      readonly unackedBytes: number;
    }
  /** The server's clock was set back: nothing comes for so long. With 0 once that is over. */
  | { readonly type: 'ahead'; readonly aheadMs: number }
  /** The server said where the feed's end is; `lag` messages have not come yet. */
  | { readonly type: 'tail'; readonly tail: number; readonly lag: number };
