// What comes out of a subscription piece by piece, before it is gathered to blocks.
import type { Cut } from '../protocol/cut.ts';

/** Lines that came together: a block, a part of one, or nothing but a block's end. */
export interface Part {
  readonly kind: 'part';
  readonly from: number;
  /** Equal to `from` where only the end of the block is told that the parts before belong to. */
  readonly to: number;
  /** The lines [from, to), each with its newline: the very bytes that came. */
  readonly lines: Uint8Array;
  /** Set in the last part of a block: why it ends. */
  readonly cut: Cut | undefined;
  /** When its first byte came, where the platform shows it (Node), else as `receivedMicros`. */
  readonly beganMicros: number;
  /** When it had come whole, integer microseconds since 1970 by this machine's clock. */
  readonly receivedMicros: number;
  /** The times of its first and last message, in microseconds; undefined where there is none. */
  readonly firstTime: number | undefined;
  readonly lastTime: number | undefined;
}

/** Messages [from, to) will never come. */
export interface Gap {
  readonly kind: 'gap';
  readonly from: number;
  readonly to: number;
  /** Why, in the server's words. */
  readonly reason: string;
}
