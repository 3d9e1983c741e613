// Socket.IO: `emit` to everybody, a message or a ready block at a time, or blocks to one consumer that acks each.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { obey, options } from '../child.mjs';
import { block, message } from './message.mjs';

const { as, size, inFlight } = options();
const http = createServer();
const io = new Server(http, { transports: ['websocket'] });
http.listen(0, '127.0.0.1', () => obey(http.address().port, as === 'acked' ? pump : flood));

let offset = 0;
function next() {
  const from = offset;
  offset += size;
  return size === 1 ? message(from) : block(from, size);
}

function flood() {
  const connections = [...io.sockets.sockets.values()].map(({ conn }) => conn);
  const emitsATurn = Math.ceil(64 / connections.length);
  const unsentMax = size === 1 ? 64 : 4;
  const turn = () => {
    if (connections.every((connection) => connection.writeBuffer.length < unsentMax))
      for (let count = 0; count < emitsATurn; count++) io.emit('m', next());
    setImmediate(turn);
  };
  turn();
}

function pump() {
  const [socket] = io.sockets.sockets.values();
  const sendNext = () => socket.emitWithAck('m', next()).then(sendNext);
  for (let count = 0; count < inFlight; count++) sendNext();
}
