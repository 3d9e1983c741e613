import { createServer as createHttpServer } from 'node:http';
import { generatedFeeds } from 'blockfeed/generate';
import { createServer, MemoryFeed } from 'blockfeed/server';

const orders = new MemoryFeed('orders'); // yours to append to
const server = createServer({ maker: generatedFeeds, feeds: { prices: 'tick?rate=10&seed=7', orders } });
const http = createHttpServer((_request, response) => response.end('hello'));
server.attach(http, '/live/'); // or server.listen({ port: 8080 })
http.listen(Number(process.env.PORT ?? 8080), '127.0.0.1');
setInterval(() => orders.append({ item: 'tea', count: 3 }), 1_000);
