// The ceiling: Node's raw TCP, ready frames written to every socket that has drained, nothing made and nothing heard.
import { createServer } from 'node:net';
import { obey, options } from '../child.mjs';
import { block } from './message.mjs';

const size = Number(options().size);
const payload = Buffer.from(block(0, size), 'latin1');
const head = Buffer.from([0x81, 126, 0, 0]);
head.writeUInt16BE(payload.length, 2);
const frame = Buffer.concat([head, payload]);

/** @type {import('node:net').Socket[]} */
const sockets = [];
const server = createServer({ noDelay: true }, (socket) => {
  sockets.push(socket);
  socket.once('data', () => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'));
  socket.on('error', () => process.exit(1));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  obey(typeof address === 'object' && address !== null ? address.port : 0, flood);
});

function flood() {
  for (const socket of sockets) if (socket.writableLength === 0) socket.write(frame);
  setImmediate(flood);
}
