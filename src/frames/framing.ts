// The four ways in which a feed's messages are laid out on the wire.
import type { Cut } from '../protocol/cut.ts';
import { frameHeaderLine } from '../protocol/frame.ts';
import type { ServerMessage } from '../protocol/messages.ts';
import { binaryFrame, frameHeadBytes, type Opcode, textFrame, writeFrameHead } from './websocket.ts';

/**
 * `block` and `message` are the two deliveries of a session. `lines` and `line` are what a WebSocket client without the
 * subprotocol gets: a text frame for each block, or for each message.
 */
export type Framing = 'block' | 'message' | 'lines' | 'line';

/** Whether a frame holds one message, and the cut comes after it. */
export function isByMessage(framing: Framing): boolean {
  return framing === 'message' || framing === 'line';
}

function opcodeOf(framing: Framing): Opcode {
  return framing === 'block' || framing === 'message' ? binaryFrame : textFrame;
}

/** What stands in a frame before the lines. */
function headerOf(framing: Framing, feed: string, from: number, to: number, cut: Cut | undefined): string {
  return framing === 'block' ? frameHeaderLine(feed, from, to, cut) : '';
}

/** How many bytes the frame of `lineBytes` bytes of lines has in all. */
export function unitBytes(
  framing: Framing,
  feed: string,
  from: number,
  to: number,
  cut: Cut | undefined,
  lineBytes: number,
): number {
  const payload = headerOf(framing, feed, from, to, cut).length + lineBytes;
  return frameHeadBytes(payload) + payload;
}

/** Writes what stands before the lines of the frame, returns where the lines go. */
export function writeUnitHead(
  bytes: Buffer,
  position: number,
  framing: Framing,
  feed: string,
  from: number,
  to: number,
  cut: Cut | undefined,
  lineBytes: number,
): number {
  const header = headerOf(framing, feed, from, to, cut);
  const start = writeFrameHead(bytes, position, opcodeOf(framing), header.length + lineBytes);
  return header === '' ? start : start + bytes.write(header, start, 'latin1');
}

/** The control message that ends a block in message delivery. */
export function cutMessage(feed: string, to: number, cut: Cut): string {
  return JSON.stringify({ type: 'cut', feed, to, cut } satisfies ServerMessage);
}

/** The whole frame for lines of their own memory: a remainder, an end that only one reader wants. */
export function makeUnit(
  framing: Framing,
  feed: string,
  from: number,
  to: number,
  cut: Cut | undefined,
  lines: readonly Uint8Array[],
): Buffer {
  let lineBytes = 0;
  for (const piece of lines) lineBytes += piece.length;
  const unit = Buffer.allocUnsafeSlow(unitBytes(framing, feed, from, to, cut, lineBytes));
  let position = writeUnitHead(unit, 0, framing, feed, from, to, cut, lineBytes);
  for (const piece of lines) {
    unit.set(piece, position);
    position += piece.length;
  }
  return unit;
}
