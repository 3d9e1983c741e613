// A TCP proxy on loopback behind which everything is far away: bytes come out as long after they went in as it is told, in
// each direction, in their order, however many are under way. A direction can be held, so that a test has no need to measure.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** What a long line may have under way, in bytes: beyond it the sender waits. */
const mostUnderWay = 67_108_864;

/** One direction of one connection. */
class Line {
  /** @type {import('node:net').Socket} */
  #from;
  /** @type {import('node:net').Socket} */
  #to;
  #delayMs;
  /** @type {{ dueMs: number, bytes: Buffer | undefined }[]} */
  #queue = [];
  #queuedBytes = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #held = false;
  passedBytes = 0;

  /** @param {import('node:net').Socket} from @param {import('node:net').Socket} to @param {number} delayMs */
  constructor(from, to, delayMs) {
    this.#from = from;
    this.#to = to;
    this.#delayMs = delayMs;
    from.on('data', (bytes) => this.#take(bytes));
    from.on('end', () => this.#take(undefined));
    from.on('error', () => to.destroy());
    from.on('close', () => this.#take(undefined));
  }

  hold() {
    this.#held = true;
  }

  release() {
    this.#held = false;
    this.#pass();
  }

  /** @param {Buffer | undefined} bytes */
  #take(bytes) {
    this.#queue.push({ dueMs: performance.now() + this.#delayMs, bytes });
    this.#queuedBytes += bytes?.length ?? 0;
    if (this.#queuedBytes > mostUnderWay) this.#from.pause();
    this.#wait();
  }

  #wait() {
    const next = this.#queue[0];
    if (next === undefined || this.#held || this.#timer !== undefined) return;
    // Timers come up to a millisecond early.
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#pass();
      },
      Math.max(0, Math.ceil(next.dueMs - performance.now())),
    );
  }

  #pass() {
    while (!this.#held && this.#queue[0] !== undefined && this.#queue[0].dueMs <= performance.now()) {
      const bytes = this.#queue.shift()?.bytes;
      if (bytes === undefined) this.#to.end();
      else if (this.#to.writable) {
        this.#to.write(bytes);
        this.passedBytes += bytes.length;
        this.#queuedBytes -= bytes.length;
      }
    }
    if (this.#queuedBytes <= mostUnderWay / 2) this.#from.resume();
    this.#wait();
  }
}

export class DelayingProxy {
  /** @type {import('node:net').Server} */
  #server;
  /** @type {Set<import('node:net').Socket>} */
  #sockets = new Set();
  /** The directions of the connections, in the order in which they were made. @type {{ up: Line, down: Line }[]} */
  lines = [];
  port = 0;

  /** @param {number} targetPort of loopback @param {number} delayMs each way */
  constructor(targetPort, delayMs) {
    this.#server = createServer({ noDelay: true }, (client) => {
      const target = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
      for (const socket of [client, target]) {
        this.#sockets.add(socket);
        socket.on('close', () => this.#sockets.delete(socket));
      }
      this.lines.push({ up: new Line(client, target, delayMs), down: new Line(target, client, delayMs) });
    });
  }

  /** In front of that port of loopback. @param {number} targetPort @param {number} delayMs */
  static async listen(targetPort, delayMs) {
    const proxy = new DelayingProxy(targetPort, delayMs);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    proxy.port = /** @type {import('node:net').AddressInfo} */ (proxy.#server.address()).port;
    return proxy;
  }

  get url() {
    return `ws://127.0.0.1:${this.port}`;
  }

  async close() {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
