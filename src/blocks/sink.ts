// The port behind which every sink stands: where a collector stores the blocks of one feed. A sink owns its journal, the
// record of the blocks it has made durable, so that a sink in a database can keep it in the same transaction as the data.
import type { Cut } from '../protocol/cut.ts';
import type { Delivery } from '../protocol/messages.ts';
import type { Policy } from '../protocol/policy.ts';

/** Which blocks a sink stores: those of one policy of one incarnation of one feed. */
export interface StoredFeed {
  /** The feed in the words in which it was requested. */
  readonly requested: string;
  readonly feed: string;
  readonly epoch: string;
  /** Of a generated feed: from it every byte can be generated again. */
  readonly specification: string | undefined;
  /** How many messages lie between two anchors of the feed: blocks by bytes end at each. */
  readonly anchorEvery: number;
  readonly policy: Policy;
}

/** How far a sink's journal says it got. */
export interface StoredPosition {
  /** The offset of the next message it wants. */
  readonly next: number;
  /** crc32 of the line before `next`, newline included; undefined where it has stored none. */
  readonly check: number | undefined;
}

/** A block as the collector knows it when its last byte is there. Times in integer microseconds. */
export interface BlockFacts {
  readonly from: number;
  readonly to: number;
  readonly cut: Cut;
  /** Bytes of its lines. */
  readonly bytes: number;
  /** Time of its first and last message, by the feed's clock. */
  readonly firstTime: number;
  readonly lastTime: number;
  /** When its first and its last byte came, by this machine's clock. */
  readonly firstReceived: number;
  readonly lastReceived: number;
  readonly delivery: Delivery;
}

/**
 * Stores blocks. The collector calls, in this order and one at a time: any number of `append`, then `seal`, for each block;
 * `gap` between blocks; `sync` when it wants what was sealed to be durable, and acks only after that. What was appended
 * and not sealed when the process dies is not part of the record.
 */
export interface Sink {
  /** Where to go on, or undefined: nothing is stored yet, begin anywhere (and say where, with `start`). */
  readonly position: StoredPosition | undefined;
  /** Before the first block, and at every change of position that is neither a block's end nor a gap's. Durable when it resolves. */
  start(from: number): Promise<void>;
  /** Takes lines of the block that is coming. They may be views on memory that is reused after the promise resolves. */
  append(lines: Uint8Array): Promise<void>;
  /** The block is whole: what was appended since the last seal. Resolves with the record of it, one line of JSON without newline. */
  seal(block: BlockFacts): Promise<string>;
  /** Messages [from, to) will never come. Resolves with the record of it, as `seal` does. */
  gap(from: number, to: number): Promise<string>;
  /** Resolves when everything sealed is durable. Rejects with `storage` otherwise: then nothing more may be acked. */
  sync(): Promise<void>;
  /** Lets go of files and locks. What is not sealed is dropped. */
  close(): Promise<void>;
}

/** Has room for the sinks of many feeds: a folder, the console, a file. */
export interface Store {
  /**
   * Opens the sink that was used before for a feed requested in these words and with this policy, or resolves to undefined.
   * Rejects with `locked` when somebody else holds it, with `damaged` when what lies there is not what its journal says.
   */
  reopen(requested: string, policy: Policy): Promise<{ sink: Sink; feed: StoredFeed } | undefined>;
  /** Opens the sink for a feed, new or used. Rejects as `reopen` does, and with `storage` when it cannot be made. */
  open(feed: StoredFeed): Promise<Sink>;
  close(): Promise<void>;
}
