// The port of what makes feeds from words. A server is handed one, so that it offers generated feeds without loading a
// generator that nobody asked for.
import type { Clock } from '../base/clock.ts';
import type { ChunkMemory } from './chunkMemory.ts';
import type { Feed } from './feed.ts';

/** Makes feeds from their specification: `user?rate=10`. */
export interface FeedMaker {
  /** What it makes: a kind alone is a specification too. */
  readonly kinds: readonly string[];
  /**
   * Understands a specification, and makes no message. Throws `bad-feed`, naming what is wrong and what is valid, or `feed-refused` where
   * making messages of it would cost too much.
   */
  specify(words: string): SpecifiedFeed;
}

/** A feed that can be made. */
export interface SpecifiedFeed {
  /** The same for the same feed in whatever words; its epoch. */
  readonly epoch: string;
  /** What it is called where nobody has named it. */
  readonly name: string;
  /** Messages a second; Infinity where all exist already. */
  readonly rate: number;
  /** Makes it, under a name. What it makes is kept in `memory`, which the feeds of one server share. */
  make(name: string, clock: Clock, memory: ChunkMemory): Feed;
}
