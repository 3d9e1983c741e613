// A port of its own: takes connections from the system and, once their first bytes are there, hands them to an http.Server, a
// few in each turn of the event loop. The requests of a thousand clients that come at once would else hold it for a tenth of a second.
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer as createNetServer, type Server as NetServer, type Socket } from 'node:net';
import type { ServerLimits } from './limits.ts';
import { listenFault } from './listenFault.ts';
import type { ServerLog } from './log.ts';
import type { Opening } from './opening.ts';

export class Listener {
  /** It does not listen itself: it is handed its connections. */
  readonly http: HttpServer;
  readonly #net: NetServer;
  readonly #perTurn: number;
  /** Those who have said something, the first one first. */
  #waiting: Socket[] = [];
  readonly #readable: (this: Socket) => void;

  constructor(limits: ServerLimits, opening: Opening) {
    this.#perTurn = limits.handshakesPerTurn;
    this.http = createHttpServer({ maxHeaderSize: limits.headerBytes });
    this.http.maxRequestsPerSocket = limits.requestsPerConnection;
    const speaks = (socket: Socket) => this.#speaks(socket);
    this.#readable = function readable() {
      speaks(this);
    };
    // Paused: the http.Server is to get what was read when its turn has come, as one that reads by itself does.
    this.#net = createNetServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) => {
      if (opening.add(socket)) socket.once('readable', this.#readable);
    });
  }

  /** Rejects with `bad-option` where it cannot. */
  async listen(port: number, host: string, log: ServerLog): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      this.#net.once('error', (cause) => reject(listenFault(cause, host, port)));
      this.#net.listen(port, host, resolve);
    });
    // Those who are connected are served on, whatever happens to others.
    this.#net.on('error', (error) => log.error({ err: error }, 'a connection could not be accepted'));
    return this.#net.address() as AddressInfo;
  }

  /** Takes no connection any more. Resolves when the last has ended. */
  async close(): Promise<void> {
    if (!this.#net.listening) return;
    await new Promise<void>((resolve) => this.#net.close(() => resolve()));
  }

  #speaks(socket: Socket): void {
    this.#waiting.push(socket);
    if (this.#waiting.length === 1) setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    for (const socket of this.#waiting.splice(0, this.#perTurn)) {
      if (socket.destroyed) continue;
      this.http.emit('connection', socket);
      socket.resume();
    }
    if (this.#waiting.length > 0) setImmediate(this.#turn);
  };
}
