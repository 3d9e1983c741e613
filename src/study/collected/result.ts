// What journals say of how their blocks came, as plain data. Times are integer microseconds.
import type { Cut } from '../../protocol/cut.ts';
import type { Delivery } from '../../protocol/messages.ts';
import type { Quantiles } from '../result.ts';

/** What came in one slot of time, by the collector's clock. A block belongs to the slot in which its last byte came. */
export interface Slot {
  /** Its begin, since 1970. */
  readonly at: number;
  readonly blocks: number;
  readonly messages: number;
  readonly bytes: number;
  readonly took: Extent;
  readonly wait: Extent;
  readonly between: Extent | undefined;
}

/** The mean, the least and the greatest of a slot's blocks. They stay exact when slots are joined. */
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
  /** The first offset of the block after it. */
  readonly offset: number;
  /** How old the last message of that block was when its first byte came. */
  readonly lateMicros: number;
  /**
   * `away`: that message had waited for half of the pause or longer, so the collector, the network or the server was
   * away. `quiet`: it was fresh, so the feed had nothing to send. A journal says no more.
   */
  readonly kind: 'away' | 'quiet';
  /** Whether reading began anew in the pause, at an offset that was not the next. */
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
  /** Its offsets [from, to), and the times of its first and its last byte. Undefined where there is no block. */
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
  /** The longest pauses, at most a hundred, in order of time. */
  readonly pauses: readonly Pause[];
  /** How often the collector's clock went back from one line to the next. */
  readonly clockWentBack: number;
  /** Blocks that came before the time of their first message: the feed's clock and the collector's differ. */
  readonly fromTheFuture: number;
  /** Bytes of an unfinished line at the end: the collector runs, or was killed. */
  readonly tornBytes: number;
  readonly slots: readonly Slot[];
}

export interface CollectedStudy {
  readonly version: 1;
  readonly command: string;
  /** The length of the slots, the same for all folders. */
  readonly slotMicros: number;
  readonly folders: readonly CollectedFolder[];
}
