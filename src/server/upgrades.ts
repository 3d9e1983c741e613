// What happens from the request for an upgrade until a peer is accepted or refused. It keeps the set of those who are connected.
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { feedLimits } from '../feed/limits.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import { subprotocol } from '../protocol/messages.ts';
import { Connection } from './connection.ts';
import type { Peer, ServerContext } from './context.ts';
import { type PlainRequest, parseHandshake } from './handshake.ts';
import { addressOf } from './opening.ts';
import { Plain } from './plain.ts';
import { Session } from './session.ts';
import { startOf } from './start.ts';
import { whileThere } from './whileThere.ts';

/** Makes the peer of a connection that was upgraded. */
type Accept = (connection: Connection, over: (peer: Peer) => void) => Peer;

/** Between two turns in which many are told that the server stops, in ms: they answer. */
const betweenMs = 4;

export class Upgrades {
  /** Everybody who was accepted and is connected. */
  readonly peers: Set<Peer> = new Set();
  readonly #context: ServerContext;
  readonly #webSockets: WebSocketServer;
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

  /** Nobody is accepted any more. Resolves when the last peer has left. */
  async shut(): Promise<void> {
    this.#isShut = true;
    if (this.peers.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
  }

  /** Each peer stops or is cut off, as `act` does it, in turns with time between them for what comes of it. */
  async inTurns(act: (peer: Peer) => void): Promise<void> {
    const { clock } = this.#context;
    let untilMs = clock.monotonicMs() + feedLimits.turnMs.default;
    for (const peer of [...this.peers]) {
      act(peer);
      if (clock.monotonicMs() <= untilMs) continue;
      await new Promise<void>((resolve) => clock.after(betweenMs, resolve));
      untilMs = clock.monotonicMs() + feedLimits.turnMs.default;
    }
  }

  /** `base` is the path at which the server is mounted. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer, base: string): void {
    const { opening, origins, turns } = this.#context;
    if (!opening.add(socket)) return;
    const handshake = parseHandshake(request, base, origins);
    if (handshake.is === 'refused') return this.#refuse(socket, handshake.status, handshake.why);
    if (this.#refusedForNow(socket)) return;
    if (handshake.is === 'plain')
      this.#upgradePlain(handshake.request, socket, (accept) => this.#accept(request, socket, head, accept)).catch(
        (cause: unknown) => this.#refuseFor(socket, cause),
      );
    else
      turns.add({
        queued: false,
        run: () => {
          this.#accept(request, socket, head, (connection, over) => new Session(this.#context, connection, over));
          return false;
        },
      });
  }

  /** Refuses it where there is no place for it now. Returns whether it did. */
  #refusedForNow(socket: Socket): boolean {
    if (this.#isShut) this.#refuse(socket, 503, 'the server is stopping');
    else if (this.peers.size >= this.#context.limits.connections) this.#refuse(socket, 503, 'too many connections');
    else return false;
    return true;
  }

  #accept(request: IncomingMessage, socket: Socket, head: Buffer, accept: Accept): void {
    if (socket.destroyed || this.#refusedForNow(socket)) return;
    // ws calls back within the call, or refuses the request itself. What is kept of a peer must not keep its request.
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      this.#context.opening.delete(socket);
      this.peers.add(accept(new Connection(webSocket, socket, this.#context), this.#left));
    });
  }

  readonly #left = (peer: Peer): void => {
    this.peers.delete(peer);
    this.#context.ticks.delete(peer);
    if (this.peers.size === 0) this.#emptied?.();
  };

  /** A plain client hears of a feed that is not there, or of a wrong place, as an HTTP status: it has no error messages. */
  async #upgradePlain(request: PlainRequest, socket: Socket, accept: (accept: Accept) => void): Promise<void> {
    const context = this.#context;
    const { turns } = context;
    // A specification may take milliseconds to check: each client has its turn, so that many hold up nobody for long.
    const renditions = await turns.late(() => {
      const found = context.feeds.find(request.feed);
      found.hold();
      return found;
    });
    try {
      const { from } = await whileThere(socket, (signal) =>
        startOf(renditions.feed, request.policy, { ...request, turns, signal }),
      );
      accept((connection, over) => new Plain(context, connection, request, renditions, from, over));
    } finally {
      renditions.release();
    }
  }

  #refuseFor(socket: Socket, cause: unknown): void {
    const { errors } = this.#context.logs;
    // The client has left, so nobody is there to be answered.
    if (socket.destroyed) return;
    if (!(cause instanceof BlockfeedError)) {
      errors.add({ defects: 1 }, () => [{ err: cause }, 'a defect of the server']);
      return this.#refuse(socket, 500, 'the server failed to do this');
    }
    const status =
      { 'unknown-feed': 404, 'feed-refused': 403, 'feed-limit': 429, storage: 500 }[cause.code as string] ?? 400;
    if (status === 500) errors.add({ unreadable: 1 }, () => [{ err: cause }, 'a feed could not be read']);
    this.#refuse(socket, status, `${cause.message}. ${cause.hint}`);
  }

  #refuse(socket: Socket, status: number, why: string): void {
    const address = addressOf(socket);
    this.#context.logs.warnings.add({ refused: 1 }, () => [
      { address, status },
      `${address} refused: ${status} ${why}`,
    ]);
    const body = `${why}\n`;
    const upgrade = status === 426 ? 'Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n' : '';
    // The socket is closed also where the peer leaves its side open.
    socket.once('finish', () => socket.destroy());
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n${upgrade}\r\n${body}`,
    );
  }
}
