// A server in a process of its own, whose memory can be asked for: what is sent to it is not in this process then.
import { createServer } from '../../dist/server/index.js';

const server = createServer({ feeds: { all: 'counter?rate=max', counter: 'counter?rate=1000' } });
const { port } = await server.listen();

process.on('message', (what) => {
  if (what === 'stop') {
    server.cutOff();
    process.disconnect();
    process.exit(0);
  }
  globalThis.gc?.();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  process.send?.({ rss, heapUsed, arrayBuffers, ...server.stats() });
});
process.send?.({ port });
