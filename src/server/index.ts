// blockfeed/server: offer feeds over WebSocket.

export type { Clock, Timer } from '../base/clock.ts';
export { Chunk } from '../feed/chunk.ts';
export type { Feed } from '../feed/feed.ts';
export type { Lines } from '../feed/lines.ts';
export { MemoryFeed, type MemoryFeedOptions } from '../feed/logs/memory.ts';
export type { FeedMaker, SpecifiedFeed } from '../feed/maker.ts';
export type { ErrorCode } from '../protocol/codes.ts';
export { BlockfeedError, type BlockfeedErrorOptions } from '../protocol/errors.ts';
export type { FeedList } from './http.ts';
export type { ServerLimits } from './limits.ts';
export type { ServerLog } from './log.ts';
export { type BlockfeedServer, createServer, type ServerOptions, type ServerStats } from './server.ts';
