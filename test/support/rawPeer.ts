// A client made of a bare TCP socket: it sends whatever bytes a test likes and takes the server's frames apart itself, so
// that nothing between the test and the wire is polite.
import { connect, type Socket } from 'node:net';

/** A frame as the server sent it. */
export interface RawFrame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly reserved: number;
  readonly masked: boolean;
  readonly payload: Buffer;
}

export interface FrameShape {
  readonly fin?: boolean;
  /** The three reserved bits, 0 to 7. */
  readonly reserved?: number;
  readonly masked?: boolean;
  /** What the head claims, where it is not the payload's length. */
  readonly length?: number;
}

/** A frame of a client. */
export function clientFrame(opcode: number, payload: string | Buffer = '', shape: FrameShape = {}): Buffer {
  const body = Buffer.from(payload);
  const { fin = true, reserved = 0, masked = true, length = body.length } = shape;
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  const mark = masked ? 0x80 : 0;
  let head: Buffer;
  if (length < 126) head = Buffer.from([first, mark | length]);
  else if (length < 65_536) head = Buffer.from([first, mark | 126, length >> 8, length & 0xff]);
  else {
    head = Buffer.alloc(10);
    head[0] = first;
    head[1] = mark | 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  if (!masked) return Buffer.concat([head, body]);
  const mask = Buffer.from([0x12, 0x34, 0x56, 0x78]);
  return Buffer.concat([head, mask, body.map((byte, index) => byte ^ (mask[index & 3] as number))]);
}

/** The request that a session opens with; `headers` are put in, or with undefined left out. */
export function upgradeRequest(
  target = '/',
  headers: Readonly<Record<string, string | undefined>> = {},
  version = 'HTTP/1.1',
): string {
  const all: Record<string, string | undefined> = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol': 'blockfeed.v1',
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return `GET ${target} ${version}\r\n${lines.join('\r\n')}\r\n\r\n`;
}

const headEnd = Buffer.from('\r\n\r\n');

export class RawPeer {
  readonly socket: Socket;
  /** The frames that came and were not taken by `next`. */
  readonly frames: RawFrame[] = [];
  /** The status line and headers of the answer. */
  head = '';
  /** The end of the stream was received, or the socket broke. */
  ended = false;
  #received: Buffer = Buffer.alloc(0);
  #upgraded = false;
  #wakers: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    // How it ended is what tests look at; a reset is one way.
    socket.on('error', () => this.#end());
    socket.on('end', () => this.#end());
    socket.on('close', () => this.#end());
  }

  /** Connects. With `halfOpen` the socket stays when the server ends its side. */
  static async connect(port: number, options: { readonly halfOpen?: boolean } = {}): Promise<RawPeer> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: options.halfOpen ?? false });
    const peer = new RawPeer(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.setNoDelay();
    return peer;
  }

  /** Connects and becomes a WebSocket. */
  static async upgraded(port: number, target = '/', options: { readonly halfOpen?: boolean } = {}): Promise<RawPeer> {
    const peer = await RawPeer.connect(port, options);
    peer.write(upgradeRequest(target, target === '/' ? {} : { 'Sec-WebSocket-Protocol': undefined }));
    await peer.until(() => peer.head !== '' || peer.ended);
    if (peer.status !== 101) throw new Error(`no upgrade: ${peer.head}`);
    return peer;
  }

  /** The status of the HTTP answer, 0 where none came. */
  get status(): number {
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(this.head)?.[1] ?? 0);
  }

  /** What came behind the head of an answer that is no upgrade. */
  get body(): string {
    return this.#received.toString();
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** Says a control message. */
  say(message: object): void {
    this.write(clientFrame(0x1, JSON.stringify(message)));
  }

  /** Waits for what the peer has received to be as wanted. */
  async until(wanted: () => boolean): Promise<void> {
    while (!wanted()) {
      if (this.ended) throw new Error(`the connection is over, and it is not as wanted: ${wanted}`);
      await new Promise<void>((wake) => this.#wakers.push(wake));
    }
  }

  /** The next frame that is as wanted; those before it are dropped. */
  async next(wanted: (frame: RawFrame) => boolean = () => true): Promise<RawFrame> {
    for (;;) {
      for (let frame = this.frames.shift(); frame !== undefined; frame = this.frames.shift())
        if (wanted(frame)) return frame;
      if (this.ended) throw new Error(`the connection is over, and no frame came as wanted: ${wanted}`);
      await new Promise<void>((wake) => this.#wakers.push(wake));
    }
  }

  /** The code of the close frame that comes next; 1006 where the connection ends without one. */
  async closeCode(): Promise<number> {
    try {
      const { payload } = await this.next((frame) => frame.opcode === 0x8);
      return payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    } catch (error) {
      if (this.ended) return 1006;
      throw error;
    }
  }

  async end(): Promise<void> {
    while (!this.ended) await new Promise<void>((wake) => this.#wakers.push(wake));
  }

  destroy(): void {
    this.socket.destroy();
  }

  #end(): void {
    this.ended = true;
    this.#wake();
  }

  #wake(): void {
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }

  #take(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    if (this.head === '') {
      const end = this.#received.indexOf(headEnd);
      if (end < 0) return;
      this.head = this.#received.toString('latin1', 0, end);
      this.#received = this.#received.subarray(end + 4);
      this.#upgraded = this.status === 101;
    }
    if (this.#upgraded)
      for (let frame = this.#frame(); frame !== undefined; frame = this.#frame()) this.frames.push(frame);
    this.#wake();
  }

  #frame(): RawFrame | undefined {
    const bytes = this.#received;
    if (bytes.length < 2) return undefined;
    const [first = 0, second = 0] = bytes;
    let start = 2;
    let length = second & 0x7f;
    if (length === 126) {
      if (bytes.length < 4) return undefined;
      length = bytes.readUInt16BE(2);
      start = 4;
    } else if (length === 127) {
      if (bytes.length < 10) return undefined;
      length = Number(bytes.readBigUInt64BE(2));
      start = 10;
    }
    if (bytes.length < start + length) return undefined;
    this.#received = bytes.subarray(start + length);
    return {
      opcode: first & 0xf,
      fin: (first & 0x80) !== 0,
      reserved: (first >> 4) & 7,
      masked: (second & 0x80) !== 0,
      payload: bytes.subarray(start, start + length),
    };
  }
}
