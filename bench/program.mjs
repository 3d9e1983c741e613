// The other reader: what users run. Clients of the library, or bare ws clients to hold them against, all in one process, that
// count messages and do nothing else with them.
import { connect } from 'blockfeed';
import { WebSocket } from 'ws';
import { DelayingProxy } from '../test/support/delayingProxy.mjs';
import { obeyAsReader } from './child.mjs';

/** @type {{ port: number, clients: number, reading: import('./cases.mjs').Reading, size: number, window?: number, roundTripMs?: number }} */
const task = JSON.parse(process.argv[2] ?? '{}');
const { port, roundTripMs } = task;
const url =
  roundTripMs === undefined ? `ws://127.0.0.1:${port}` : (await DelayingProxy.listen(port, roundTripMs / 2)).url;
let messages = 0;

const clients = await Promise.all(
  Array.from({ length: task.clients }, () => (task.reading === 'ws' ? bare() : connect(url))),
);

async function bare() {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on('message', () => {
    messages++;
  });
  socket.on('close', () => {
    throw new Error('the server closed a connection');
  });
  await new Promise((resolve) => socket.once('open', resolve));
  return socket;
}

/** @param {import('blockfeed').Client} client */
async function take(client) {
  const { size, window, reading } = task;
  const subscription = client.subscribe('feed', {
    from: 0,
    size,
    window,
    delivery: reading === 'message' ? 'message' : 'block',
  });
  for await (const block of subscription) {
    messages += block.to - block.from;
    await block.ack();
  }
}

obeyAsReader({
  go: () => {
    for (const client of clients) if (!(client instanceof WebSocket)) void take(client);
  },
  messages: () => messages,
});
