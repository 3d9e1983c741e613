// The four ways in which a feed's messages are laid out on the wire.
import type { Cut } from '../protocol/cut.ts';
import { frameHeaderLine } from '../protocol/frame.ts';
import type { ServerMessage } from '../protocol/messages.ts';
import { binaryFrame, frameHeadBytes, type Opcode, textFrame, writeFrameHead } from './websocket.ts';

/**
 * `block` and `message` are the two deliveries of a session. `lines` and `line` are what a WebSocket client without the
 * subprotocol gets: a text frame for each block, or for each message.
 */
export type Form = 'block' | 'message' | 'lines' | 'line';

/** Whether a frame holds one message, and the cut comes after it. */
export function isByMessage(form: Form): boolean {
  return form === 'message' || form === 'line';
}

function opcodeOf(form: Form): Opcode {
  return form === 'block' || form === 'message' ? binaryFrame : textFrame;
}

/** What stands in a frame before the lines. */
function headerOf(form: Form, feed: string, from: number, to: number, cut: Cut | undefined): string {
  return form === 'block' ? frameHeaderLine(feed, from, to, cut) : '';
}

/** How many bytes the frame of `lineBytes` bytes of lines has in all. */
export function unitBytes(
  form: Form,
  feed: string,
  from: number,
  to: number,
  cut: Cut | undefined,
  lineBytes: number,
): number {
  const payload = headerOf(form, feed, from, to, cut).length + lineBytes;
  return frameHeadBytes(payload) + payload;
}

/** Writes what stands before the lines of the frame, returns where the lines go. */
export function writeUnitHead(
  bytes: Buffer,
  position: number,
  form: Form,
  feed: string,
  from: number,
  to: number,
  cut: Cut | undefined,
  lineBytes: number,
): number {
  const header = headerOf(form, feed, from, to, cut);
  const start = writeFrameHead(bytes, position, opcodeOf(form), header.length + lineBytes);
  return header === '' ? start : start + bytes.write(header, start, 'latin1');
}

/** The control message that ends a block in message delivery. */
export function cutMessage(feed: string, to: number, cut: Cut): string {
  return JSON.stringify({ type: 'cut', feed, to, cut } satisfies ServerMessage);
}

/** The whole frame for lines of their own memory: a remainder, an end that only one reader wants. */
export function makeUnit(
  form: Form,
  feed: string,
  from: number,
  to: number,
  cut: Cut | undefined,
  lines: readonly Uint8Array[],
): Buffer {
  let lineBytes = 0;
  for (const piece of lines) lineBytes += piece.length;
  const unit = Buffer.allocUnsafeSlow(unitBytes(form, feed, from, to, cut, lineBytes));
  let position = writeUnitHead(unit, 0, form, feed, from, to, cut, lineBytes);
  for (const piece of lines) {
    unit.set(piece, position);
    position += piece.length;
  }
  return unit;
}
