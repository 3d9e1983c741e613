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
  const clients = [...server.clients];
  const messagesATurn = Math.ceil(64 / clients.length);
  const turn = () => {
    if (clients.every((client) => client.bufferedAmount < unsentMax))
      for (let count = 0; count < messagesATurn; count++) sendToAll(clients);
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
