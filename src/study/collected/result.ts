// What journals tell of how their blocks came, as plain data. Times in integer microseconds.
import type { Cut } from '../../protocol/cut.ts';
import type { Delivery } from '../../protocol/messages.ts';
import type { Quantiles } from '../result.ts';

/** What came in one slot of time, by the collector's clock. Every block belongs to the slot in which its last byte came. */
export interface Slot {
  /** When it begins, since 1970. */
  readonly at: number;
  readonly blocks: number;
  readonly messages: number;
  readonly bytes: number;
  readonly took: Extent;
  readonly wait: Extent;
  readonly between: Extent | undefined;
}

/** The mean of the blocks of a slot, and the least and the greatest: what can be told exactly however slots are joined. */
export interface Extent {
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

/** A time in which nothing came, longer than is usual in that folder. */
export interface Pause {
  /** From the last byte of one block to the first of the next. */
  readonly fromMicros: number;
  readonly toMicros: number;
  /** The offset the block behind it begins with. */
  readonly offset: number;
  /** How old the last message of that block was when its first byte came. */
  readonly lateMicros: number;
  /**
   * `away`: that message had been waiting for half of the pause or longer, so the collector, the network or the server was
   * away. `quiet`: it was fresh, so the feed had nothing to send. A journal does not tell more.
   */
  readonly kind: 'away' | 'quiet';
  /** The journal says that reading began anew in it, at an offset that was not the next. */
  readonly isStart: boolean;
}

export interface CollectedFolder {
  readonly path: string;
  /** The last three names of its path: feed, policy and epoch. */
  readonly feed: string;
  readonly policy: string;
  readonly epoch: string;
  readonly blocks: number;
  readonly messages: number;
  readonly bytes: number;
  /** Reported gaps, and the messages in them. */
  readonly gaps: number;
  readonly lost: number;
  /** Lines of the journal that say where reading began: the first, and one for each jump. */
  readonly starts: number;
  readonly cuts: Readonly<Partial<Record<Cut, number>>>;
  readonly deliveries: Readonly<Partial<Record<Delivery, number>>>;
  /** Its offsets [from, to); undefined where there is no block. So with the times of the first and the last byte. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly firstReceived: number | undefined;
  readonly lastReceived: number | undefined;
  /** From a block's first byte to its last. */
  readonly took: Quantiles;
  /** The last message's time minus the first's. */
  readonly span: Quantiles;
  /** From the first message's time to the block's last byte. */
  readonly wait: Quantiles;
  /** From one block's last byte to the next one's. */
  readonly between: Quantiles;
  /** The longest, at most a hundred, in the order of time. */
  readonly pauses: readonly Pause[];
  /** How often a line was made earlier than the one before it, by the collector's clock. */
  readonly clockWentBack: number;
  /** Blocks whose first message was, by the feed's clock, from the future when they came. */
  readonly fromTheFuture: number;
  /** Bytes of a line at the end that was not written to its end: the collector runs, or was killed. */
  readonly tornBytes: number;
  readonly slots: readonly Slot[];
}

export interface CollectedStudy {
  readonly version: 1;
  readonly command: string;
  /** How long the slots are, of all folders. */
  readonly slotMicros: number;
  readonly folders: readonly CollectedFolder[];
}
