// A binary frame of block delivery: one header line, {"feed":"user","from":60,"to":65,"cut":"size"}, and then the lines.
// The header names no client and nothing of the moment, so the frame is made once and is the same bytes for everybody.
import type { Cut } from './cut.ts';
import { cuts } from './cut.ts';
import { BlockfeedError } from './errors.ts';
import { isOffset } from './message.ts';

/** What a frame's header says: these are the messages [from, to) of the feed, and, with `cut`, here the block ends. */
export interface FrameHeader {
  readonly feed: string;
  readonly from: number;
  readonly to: number;
  readonly cut?: Cut;
}

/** The header's line, newline included. `feed` is a feed's name, so needs no escape. */
export function frameHeaderLine(feed: string, from: number, to: number, cut: Cut | undefined): string {
  return cut === undefined
    ? `{"feed":"${feed}","from":${from},"to":${to}}\n`
    : `{"feed":"${feed}","from":${from},"to":${to},"cut":"${cut}"}\n`;
}

/** The most bytes that a header's line can have: a name of 77, two offsets of 16 digits, the longest cut, the rest. */
export const maxFrameHeaderBytes = 160;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Takes a frame apart; `lines` is a view on the same memory. Throws `bad-server`. */
export function parseFrame(frame: Uint8Array): { header: FrameHeader; lines: Uint8Array } {
  const end = frame.subarray(0, maxFrameHeaderBytes).indexOf(10);
  if (end < 0) throw badFrame('it has no header line');
  let header: unknown;
  try {
    header = JSON.parse(decoder.decode(frame.subarray(0, end)));
  } catch (cause) {
    throw badFrame('its header is not JSON', cause);
  }
  if (!isFrameHeader(header)) throw badFrame('its header does not state feed, from, to and perhaps cut');
  return { header, lines: frame.subarray(end + 1) };
}

function isFrameHeader(value: unknown): value is FrameHeader {
  if (typeof value !== 'object' || value === null) return false;
  if (!('feed' in value && 'from' in value && 'to' in value)) return false;
  if (typeof value.feed !== 'string' || !isOffset(value.from) || !isOffset(value.to) || value.to < value.from)
    return false;
  if (!('cut' in value)) return value.to > value.from;
  // Without a message a frame says one thing only: the block that was open ends here, since the reader leaves.
  return value.to > value.from ? cuts.includes(value.cut as Cut) : value.cut === 'end';
}

function badFrame(why: string, cause?: unknown): BlockfeedError {
  return new BlockfeedError('bad-server', `a binary frame is not one of blockfeed: ${why}`, {
    hint: 'Check that the peer is a blockfeed server of this protocol version.',
    cause,
  });
}
