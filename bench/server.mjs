// blockfeed as a server process of its own, as it is for users: nothing in it knows that it is being measured.
import { generatedFeeds } from 'blockfeed/generate';
import { createServer, MemoryFeed } from 'blockfeed/server';
import { obey, options } from './child.mjs';

const { feed, published, pad } = options();
const server = createServer({
  maker: generatedFeeds,
  feeds: { feed: published === undefined ? String(feed) : preload(Number(published)) },
});
const { port } = await server.listen();
obey(port, () => {});

/** A feed that holds its messages already, as one that somebody published to. @param {number} messages */
function preload(messages) {
  const memory = new MemoryFeed('feed');
  const padding = 'x'.repeat(Number(pad));
  for (let n = 0; n < messages; n++) memory.append({ n, pad: padding });
  return memory;
}
