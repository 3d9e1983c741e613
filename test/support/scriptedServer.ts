// A server that does what a test's script says and nothing else: real sockets, every step written out. A step that waits
// for the client waits for exactly the next thing it says, so scripts need no sleeps.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Cut } from '../../src/protocol/cut.ts';
import { frameHeaderLine } from '../../src/protocol/frame.ts';
import { messageLine } from '../../src/protocol/message.ts';
import { type ClientMessage, parseClientMessage, type ServerMessage } from '../../src/protocol/messages.ts';
import { Arrivals } from './arrivals.ts';

export const epochs = ['0'.repeat(32), '1'.repeat(32)] as const;

/** The line of a feed in which message n has the time n seconds. */
export function lineOf(offset: number, word = 'x'): string {
  return messageLine(offset, offset * 1_000_000, JSON.stringify(word));
}

export function linesOf(from: number, to: number, word?: string): string {
  return Array.from({ length: to - from }, (_, index) => lineOf(from + index, word)).join('');
}

export class ScriptedServer implements AsyncDisposable {
  readonly url: string;
  readonly #server: WebSocketServer;
  readonly #peers = new Arrivals<Peer>();

  constructor(server: WebSocketServer) {
    this.#server = server;
    this.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket) => this.#peers.add(new Peer(socket)));
  }

  /** The next connection that is made. */
  async connection(): Promise<Peer> {
    return this.#peers.next();
  }

  /** The next connection, its hello answered. */
  async welcomed(heartbeat = 10_000_000, subscriptions = 64): Promise<Peer> {
    return await ScriptedServer.welcome(await this.connection(), heartbeat, subscriptions);
  }

  /** Answers the hello of a connection. */
  static async welcome(peer: Peer, heartbeat = 10_000_000, subscriptions = 64): Promise<Peer> {
    await peer.expect('hello');
    peer.say({ type: 'welcome', server: 'script', session: 's', heartbeat, subscriptions, features: [] });
    return peer;
  }

  /** How many connections nobody has asked for. */
  get unexpected(): number {
    return this.#peers.waiting;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** It would compress (HAND-2), so that who asks for that is seen. */
export async function scriptedServer(): Promise<ScriptedServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: true });
  await once(server, 'listening');
  return new ScriptedServer(server);
}

/** The server's end of one connection. */
export class Peer {
  readonly socket: WebSocket;
  /** Resolves when it is over, with the client's close code. */
  readonly closed: Promise<number>;
  readonly #said = new Arrivals<ClientMessage>();

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.on('close', (code) => resolve(code));
    });
    socket.on('message', (data) => this.#said.add(parseClientMessage(data.toString())));
  }

  /** The next thing that the client says, which has to be of this type. */
  async expect<Type extends ClientMessage['type']>(type: Type): Promise<Extract<ClientMessage, { type: Type }>> {
    const message = await this.#said.next();
    if (message.type !== type) throw new Error(`the client said ${JSON.stringify(message)}, not ${type}`);
    return message as Extract<ClientMessage, { type: Type }>;
  }

  /** What the client has said that no step has expected. */
  get unexpected(): number {
    return this.#said.waiting;
  }

  say(message: ServerMessage): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Waits for a subscribe and says that it begins there; by default where it asks, or at 0. */
  async subscribe(
    answer: Partial<Extract<ServerMessage, { type: 'subscribed' }>> = {},
  ): Promise<Extract<ClientMessage, { type: 'subscribe' }>> {
    const asked = await this.expect('subscribe');
    const from = typeof asked.from === 'number' && asked.from >= 0 ? asked.from : 0;
    const { id, feed } = asked;
    this.say({ type: 'subscribed', id, feed, epoch: epochs[0], from, checked: false, anchorEvery: 4_096, ...answer });
    return asked;
  }

  /** Sends a frame of block delivery. */
  frame(from: number, to: number, cut?: Cut, lines: string = linesOf(from, to), feed = 'user'): void {
    this.socket.send(Buffer.from(frameHeaderLine(feed, from, to, cut) + lines));
  }

  /** Sends a frame of message delivery for each offset. */
  lines(from: number, to: number, word?: string): void {
    for (let offset = from; offset < to; offset++) this.socket.send(Buffer.from(lineOf(offset, word)));
  }

  cut(to: number, cut: Cut, feed = 'user'): void {
    this.say({ type: 'cut', feed, to, cut });
  }

  /** Resolves when the client has read everything that was said so far: it has answered a ping behind it. */
  async read(): Promise<void> {
    const pong = once(this.socket, 'pong');
    this.socket.ping();
    await pong;
  }

  /** Ends the connection as a crash does, when all that was sent before has left. */
  async crash(): Promise<void> {
    await new Promise<void>((resolve) => this.socket.ping('', false, () => resolve()));
    this.socket.terminate();
    await this.closed;
  }
}
