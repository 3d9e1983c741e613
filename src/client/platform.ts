// What the client needs of where it runs. `#platform` has these types; at run time the package's `imports` (and so
// every bundler) put platform.node.ts or platform.browser.ts in its place. Import this file for types only.
import type { BlockfeedError } from '../protocol/errors.ts';

export interface Platform {
  /** What the client is told to run on, for the server's records. */
  readonly name: string;
  /** Whether sockets tell of bytes as they come. Else only whole frames are seen. */
  readonly seesBytes: boolean;
  /** The bytes that a subscription has under way which states nothing. */
  readonly windowBytes: number;
  /** Says something to whoever runs the program, where the program does not want to hear of it. */
  warn(text: string): void;
  /** Begins to connect. Never throws for what the network or the peer does: that is told by `closed`. */
  openSocket(url: string, subprotocol: string, events: SocketEvents): Socket;
  /** Calls `act` once, in a later turn of the event loop, as soon as what has come by then was handed out. */
  soon(act: () => void): void;
}

/** A WebSocket, as little of it as is needed: tests make their own. */
export interface Socket {
  /** Hands a text frame to the socket. Without effect unless it is open. */
  send(text: string): void;
  /** How many bytes of it the network has not taken. */
  unsentBytes(): number;
  /** Whether a part of a frame has come. */
  isArriving(): boolean;
  /** Begins to close; `closed` follows when the peer has answered. */
  close(code: number, reason: string): void;
  /** Cuts the connection off at once. Nobody waits for `closed` after it. */
  cut(): void;
  /** Stops and goes on reading, so that TCP slows the sender. Undefined where that is impossible: in browsers. */
  readonly flow: { pause(): void; resume(): void } | undefined;
}

export interface SocketEvents {
  opened(): void;
  /** What answers the handshake is no server of WebSocket; with what it says, for people. `closed` follows. */
  answered(what: string): void;
  text(text: string): void;
  /** Bytes have come, with which all comes that is told until the next. Not told where sockets show whole frames only: in browsers. */
  piece(): void;
  /** The first byte of what `data` or `text` tells next has come with this piece. Not told in browsers either. */
  arriving(): void;
  /** A binary frame. The bytes are the receiver's: nobody writes to them again. */
  data(bytes: Uint8Array): void;
  /** The last event, exactly once, whether or not it was ever open. */
  closed(end: SocketEnd): void;
}

export interface SocketEnd {
  readonly code: number;
  readonly reason: string;
  /** Set when the peer is certainly not a server of this protocol, so that trying again is of no use. */
  readonly error: BlockfeedError | undefined;
}

export declare const platform: Platform;
