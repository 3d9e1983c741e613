// The port behind which every feed stands: an ordered, append-only sequence of lines that can be read from any place.
// Generated feeds, the memory log and what comes later implement it; the server knows nothing else of them.
import type { Chunk } from './chunk.ts';

export interface Feed {
  /** `[a-z0-9][a-z0-9._-]{0,63}` as configured, or for a feed made on request its kind, `-`, and 12 digits of its epoch. */
  readonly name: string;
  /** Identity of this incarnation: 32 hex digits. When it differs, offsets mean nothing to each other. */
  readonly epoch: string;
  /** The canonical specification of a generated feed; undefined for a published one. */
  readonly specification: string | undefined;
  /**
   * False: every message is there already (`rate=max`). Then `edge` is the end of the numbers, the places `latest` and
   * `edge` mean 0, and there is no lag.
   */
  readonly paced: boolean;

  /** The oldest offset that can still be read. Never goes back. */
  earliest(): number;
  /** The offset that the next message will get; what is before it is durable. Never goes back. */
  edge(): number;
  /** No message earlier than this time, in microseconds, can still appear. Never goes back. */
  closedMicros(): number;

  /**
   * A chunk that holds the message at `from` (earliest <= from < edge) and as many after it as are at hand; at most about
   * 2 ms of work or 256 KiB, so it may be fewer than there are. It is there for the turn of the event loop in which it was
   * given: later its memory may hold other lines, so what is to be kept is copied.
   * Rejects or throws `storage` when the feed cannot be read.
   */
  read(from: number): Chunk | Promise<Chunk>;

  /** The first offset whose message has this time or a later one; at most the edge (for a generated feed: beyond it). */
  offsetAt(timeMicros: number): number | Promise<number>;

  /** The crc32 of the line at `offset`, newline included; of the last line that retention removed too. Else undefined. */
  checksumAt(offset: number): number | undefined | Promise<number | undefined>;

  /** Calls `moved` each time the edge has moved on, until the returned function is called. One timer for all watchers. */
  watch(moved: () => void): () => void;
}
