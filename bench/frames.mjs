// The cheapest reader of server frames: looks at heads only, skips payloads, and never copies what it does not need.

const smallBytes = 65_536;

/**
 * What is looked at of a frame's payload before the rest is skipped: so many bytes, or all of it when it is shorter.
 * @typedef {(opcode: number, lengthBytes: number) => number} Peek
 * @typedef {(opcode: number, bytes: Buffer, start: number, end: number) => void} OnFrame
 */

export class FrameReader {
  #countOnly;
  #peek;
  #onFrame;
  #skip = 0;
  /** @type {Buffer | undefined} */
  #carried;

  /** Frames that were only counted. */
  count = 0;

  /** Frames with the opcode `countOnly` are counted and skipped. @param {number} countOnly @param {Peek} peek @param {OnFrame} onFrame */
  constructor(countOnly, peek, onFrame) {
    this.#countOnly = countOnly;
    this.#peek = peek;
    this.#onFrame = onFrame;
  }

  /** Takes `length` bytes as they came. @param {Buffer} came @param {number} length */
  take(came, length) {
    let bytes = came;
    let end = length;
    let at = this.#skip;
    if (at >= end) {
      this.#skip = at - end;
      return;
    }
    if (this.#carried !== undefined) {
      bytes = Buffer.concat([this.#carried, came.subarray(0, length)]);
      end = bytes.length;
      this.#carried = undefined;
    }
    const countOnly = this.#countOnly;
    let count = 0;
    while (at < end) {
      let start = at + 2;
      let payload = start <= end ? /** @type {number} */ (bytes[at + 1]) : 0;
      if (payload === 126) {
        payload = start + 2 <= end ? bigEndian16(bytes, start) : smallBytes;
        start += 2;
      } else if (payload === 127) {
        payload = start + 8 <= end ? bytes.readUInt32BE(start + 4) : smallBytes;
        start += 8;
      }
      const opcode = /** @type {number} */ (bytes[at]) & 0x0f;
      if (opcode === countOnly && start <= end) {
        count++;
        at = start + payload;
        continue;
      }
      if (start > end || start + Math.min(payload, this.#peek(opcode, payload)) > end) {
        this.#carried = Buffer.from(bytes.subarray(at, end));
        at = end;
        break;
      }
      this.#onFrame(opcode, bytes, start, start + payload);
      at = start + payload;
    }
    this.#skip = at - end;
    this.count += count;
  }
}

/** @param {Buffer} bytes @param {number} at */
function bigEndian16(bytes, at) {
  const high = /** @type {number} */ (bytes[at]);
  const low = /** @type {number} */ (bytes[at + 1]);
  return (high << 8) | low;
}

/** A client's text frame. Its mask is zero: what is measured is not the mask. @param {string} text */
export function clientText(text) {
  const length = Buffer.byteLength(text);
  const headBytes = length < 126 ? 6 : 8;
  const frame = Buffer.alloc(headBytes + length);
  frame[0] = 0x81;
  frame[1] = 0x80 | (length < 126 ? length : 126);
  if (length >= 126) frame.writeUInt16BE(length, 2);
  frame.write(text, headBytes);
  return frame;
}
