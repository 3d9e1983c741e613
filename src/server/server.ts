// The server: HTTP and WebSocket in front of feeds, as a process of its own or attached to an http.Server that exists.
import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Clock, systemClock, type Timer } from '../base/clock.ts';
import { Commits } from '../feed/commits.ts';
import type { Feed } from '../feed/feed.ts';
import type { FeedMaker } from '../feed/maker.ts';
import { PageCache } from '../frames/cache.ts';
import { GatheredLines } from '../frames/gatheredLines.ts';
import { framesLimits } from '../frames/limits.ts';
import type { FramesContext } from '../frames/renditions.ts';
import { Turns } from '../frames/turns.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import type { ServerContext } from './context.ts';
import { Feeds } from './feeds.ts';
import { answerHttp } from './http.ts';
import { resolveServerLimits, type ServerLimits } from './limits.ts';
import { type ServerLog, silentLog } from './log.ts';
import { UnsentMemory } from './unsentMemory.ts';
import { Upgrades } from './upgrades.ts';

export interface ServerOptions {
  /**
   * Feeds by name: a Feed, or, where there is a `maker`, a specification like `tick?rate=10`.
   * @default every kind of the maker under its own name
   */
  readonly feeds?: Readonly<Record<string, string | Feed>>;
  /** Makes feeds from their specification, also on request: `generatedFeeds` of blockfeed/generate. @default none are made */
  readonly maker?: FeedMaker;
  /** What differs from the defaults of docs/limits.md: `{ connections: 100, drainMs: 2_000 }`. */
  readonly limits?: Partial<ServerLimits>;
  /** @default silent */
  readonly log?: ServerLog;
  readonly clock?: Clock;
}

/** Counts, for tests and for people who look after a server. */
export interface ServerStats {
  readonly connections: number;
  readonly subscriptions: number;
  readonly adHocFeeds: number;
  /** Memory that sockets hold: pages, each once, and what is theirs alone. Limit unsentBytesInAll. */
  readonly unsentBytes: number;
  /** Memory of frames that are made. Limit cachedBytes. */
  readonly cachedBytes: number;
  /** Memory of frames that are not whole yet. Limit gatheredBytes. */
  readonly gatheredBytes: number;
}

/** Makes a server. It listens only once `listen` or `attach` is called. Throws `bad-option` or `bad-feed`. */
export function createServer(options: ServerOptions = {}): BlockfeedServer {
  return new BlockfeedServer(options);
}

export class BlockfeedServer {
  readonly #context: ServerContext;
  readonly #frames: FramesContext;
  readonly #upgrades: Upgrades;
  #http: HttpServer | undefined;
  #detach: (() => void)[] = [];
  #ticking: Timer | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: ServerOptions) {
    const clock = options.clock ?? systemClock;
    const log = options.log ?? silentLog;
    const limits = resolveServerLimits(options.limits ?? {});
    this.#frames = {
      turns: new Turns(),
      cache: new PageCache(limits.cachedBytes),
      gathered: new GatheredLines(framesLimits.gatheredBytes.default),
    };
    this.#context = {
      name: 'blockfeed',
      clock,
      log,
      limits,
      feeds: new Feeds({
        configured: configured(options.feeds, options.maker, clock),
        maker: options.maker,
        limits,
        clock,
        frames: this.#frames,
      }),
      turns: this.#frames.turns,
      commits: new Commits(
        (place) => log.warn({ place }, 'a consumer had to be forgotten: there are too many'),
        limits.consumers,
      ),
      unsent: new UnsentMemory(limits.unsentBytesInAll),
    };
    this.#upgrades = new Upgrades(this.#context);
  }

  /** Listens by itself. `port` 0 takes a free one. Rejects with `bad-option` where it cannot. */
  async listen(
    where: { readonly port?: number; readonly host?: string } = {},
  ): Promise<{ readonly url: string; readonly port: number }> {
    this.#mustBeNew();
    const host = where.host ?? '127.0.0.1';
    const http = createHttpServer({ maxHeaderSize: this.#context.limits.headerBytes });
    this.#http = http;
    this.attach(http);
    await new Promise<void>((resolve, reject) => {
      http.once('error', (cause: NodeJS.ErrnoException) =>
        reject(
          new BlockfeedError(
            'bad-option',
            `cannot listen on ${host}:${where.port ?? 0}: ${cause.code ?? cause.message}`,
            {
              hint:
                cause.code === 'EADDRINUSE'
                  ? 'Take another port, or 0 for a free one.'
                  : 'Give an address of this machine.',
              cause,
            },
          ),
        ),
      );
      http.listen(where.port ?? 0, host, resolve);
    }).catch(async (error: unknown) => {
      this.#http = undefined;
      await this.close();
      throw error;
    });
    // Such as: no more file descriptors. Those who are here are served on.
    http.on('error', (error) => this.#context.log.error({ err: error }, 'a connection could not be accepted'));
    const { port } = http.address() as AddressInfo;
    return { url: `ws://${host.includes(':') ? `[${host}]` : host}:${port}`, port };
  }

  /**
   * Serves below `path` of an http.Server that exists, with the request listeners it has by now; all other requests are left
   * to them. An upgrade of another path is left to the server's other `upgrade` listeners; where there are none it is
   * refused. @default path `/`: of that only sessions, `/feeds` and what is below it
   */
  attach(http: HttpServer, path = '/'): void {
    if (this.#closing !== undefined) throw closed();
    const base = path.endsWith('/') ? path : `${path}/`;
    const own = http === this.#http;
    const onUpgrade = (request: IncomingMessage, socket: Socket, head: Buffer) => {
      if (isBelow(request, base) || http.listenerCount('upgrade') === 1)
        this.#upgrades.upgrade(request, socket, head, base);
    };
    // Listeners cannot stop each other: two answers to one request would throw in whoever is second.
    const others = http.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[];
    const onRequest = (request: IncomingMessage, response: ServerResponse) => {
      if (own || (isBelow(request, base) && !(base === '/' && isRoot(request))))
        answerHttp(request, response, base, this.#context);
      else for (const other of others) other.call(http, request, response);
    };
    http.on('upgrade', onUpgrade);
    for (const other of others) http.off('request', other);
    http.on('request', onRequest);
    this.#detach.push(() => {
      http.off('upgrade', onUpgrade);
      http.off('request', onRequest);
      for (const other of others) http.on('request', other);
    });
    this.#tick();
  }

  stats(): ServerStats {
    let subscriptions = 0;
    for (const peer of this.#upgrades.peers) subscriptions += peer.subscriptions;
    return {
      connections: this.#upgrades.peers.size,
      subscriptions,
      adHocFeeds: this.#context.feeds.adHocCount,
      unsentBytes: this.#context.unsent.bytes,
      cachedBytes: this.#frames.cache.bytes,
      gatheredBytes: this.#frames.gathered.bytes,
    };
  }

  /**
   * Stops: says `closing`, sends no more data, takes acks until all is acked or `drainMs` is over, and ends every connection
   * with 1012. Resolves when nothing is left. A second call resolves with the first.
   */
  close(reason = 'the server stops'): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  /** Cuts off whoever is still there: for a `close` that should wait no longer. */
  terminate(): void {
    for (const peer of [...this.#upgrades.peers]) peer.terminate();
  }

  async #close(reason: string): Promise<void> {
    const { log } = this.#context;
    const { peers } = this.#upgrades;
    log.info({ connections: peers.size }, `closing: ${reason}`);
    const left = this.#upgrades.shut();
    const listening = this.#http;
    const stopped =
      listening?.listening === true
        ? new Promise<void>((resolve) => listening.close(() => resolve()))
        : Promise.resolve();
    let retryAfterMicros = 0;
    for (const peer of [...peers]) {
      peer.drain(reason, retryAfterMicros);
      // A thousand clients need not all be back in the first second.
      retryAfterMicros += 1_000;
    }
    const timer = this.#context.clock.after(this.#context.limits.drainMs, () => {
      log.warn({ connections: peers.size }, 'the drain is over: what is unread is cut off');
      this.terminate();
    });
    await left;
    timer.cancel();
    for (const detach of this.#detach) detach();
    this.#ticking?.cancel();
    this.#upgrades.destroy();
    listening?.closeAllConnections();
    await stopped;
    log.info({}, 'closed');
  }

  /** One timer for all connections: what is due by the second is done by the second. */
  #tick(): void {
    if (this.#ticking !== undefined) return;
    const tick = () => {
      const now = this.#context.clock.nowMicros();
      for (const peer of [...this.#upgrades.peers]) peer.tick(now);
      this.#context.feeds.tick(now);
      this.#ticking = this.#context.clock.after(1_000, tick);
    };
    this.#ticking = this.#context.clock.after(1_000, tick);
  }

  #mustBeNew(): void {
    if (this.#closing !== undefined) throw closed();
    if (this.#http !== undefined)
      throw new BlockfeedError('bad-option', 'the server listens already', {
        hint: 'Make another server for another port.',
      });
  }
}

function configured(feeds: ServerOptions['feeds'], maker: FeedMaker | undefined, clock: Clock): Feed[] {
  if (feeds === undefined) return (maker?.kinds ?? []).map((kind) => specified(kind, kind, maker, clock));
  return Object.entries(feeds).map(([name, feed]) => {
    if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name))
      throw new BlockfeedError('bad-option', `${JSON.stringify(name)} is not a feed's name`, {
        hint: 'A name has 1 to 64 of a-z, 0-9, dot, dash and underscore, and begins with a letter or digit.',
        about: name,
      });
    if (typeof feed === 'string') return specified(name, feed, maker, clock);
    if (feed.name === name) return feed;
    throw new BlockfeedError('bad-option', `feed ${feed.name} is offered as ${name}`, {
      hint: 'Offer a feed under its own name.',
      about: name,
    });
  });
}

function specified(name: string, words: string, maker: FeedMaker | undefined, clock: Clock): Feed {
  if (maker !== undefined) return maker.specify(words).make(name, clock);
  throw new BlockfeedError('bad-option', `feed ${name} is stated in words, and there is no maker`, {
    hint: 'State `maker: generatedFeeds`, from blockfeed/generate, or give a Feed.',
    about: name,
  });
}

/** Whether the path is one that this server speaks WebSocket or HTTP at. */
function isBelow(request: IncomingMessage, base: string): boolean {
  const [pathname = ''] = (request.url ?? '').split('?', 1);
  if (base === '/') return isRoot(request) || `${pathname}/`.startsWith('/feeds/');
  return `${pathname}/`.startsWith(base);
}

function isRoot(request: IncomingMessage): boolean {
  return (request.url ?? '').split('?', 1)[0] === '/';
}

function closed(): BlockfeedError {
  return new BlockfeedError('closed', 'the server was closed', { hint: 'Make another one.' });
}
