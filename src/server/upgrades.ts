// The door: what happens from the request for an upgrade until a peer is in, or is refused. It knows who is in.
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { BlockfeedError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import { subprotocol } from '../protocol/messages.ts';
import { Connection } from './connection.ts';
import type { Peer, ServerContext } from './context.ts';
import { type PlainRequest, parseHandshake } from './handshake.ts';
import { Plain } from './plain.ts';
import { Session } from './session.ts';
import { startOf } from './start.ts';

export class Upgrades {
  /** Who is in. */
  readonly peers: Set<Peer> = new Set();
  readonly #context: ServerContext;
  readonly #webSockets: WebSocketServer;
  /** Every socket from its upgrade to its end, also those that were refused. */
  readonly #sockets: Set<Socket> = new Set();
  #isShut = false;
  #emptied: (() => void) | undefined;

  constructor(context: ServerContext) {
    this.#context = context;
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

  /** Nobody comes in any more. Resolves when the last peer has left. */
  async shut(): Promise<void> {
    this.#isShut = true;
    if (this.peers.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
  }

  /** Ends what was refused and does not end by itself. */
  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** `base` is the path at which the server is mounted. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer, base: string): void {
    const context = this.#context;
    const onError = (error: Error) => context.log.info({ err: error.message }, 'a connection broke in its handshake');
    socket.on('error', onError);
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const handshake = parseHandshake(request, base);
    if (handshake.is === 'refused') return refuse(socket, handshake.status, handshake.why);
    if (this.#isShut) return refuse(socket, 503, 'the server is stopping');
    const enter = (accept: (connection: Connection, over: () => void) => Peer) => {
      if (socket.destroyed) return;
      this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        // From here on ws listens, and the peer hears of it.
        socket.off('error', onError);
        if (this.#isShut || this.peers.size >= context.limits.connections) {
          webSocket.on('error', (error) => context.log.info({ err: error.message }, 'a refused connection broke'));
          if (this.#isShut) return webSocket.close(1012, 'the server restarts');
          return webSocket.close(1013, 'too many connections');
        }
        const connection = new Connection(webSocket, socket, context.clock, context.unsent, context.limits);
        const peer: Peer = accept(connection, () => {
          this.peers.delete(peer);
          if (this.peers.size === 0) this.#emptied?.();
        });
        this.peers.add(peer);
      });
    };
    if (handshake.is === 'session') return enter((connection, over) => new Session(context, connection, over));
    const left = new AbortController();
    socket.once('close', () => left.abort());
    preparePlain(context, handshake.request, left.signal).then(enter, (cause: unknown) =>
      refuseFor(context, socket, cause),
    );
  }
}

/** A plain client hears of a feed that is not there, or of a wrong place, as an HTTP status: it has no error messages. */
async function preparePlain(
  context: ServerContext,
  request: PlainRequest,
  signal: AbortSignal,
): Promise<(connection: Connection, over: () => void) => Peer> {
  const renditions = context.feeds.find(request.feed);
  const { from } = await startOf(renditions.feed, request.policy, { ...request, turns: context.turns, signal });
  return (connection, over) => new Plain(context, connection, request, renditions, from, over);
}

function refuseFor(context: ServerContext, socket: Socket, cause: unknown): void {
  // It has left: nobody is there to be answered.
  if (socket.destroyed) return;
  if (!(cause instanceof BlockfeedError)) {
    context.log.error({ err: cause }, 'a defect of the server');
    return refuse(socket, 500, 'the server failed to do this');
  }
  const status =
    { 'unknown-feed': 404, 'feed-refused': 403, 'feed-limit': 429, storage: 500 }[cause.code as string] ?? 400;
  if (status === 500) context.log.error({ err: cause }, 'a feed could not be read');
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
