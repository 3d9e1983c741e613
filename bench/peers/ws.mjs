// ws as it is commonly used: a loop over the clients. As fast as the slowest client takes it, nothing dropped.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { obey, options } from '../child.mjs';
import { block, message } from './message.mjs';

const { as, size } = options();
const unsentMax = 262_144;
const http = createServer();
const server = new WebSocketServer({ server: http, perMessageDeflate: false });
http.listen(0, '127.0.0.1', () => obey(http.address().port, flood));

let offset = 0;
function flood() {
  if (as === 'frames') return floodFrames();
  const clients = [...server.clients];
  const messagesATurn = Math.ceil(64 / clients.length);
  const turn = () => {
    if (clients.every((client) => client.bufferedAmount < unsentMax))
      for (let count = 0; count < messagesATurn; count++) sendToAll(clients);
    setImmediate(turn);
  };
  turn();
}

/** Ready frames of one message each, many a write: what its clients get is bound by them. */
function floodFrames() {
  const frames = [];
  for (let count = 0; count < size; count++) {
    const payload = Buffer.from(JSON.stringify(message(count)));
    frames.push(Buffer.from([0x82, 126, payload.length >> 8, payload.length & 255]), payload);
  }
  const bytes = Buffer.concat(frames);
  const sockets = [...server.clients].map((client) => client._socket);
  const turn = () => {
    for (const socket of sockets) if (socket.writableLength === 0) socket.write(bytes);
    setImmediate(turn);
  };
  turn();
}

function sendToAll(clients) {
  if (as === 'stringify') {
    const next = message(offset++);
    for (const client of clients) client.send(JSON.stringify(next));
    return;
  }
  const bytes = Buffer.from(as === 'blocks' ? block(offset, size) : JSON.stringify(message(offset)));
  offset += as === 'blocks' ? size : 1;
  for (const client of clients) client.send(bytes, { binary: false });
}
