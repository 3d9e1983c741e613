// What is requested of a collector.
import type { BlockFacts, Store } from '../blocks/sink.ts';
import type { ConnectOptions } from '../client/options.ts';
import type { Delivery } from '../protocol/messages.ts';
import type { CommittedStart, Place } from '../protocol/place.ts';

/** One feed to collect, and in which blocks; without size, waitMs and bytes in the collector's. */
export interface CollectedFeed {
  /** A feed's name, or the specification of one that the server makes on request. */
  readonly feed: string;
  /** Messages a block. */
  readonly size?: number | undefined;
  /** Milliseconds of the clock a block. */
  readonly waitMs?: number | undefined;
  /** Bytes of lines a block. */
  readonly bytes?: number | undefined;
}

/** A block that is durable. */
export interface StoredBlock extends BlockFacts {
  readonly feed: string;
  /** The store's record of it, one line of JSON: of a folder, the journal's line. */
  readonly record: string;
}

/** A gap that is durable: messages [from, to) will never come. */
export interface StoredGap {
  readonly feed: string;
  readonly from: number;
  readonly to: number;
  /** As of a block. */
  readonly record: string;
}

export interface CollectOptions {
  readonly feeds: readonly (string | CollectedFeed)[];
  /** Where the blocks go: `folderStore(dir)`, `consoleStore(stream)`, `openTextStore(path)`, or your own. Not closed here. */
  readonly store: Store;
  /** Messages a block, for feeds that state nothing of their own. Stating nothing at all is 100, or 1 s. */
  readonly size?: number | undefined;
  readonly waitMs?: number | undefined;
  readonly bytes?: number | undefined;
  /** Where to begin a feed of which nothing is stored; what is stored goes on where its journal says. @default latest */
  readonly from?: Place | undefined;
  /** The offset before which to end. @default none */
  readonly until?: number | undefined;
  /** Blocks that may be on their way or not durable yet, 1 to 100,000. @default 1_000 */
  readonly window?: number | undefined;
  /** Bytes of them, from 1,000 to 1 GiB; one block may always be. @default 4_194_304 */
  readonly windowBytes?: number | undefined;
  /** @default block */
  readonly delivery?: Delivery | undefined;
  /** The name under which the server remembers how far the collector is. */
  readonly consumer?: string | undefined;
  /** How many blocks to take in all, then leave without a partial one. @default no end */
  readonly blocks?: number | undefined;
  /** Where a feed has another epoch than what is stored: begin anew beside it. @default false: reject with `reset` */
  readonly newEpoch?: boolean | undefined;
  /** How the server is reached: retries, name, token, and so on. Its signal ends everything at once, without a last ack. */
  readonly connect?: ConnectOptions | undefined;
  /** Hears of each block once it is durable. */
  readonly onBlock?: ((block: StoredBlock) => void) | undefined;
  /** Hears of each gap once it is durable. */
  readonly onGap?: ((gap: StoredGap) => void) | undefined;
  /** Hears where a feed begins or goes on; `at`: where it was to begin at the commit, whether it does, or where instead. */
  readonly onFeed?:
    | ((feed: string, from: number, isResumed: boolean, at: CommittedStart | undefined) => void)
    | undefined;
  /** Is told where the store has taken nothing for long, with the blocks that wait for it: the server sends no more meanwhile. */
  readonly onStalled?: ((feed: string, unacked: number) => void) | undefined;
}

/** How far a collector is. */
export interface CollectStatus {
  readonly blocks: number;
  readonly messages: number;
  readonly bytes: number;
  readonly gaps: number;
  /** Messages lost in gaps. */
  readonly lost: number;
  /** Messages that exist and have not come, of all feeds of which it is known. */
  readonly lag: number;
  readonly reconnects: number;
}
