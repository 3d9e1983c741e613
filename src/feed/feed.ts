// The port behind which every feed stands: an ordered, append-only sequence of lines that can be read from any place.
// Generated feeds, the memory log and what comes later implement it; the server knows nothing else of them.
//
// What holds of every feed (PROTOCOL.md has the laws):
//   F1  What is read at (epoch, offset) is the same bytes for ever. An epoch is one incarnation. Say a feed `prices` was
//       deleted and made again: its message 60 is another one now, and the new epoch is what tells a reader so.
//   F2  `tail` is the offset that the next message will get. Everything below it is durable, as the kind of the log defines
//       it, and may be shown.
//   F4  Times never go back. `watermarkMicros` is a time below which no further message can appear. Say the watermark is
//       12:00:05 and the last message is of 12:00:01: then the block of the seconds 0 to 4 is over, though nothing came.
//   F5  `earliest` is an anchor and never goes back, and a read that fails because retention was faster finds `earliest`
//       moved before it fails. Say anchors are every 64 messages, a reader wants 60, and retention removes [0, 128)
//       meanwhile: the reader sees earliest = 128 and reports the gap [60, 128), instead of an error.
import type { Lines } from './lines.ts';

export interface Feed {
  /** `[a-z0-9][a-z0-9._-]{0,63}` as configured, or for a feed made on request its kind, `-`, and 12 digits of its epoch. */
  readonly name: string;
  /** Identity of this incarnation: 32 hex digits. When it differs, offsets mean nothing to each other. */
  readonly epoch: string;
  /** The canonical specification of a generated feed; undefined for a published one. */
  readonly specification: string | undefined;
  /**
   * False: every message is there already (`rate=max`). Then `tail` is the end of the numbers, the places `latest` and
   * `tail` mean 0, and there is no lag.
   */
  readonly paced: boolean;
  /**
   * How many messages lie between two anchors: a power of two up to 4,096, the same for ever. At an anchor frames begin for
   * certain, and blocks by bytes too. A feed of long lines has a small one, since readers look back to the anchor before them.
   */
  readonly anchorEvery: number;

  /** The oldest offset that can still be read: an anchor. Never goes back. */
  earliest(): number;
  /** The offset that the next message will get; what is before it is durable. Never goes back. */
  tail(): number;
  /** No message earlier than this time, in microseconds, can still appear. Never goes back. */
  watermarkMicros(): number;

  /**
   * The message at `from` (earliest <= from < tail) and as many after it as are at hand; at most about 256 KiB, or what can
   * be had by `untilMs` (of performance.now), so it may be fewer than there are. They are there for the turn of the event
   * loop in which they were given: later their memory may hold other lines, so what is to be kept is copied.
   * Undefined: not one line is whole yet. Whoever wants it calls again, in a later turn; for those who do not, no more is done.
   * Rejects or throws `storage` when the feed cannot be read.
   */
  read(from: number, untilMs: number): Lines | undefined | Promise<Lines>;

  /** The first offset whose message has this time or a later one; at most the tail (for a generated feed: beyond it). */
  offsetAt(timeMicros: number): number | Promise<number>;

  /** The crc32 of a line that retention removed, newline included: of the last one at least. Of any other undefined. */
  removedChecksum(offset: number): number | undefined | Promise<number | undefined>;

  /**
   * Calls `moved` each time the tail has moved on, until the returned function is called. One timer for all watchers. Whoever reads in
   * several turns watches meanwhile: a feed that nobody watches need not keep what it has begun.
   */
  watch(moved: () => void): () => void;
}
