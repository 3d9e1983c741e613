// The server that a study starts, in a process of its own. It serves, reports on its channel what it costs, and ends with the
// study.
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { generatedFeeds } from '../generate/maker.ts';
import { createServer } from '../server/index.ts';
import { studyClock } from '../study/experiment/clock.ts';
import type { ServerSample } from '../study/experiment/server.ts';
import { SpeedLooks } from '../study/experiment/speed.ts';

/** How often the event loop is looked at, in ms. */
const lookEveryMs = 10;

// A study has a feed for each point. The clock is the one that its clients read.
const server = createServer({ feeds: {}, maker: generatedFeeds, limits: { adHocFeeds: 1_000 }, clock: studyClock });
const http = createHttpServer();
server.attach(http);

const sockets = new Set<Socket>();
let sentBytesBefore = 0;
http.on('connection', (socket) => {
  sockets.add(socket);
  socket.once('close', () => {
    sentBytesBefore += socket.bytesWritten;
    sockets.delete(socket);
  });
});

const delay = monitorEventLoopDelay({ resolution: lookEveryMs });
delay.enable();

const looks = new SpeedLooks();
looks.start();

process.on('message', () => process.send?.(sample()));
process.on('disconnect', () => process.exit());
http.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}` });
});

function sample(): ServerSample {
  const { user, system } = process.cpuUsage();
  // The histogram's values are the whole time between two looks, in nanoseconds.
  const late = (nanoseconds: number) => Math.max(0, Math.round(nanoseconds / 1_000 - lookEveryMs * 1_000));
  const eventLoopDelay = { p50: late(delay.percentile(50)), p99: late(delay.percentile(99)), max: late(delay.max) };
  delay.reset();
  let sentBytes = sentBytesBefore;
  for (const socket of sockets) sentBytes += socket.bytesWritten;
  return {
    cpuMicros: user + system,
    sentBytes,
    rssBytes: process.memoryUsage.rss(),
    eventLoopDelay,
    speed: looks.take(),
  };
}
