// The door: what happens from the request for an upgrade until a guest is in, or is refused. It knows who is in.
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { BlockfeedError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import { subprotocol } from '../protocol/messages.ts';
import { Connection } from './connection.ts';
import { type PlainRequest, parseHandshake } from './handshake.ts';
import type { Guest, House } from './context.ts';
import { Plain } from './plain.ts';
import { Session } from './session.ts';
import { startOf } from './start.ts';

export interface DoorOptions {
  readonly house: House;
  /** More than so many guests are sent away. */
  readonly connectionsMax: number;
  /** Bytes handed to one socket before it drains. */
  readonly unsentMax: number;
}

export class Door {
  /** Who is in. */
  readonly guests: Set<Guest> = new Set();
  readonly #options: DoorOptions;
  readonly #webSockets: WebSocketServer;
  /** Every socket from its upgrade to its end, also those that were refused. */
  readonly #sockets: Set<Socket> = new Set();
  #isShut = false;
  #emptied: (() => void) | undefined;

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      autoPong: false,
      maxPayload: limits.controlBytes.default,
      maxFragments: limits.controlFragments.default,
      handleProtocols: () => subprotocol,
    });
  }

  /** Nobody comes in any more. Resolves when the last guest has left. */
  async shut(): Promise<void> {
    this.#isShut = true;
    if (this.guests.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
  }

  /** Ends what was refused and does not end by itself. */
  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** `base` is the path at which the server is mounted. */
  knock(request: IncomingMessage, socket: Socket, head: Buffer, base: string): void {
    const { house } = this.#options;
    const onError = (error: Error) => house.log.info({ err: error.message }, 'a connection broke in its handshake');
    socket.on('error', onError);
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const handshake = parseHandshake(request, base);
    if (handshake.is === 'refused') return refuse(socket, handshake.status, handshake.why);
    if (this.#isShut) return refuse(socket, 503, 'the server is stopping');
    const enter = (seat: (connection: Connection, over: () => void) => Guest) => {
      if (socket.destroyed) return;
      this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        // From here on ws listens, and the guest hears of it.
        socket.off('error', onError);
        if (this.#isShut || this.guests.size >= this.#options.connectionsMax) {
          webSocket.on('error', (error) => house.log.info({ err: error.message }, 'a refused connection broke'));
          if (this.#isShut) return webSocket.close(1012, 'the server restarts');
          return webSocket.close(1013, 'too many connections');
        }
        const connection = new Connection(webSocket, socket, house.clock, house.budget, this.#options.unsentMax);
        const guest: Guest = seat(connection, () => {
          this.guests.delete(guest);
          if (this.guests.size === 0) this.#emptied?.();
        });
        this.guests.add(guest);
      });
    };
    if (handshake.is === 'session') return enter((connection, over) => new Session(house, connection, over));
    preparePlain(house, handshake.request).then(enter, (cause: unknown) => refuseFor(house, socket, cause));
  }
}

/** A plain client hears of a feed that is not there, or of a wrong place, as an HTTP status: it has no error messages. */
async function preparePlain(
  house: House,
  request: PlainRequest,
): Promise<(connection: Connection, over: () => void) => Guest> {
  const renditions = house.feeds.find(request.feed);
  const { from } = await startOf(renditions.feed, request.policy, request);
  return (connection, over) => new Plain(house, connection, request, renditions, from, over);
}

function refuseFor(house: House, socket: Socket, cause: unknown): void {
  if (!(cause instanceof BlockfeedError)) {
    house.log.error({ err: cause }, 'a defect of the server');
    return refuse(socket, 500, 'the server failed to do this');
  }
  const status =
    { 'unknown-feed': 404, 'feed-refused': 403, 'feed-limit': 429, storage: 500 }[cause.code as string] ?? 400;
  if (status === 500) house.log.error({ err: cause }, 'a feed could not be read');
  refuse(socket, status, `${cause.message}. ${cause.hint}`);
}

function refuse(socket: Socket, status: number, why: string): void {
  const body = `${why}\n`;
  const upgrade = status === 426 ? 'Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n' : '';
  // A peer that leaves its side open is not waited for.
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n${upgrade}\r\n${body}`,
  );
}
