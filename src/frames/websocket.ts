// Server frames of RFC 6455, which carry no mask and can therefore be made once and written to many.

/** What a frame holds. */
export type Opcode = 0x1 | 0x2 | 0x9 | 0xa;

export const textFrame = 0x1;
export const binaryFrame = 0x2;
export const pingFrame = 0x9;
export const pongFrame = 0xa;

/** How many bytes go before `length` bytes of payload. */
export function frameHeadBytes(length: number): number {
  return length < 126 ? 2 : length < 65_536 ? 4 : 10;
}

/** Writes the head of an unfragmented frame at `position`, returns the position behind it. */
export function writeFrameHead(bytes: Buffer, position: number, opcode: Opcode, length: number): number {
  bytes[position] = 0x80 | opcode;
  if (length < 126) {
    bytes[position + 1] = length;
    return position + 2;
  }
  if (length < 65_536) {
    bytes[position + 1] = 126;
    bytes.writeUInt16BE(length, position + 2);
    return position + 4;
  }
  bytes[position + 1] = 127;
  bytes.writeUInt32BE(0, position + 2);
  bytes.writeUInt32BE(length, position + 6);
  return position + 10;
}

/** A frame of its own memory. */
export function makeFrame(opcode: Opcode, payload: string | Buffer): Buffer {
  const length = Buffer.byteLength(payload);
  const frame = Buffer.allocUnsafe(frameHeadBytes(length) + length);
  const start = writeFrameHead(frame, 0, opcode, length);
  if (typeof payload === 'string') frame.write(payload, start);
  else payload.copy(frame, start);
  return frame;
}
