// One WebSocket as the server holds it. ws does the handshake, reads, and closes. Every data and control frame is written here,
// straight to the socket, in the order in which it was said; nothing is written after a close frame.
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Page } from '../frames/page.ts';
import { makeFrame, pingFrame, pongFrame, textFrame } from '../frames/websocket.ts';
import { type Hearing, Inbox } from './inbox.ts';
import type { ServerLimits } from './limits.ts';
import { addressOf } from './opening.ts';
import type { Ticks } from './ticks.ts';
import type { UnsentHolder, UnsentMemory } from './unsentMemory.ts';

export interface ConnectionEvents {
  text(text: string): void;
  binary(): void;
  /** The system has taken all it was given, so there is room again for those who found none. */
  drained(): void;
  /**
   * `silent`: nothing was heard for too long. `slow-control`: the answers are not read. Then it is to be closed. `unread`: others
   * needed the memory that it held, and it is over.
   */
  fault(code: 'silent' | 'slow-control' | 'unread'): void;
  /** The connection is over; nothing follows. */
  closed(code: number, reason: string): void;
}

/** What a connection needs of its server. */
interface ConnectionContext {
  readonly ticks: Ticks;
  readonly unsent: UnsentMemory;
  readonly limits: ServerLimits;
  readonly hearing: Hearing;
}

export class Connection implements UnsentHolder {
  /** Address and port of the peer. */
  readonly address: string;
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #ticks: Ticks;
  readonly #memory: UnsentMemory;
  readonly #limits: ServerLimits;
  readonly #inbox: Inbox;
  /** Bytes that the socket was given and are no page's: never less than those of them that it still has. */
  #ownBytes = 0;
  #wantsRoom = false;
  #faulted = false;
  #over = false;
  /** It is being closed from this side, and what the peer still says has no effect. */
  #isLeaving = false;
  /** What the newest ping that is not answered said. */
  #pinged: Buffer | undefined;
  #events: ConnectionEvents | undefined;
  #heardMs: number;
  #takenMs: number;
  #pingedMs: number;
  #bytesRead = 0;
  /** Pages of which slices were given to the socket and not taken by the system yet. */
  #held: Page[] | undefined;

  constructor(webSocket: WebSocket, socket: Socket, { ticks, unsent, limits, hearing }: ConnectionContext) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#ticks = ticks;
    this.#memory = unsent;
    this.#limits = limits;
    this.#inbox = new Inbox(hearing, webSocket);
    this.address = addressOf(socket);
    const now = ticks.nowMs();
    this.#heardMs = now;
    this.#takenMs = now;
    this.#pingedMs = now;
  }

  /** Begins to read. */
  listen(events: ConnectionEvents): void {
    this.#events = events;
    this.#webSocket.on('message', (data: Buffer, isBinary: boolean) => {
      if (this.#isLeaving) return;
      this.#inbox.add(() => {
        if (this.#isLeaving) return;
        if (isBinary) events.binary();
        else events.text(data.toString());
      });
    });
    // One pong answers all pings of a turn, as RFC 6455 allows: each would cost a write.
    this.#webSocket.on('ping', (data: Buffer) => {
      if (this.#pinged === undefined) setImmediate(this.#answerPing);
      this.#pinged = data;
    });
    // The peer broke the protocol. ws answers with the close code that fits, and 'close' follows.
    let fault = '';
    this.#webSocket.on('error', (error) => {
      fault = error.message;
    });
    this.#webSocket.on('close', (code, reason) => {
      this.#over = true;
      this.#letGo(true);
      this.#inbox.add(() => events.closed(code, fault || reason.toString()));
    });
  }

  /** Bytes given to the socket and not taken by the system yet. */
  get unsent(): number {
    return this.#socket.writableLength;
  }

  get isOpen(): boolean {
    return !this.#over && this.#webSocket.readyState === WebSocket.OPEN;
  }

  /**
   * How many bytes of data may be sent now, or one longer frame. 0: the system has not taken all that was given, and `drained` of
   * the events is called once it has. So a socket that stalls holds one slice of one page.
   */
  room(): number {
    if (!this.isOpen) return 0;
    if (this.#socket.writableLength === 0) return this.#memory.isScarce ? 1 : this.#limits.unsentBytes;
    this.#wantsRoom = true;
    return 0;
  }

  /** Sends whole frames of data; `page` is the one that they are a slice of. */
  send(frames: Buffer, page?: Page): void {
    this.#write(frames, page);
  }

  endUnsent(): void {
    this.#letGo(true);
    this.#faulted = true;
    this.#over = true;
    this.destroy();
    this.#events?.fault('unread');
  }

  /** Sends a control message. A peer that does not read the answers to what it asks is not kept. */
  sendText(text: string): void {
    this.#write(makeFrame(textFrame, text));
    if (this.#faulted || this.#socket.writableLength <= this.#limits.unsentBytes + this.#limits.controlUnsentBytes)
      return;
    this.#faulted = true;
    this.#events?.fault('slow-control');
  }

  /** Says the closing handshake's first or second part; nothing is sent after it. */
  close(code: number, reason: string): void {
    this.#isLeaving = true;
    if (this.isOpen) this.#webSocket.close(code, reason.slice(0, 120));
  }

  /** Cuts the connection off. */
  destroy(): void {
    this.#isLeaving = true;
    this.#webSocket.terminate();
  }

  /** Once a second or so: pings, and closes what is dead. */
  tick(nowMs: number): void {
    if (this.#socket.bytesRead !== this.#bytesRead) {
      this.#bytesRead = this.#socket.bytesRead;
      this.#heardMs = nowMs;
    }
    if (this.#socket.writableLength === 0) this.#takenMs = nowMs;
    if (this.#socket.writableLength > 0) {
      if (nowMs - this.#takenMs >= this.#limits.pausedMs) this.destroy();
      this.#heardMs = Math.max(this.#heardMs, this.#takenMs);
      return;
    }
    if (nowMs - this.#heardMs >= this.#limits.silentMs) {
      if (!this.#faulted) this.#events?.fault('silent');
      this.#faulted = true;
      return;
    }
    if (nowMs - this.#pingedMs < this.#limits.pingMs) return;
    this.#pingedMs = nowMs;
    this.#write(makeFrame(pingFrame, ''));
  }

  // While much is unsent the peer does not read. A ping is not answered then, so that answers do not pile up.
  readonly #answerPing = (): void => {
    const data = this.#pinged;
    this.#pinged = undefined;
    if (data !== undefined && this.#socket.writableLength < this.#limits.controlUnsentBytes)
      this.#write(makeFrame(pongFrame, data));
  };

  #write(frames: Buffer, page?: Page): void {
    if (!this.isOpen || !this.#socket.writable) return;
    this.#socket.write(frames, this.#taken);
    if (this.#socket.writableLength === 0) return;
    // The system did not take all of it at once.
    if (page !== undefined) {
      this.#held ??= [];
      this.#held.push(page);
      this.#memory.holdPage(this, page);
    } else {
      this.#ownBytes += frames.length;
      this.#memory.hold(this, frames.length);
    }
  }

  // One function for all writes, so that a write costs no closure.
  readonly #taken = (): void => {
    // Writes that a socket did not take before it broke are called back after its end.
    if (this.#over) return;
    this.#takenMs = this.#ticks.nowMs();
    if (this.#socket.writableLength === 0) this.#letGo(false);
    else {
      // What is its own is at most what is left.
      const own = Math.min(this.#ownBytes, this.#socket.writableLength);
      this.#memory.release(this.#ownBytes - own);
      this.#ownBytes = own;
      this.#memory.took(this);
    }
    if (!this.#wantsRoom) return;
    this.#wantsRoom = false;
    this.#events?.drained();
  };

  /** The system has taken everything, or the socket broke. */
  #letGo(isBroken: boolean): void {
    const held = this.#held?.length ?? 0;
    if (held === 0 && this.#ownBytes === 0) return;
    if (this.#held !== undefined && held > 0) {
      for (const page of this.#held) this.#memory.releasePage(page, isBroken);
      this.#held.length = 0;
    }
    this.#memory.release(this.#ownBytes);
    this.#ownBytes = 0;
    this.#memory.leave(this);
  }
}
