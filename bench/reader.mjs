// The readers: one process, one raw TCP connection a client. What they do is kept so cheap that the server is the limit.
import { connect } from 'node:net';
import { obeyAsReader } from './child.mjs';
import { clientText, FrameReader } from './frames.mjs';

/** @typedef {{ port: number, clients: number, reading: import('./cases.mjs').Reading, size: number, window?: number, stopAt?: number }} Task */

/** @type {Task} */
const task = JSON.parse(process.argv[2] ?? '{}');
const headerBytes = 160;
// One buffer for all sockets: what was read is counted before the next read.
const buffer = Buffer.allocUnsafeSlow(524_288);
let messages = 0;
/** Called once `stopAt` messages came. */
let stopped = () => {};
/** @type {Promise<void>} */
const enough = new Promise((resolve) => {
  stopped = resolve;
});

class Client {
  /** @type {import('node:net').Socket} */
  #socket;
  #epoch = '';
  #feed = '';
  #acked = 0;
  #ackTo = 0;
  #took = '';
  #response = '';
  #upgraded = false;
  #frames;
  /** @type {() => void} */
  #ready = () => {};
  /** Resolves when data may come. @type {Promise<void>} */
  ready;

  constructor() {
    this.ready = new Promise((resolve) => {
      this.#ready = resolve;
    });
    this.#frames = new FrameReader(
      task.reading === 'ws' ? 1 : task.reading === 'message' ? 2 : -1,
      (opcode, length) => (opcode === 2 ? headerBytes : task.reading === 'socket.io' ? 64 : length),
      (opcode, bytes, start, end) => this.#frame(opcode, bytes, start, end),
    );
    this.#socket = connect({
      port: task.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer, callback: (length) => this.#read(length) },
    });
    this.#socket.on('error', (error) => fail(error.message));
    this.#socket.on('close', () => fail('the server closed a connection'));
    const path = task.reading === 'socket.io' ? '/socket.io/?EIO=4&transport=websocket' : '/';
    const subprotocol =
      task.reading === 'block' || task.reading === 'message' ? 'Sec-WebSocket-Protocol: blockfeed.v1\r\n' : '';
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${subprotocol}\r\n`,
    );
  }

  /** The server may send from now on. */
  go() {
    if (subscribes())
      this.#say({
        type: 'subscribe',
        id: 1,
        feed: 'feed',
        from: 0,
        size: task.size,
        window: task.window,
        delivery: task.reading,
      });
  }

  /** @param {number} length */
  #read(length) {
    if (!this.#upgraded) return this.#upgrade(length);
    this.#frames.take(buffer, length);
    if (this.#frames.count > 0) {
      counted(task.reading === 'ws' ? this.#frames.count * task.size : this.#frames.count);
      this.#frames.count = 0;
    }
    if (this.#ackTo > this.#acked) this.#ack();
    return true;
  }

  /** @param {number} length */
  #upgrade(length) {
    this.#response += buffer.toString('latin1', 0, length);
    const end = this.#response.indexOf('\r\n\r\n');
    if (end < 0) return true;
    if (!this.#response.startsWith('HTTP/1.1 101')) return fail(this.#response);
    this.#upgraded = true;
    const rest = Buffer.from(this.#response.slice(end + 4), 'latin1');
    if (subscribes()) this.#say({ type: 'hello', client: 'bench/1', instance: 'reader' });
    if (task.reading === 'socket.io') this.#socket.write(clientText('40'));
    if (task.reading === 'ws') this.#ready();
    this.#frames.take(rest, rest.length);
    return true;
  }

  /** @param {number} opcode @param {Buffer} bytes @param {number} start @param {number} end */
  #frame(opcode, bytes, start, end) {
    if (opcode === 8) return fail('the server sent a close frame');
    if (opcode === 9) return this.#socket.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
    switch (task.reading) {
      case 'ws':
        return fail(`a frame with opcode ${opcode}`);
      case 'socket.io':
        return this.#socketIo(bytes, start, end);
      case 'message':
        return this.#control(bytes.toString('latin1', start, end));
      case 'block':
        return opcode === 2 ? this.#block(bytes, start) : this.#control(bytes.toString('latin1', start, end));
    }
  }

  /** Reads `from`, `to` and whether the block ends off a header line. @param {Buffer} bytes @param {number} start */
  #block(bytes, start) {
    // {"feed":"feed","from":60,"to":65,"cut":"size"}
    let at = start + this.#feed.length + 18;
    let from = 0;
    for (; bytes[at] !== 0x2c; at++) from = from * 10 + /** @type {number} */ (bytes[at]) - 48;
    at += 6;
    let to = 0;
    for (; bytes[at] !== 0x2c && bytes[at] !== 0x7d; at++) to = to * 10 + /** @type {number} */ (bytes[at]) - 48;
    counted(to - from);
    if (bytes[at] === 0x2c) this.#blockEnds(to);
  }

  /** @param {number} to */
  #blockEnds(to) {
    this.#ackTo = to;
    this.#took += this.#took === '' ? `[${to},100]` : `,[${to},100]`;
  }

  /** As a client of the library does: one ack for all blocks that came at once. */
  #ack() {
    this.#acked = this.#ackTo;
    this.#socket.write(
      clientText(
        `{"type":"ack","feed":"${this.#feed}","epoch":"${this.#epoch}","to":${this.#acked},"blocks":[${this.#took}]}`,
      ),
    );
    this.#took = '';
  }

  /** @param {string} text */
  #control(text) {
    const message = JSON.parse(text);
    if (message.type === 'cut') this.#blockEnds(message.to);
    else if (message.type === 'welcome') this.#ready();
    else if (message.type === 'subscribed') ({ epoch: this.#epoch, feed: this.#feed } = message);
    else if (message.type !== 'heartbeat') fail(text);
  }

  /** @param {Buffer} bytes @param {number} start @param {number} end */
  #socketIo(bytes, start, end) {
    const kind = bytes.toString('latin1', start, Math.min(end, start + 32));
    if (kind.startsWith('42')) {
      counted(task.size);
      const id = /^42(\d+)\[/.exec(kind)?.[1];
      if (id !== undefined) this.#socket.write(clientText(`43${id}[]`));
    } else if (kind.startsWith('40')) this.#ready();
    else if (kind === '2') this.#socket.write(clientText('3'));
  }

  /** @param {object} message */
  #say(message) {
    this.#socket.write(clientText(JSON.stringify(message)));
  }
}

function subscribes() {
  return task.reading === 'block' || task.reading === 'message';
}

/** @param {number} more */
function counted(more) {
  messages += more;
  if (task.stopAt !== undefined && messages >= task.stopAt) stopped();
}

/** @param {string} why @returns {never} */
function fail(why) {
  console.error(`reader: ${why}`);
  process.exit(1);
}

/** @type {Client[]} */
const clients = [];
// Some at a time: what is measured is not how many can come at once.
while (clients.length < task.clients) {
  const some = Array.from({ length: Math.min(50, task.clients - clients.length) }, () => new Client());
  clients.push(...some);
  await Promise.all(some.map(({ ready }) => ready));
}
obeyAsReader({
  go: () => {
    for (const client of clients) client.go();
  },
  messages: () => messages,
  enough: task.stopAt === undefined ? undefined : enough,
});
