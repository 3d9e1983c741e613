// A server in a process of its own, whose memory can be asked for: what is sent to it is not in this process then. Its feeds
// are the first argument, as JSON.
import { generatedFeeds } from '../../dist/generate/index.js';
import { createServer } from '../../dist/server/index.js';

const server = createServer({ maker: generatedFeeds, feeds: JSON.parse(process.argv[2] ?? '') });
const { port } = await server.listen();

process.on('message', (what) => {
  if (what === 'stop') {
    server.terminate();
    process.disconnect();
    process.exit(0);
  }
  globalThis.gc?.();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  process.send?.({ rss, heapUsed, arrayBuffers, ...server.stats() });
});
process.send?.({ port });
