// The server: HTTP and WebSocket in front of feeds, as a process of its own or attached to an http.Server that exists.
import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Clock, systemClock, type Timer } from '../base/clock.ts';
import type { Feed } from '../feed/feed.ts';
import { GeneratedFeed } from '../feed/generated.ts';
import { kinds } from '../feed/kinds/index.ts';
import { PageCache } from '../feed/renditions/cache.ts';
import { parseSpecification } from '../feed/specification.ts';
import { Turns } from '../feed/turns.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import { type Limit, limits } from '../protocol/limits.ts';
import { Commits } from './commits.ts';
import { Door } from './door.ts';
import { Feeds } from './feeds.ts';
import type { House } from './house.ts';
import { answerHttp } from './http.ts';
import { listenFault } from './listenFault.ts';
import { type ServerLog, silentLog } from './log.ts';

export interface ServerOptions {
  /** Feeds by name: a specification like `tick?rate=10`, or a Feed. @default every kind under its own name */
  readonly feeds?: Readonly<Record<string, string | Feed>>;
  /** Feeds made on request: how many at once (0: none), and how fast one may be, in messages/s. @default 64, 1,000,000 */
  readonly adHoc?: { readonly feeds?: number; readonly rate?: number };
  /** Connections at once; a further one is closed with 1013. @default 10,000 */
  readonly connections?: number;
  /** Bytes handed to one socket before it drains. @default 256 KiB */
  readonly unsentBytes?: number;
  /** Bytes that all sockets may hold unsent; beyond it each is given a frame at a time. @default 256 MiB */
  readonly unsentBytesInAll?: number;
  /** Bytes of frames kept for readers to share. @default 64 MiB */
  readonly cachedBytes?: number;
  /** How long `close` waits for acks, in ms. @default 8,000 */
  readonly drainMs?: number;
  /** @default silent */
  readonly log?: ServerLog;
  readonly clock?: Clock;
}

/** Counts, for tests and for people who look after a server. */
export interface ServerStats {
  readonly connections: number;
  readonly subscriptions: number;
  readonly adHocFeeds: number;
  readonly unsentBytes: number;
  readonly cachedBytes: number;
}

/** Makes a server. It listens only once `listen` or `attach` is called. Throws `bad-option` or `bad-feed`. */
export function createServer(options: ServerOptions = {}): BlockfeedServer {
  return new BlockfeedServer(options);
}

export class BlockfeedServer {
  readonly #house: House;
  readonly #cache: PageCache;
  readonly #door: Door;
  readonly #drainMs: number;
  #http: HttpServer | undefined;
  #detach: (() => void)[] = [];
  #ticking: Timer | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: ServerOptions) {
    const clock = options.clock ?? systemClock;
    const log = options.log ?? silentLog;
    const turns = new Turns();
    this.#drainMs = within('drainMs', options.drainMs, limits.drainMs);
    this.#cache = new PageCache(within('cachedBytes', options.cachedBytes, limits.cachedBytes));
    const adHoc = {
      feeds: within('adHoc.feeds', options.adHoc?.feeds, limits.adHocFeeds),
      rate: within('adHoc.rate', options.adHoc?.rate, limits.adHocRate),
    };
    this.#house = {
      name: 'blockfeed',
      clock,
      log,
      feeds: new Feeds(configured(options.feeds, clock), adHoc, clock, turns, this.#cache),
      turns,
      commits: new Commits((place) => log.warn({ place }, 'a consumer had to be forgotten: there are too many')),
      budget: {
        maxBytes: within('unsentBytesInAll', options.unsentBytesInAll, limits.unsentBytesInAll),
        bytes: 0,
      },
    };
    this.#door = new Door({
      house: this.#house,
      connectionsMax: within('connections', options.connections, limits.connections),
      unsentMax: within('unsentBytes', options.unsentBytes, limits.unsentBytes),
    });
  }

  /** Listens by itself. `port` 0 takes a free one. Rejects with `bad-option` where it cannot. */
  async listen(
    where: { readonly port?: number; readonly host?: string } = {},
  ): Promise<{ readonly url: string; readonly port: number }> {
    this.#mustBeNew();
    const host = where.host ?? '127.0.0.1';
    const http = createHttpServer({ maxHeaderSize: limits.headerBytes.default });
    this.#http = http;
    this.attach(http);
    await new Promise<void>((resolve, reject) => {
      http.once('error', (cause) => reject(listenFault(cause, host, where.port ?? 0)));
      http.listen(where.port ?? 0, host, resolve);
    }).catch(async (error: unknown) => {
      this.#http = undefined;
      await this.close();
      throw error;
    });
    // Such as: no more file descriptors. Those who are here are served on.
    http.on('error', (error) => this.#house.log.error({ err: error }, 'a connection could not be accepted'));
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
      if (isBelow(request, base) || http.listenerCount('upgrade') === 1) this.#door.knock(request, socket, head, base);
    };
    // Listeners cannot stop each other: two answers to one request would throw in whoever is second.
    const others = http.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[];
    const onRequest = (request: IncomingMessage, response: ServerResponse) => {
      if (own || (isBelow(request, base) && !(base === '/' && isRoot(request))))
        answerHttp(request, response, base, this.#house);
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
    for (const guest of this.#door.guests) subscriptions += guest.subscriptions;
    return {
      connections: this.#door.guests.size,
      subscriptions,
      adHocFeeds: this.#house.feeds.adHocCount,
      unsentBytes: this.#house.budget.bytes,
      cachedBytes: this.#cache.bytes,
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
  cutOff(): void {
    for (const guest of [...this.#door.guests]) guest.cutOff();
  }

  async #close(reason: string): Promise<void> {
    const { log } = this.#house;
    const { guests } = this.#door;
    log.info({ connections: guests.size }, `closing: ${reason}`);
    const left = this.#door.shut();
    const listening = this.#http;
    const stopped =
      listening?.listening === true
        ? new Promise<void>((resolve) => listening.close(() => resolve()))
        : Promise.resolve();
    let retryAfterMicros = 0;
    for (const guest of [...guests]) {
      guest.drain(reason, retryAfterMicros);
      // A thousand clients need not all be back in the first second.
      retryAfterMicros += 1_000;
    }
    const timer = this.#house.clock.after(this.#drainMs, () => {
      log.warn({ connections: guests.size }, 'the drain is over: what is unread is cut off');
      this.cutOff();
    });
    await left;
    timer.cancel();
    for (const detach of this.#detach) detach();
    this.#ticking?.cancel();
    this.#door.destroy();
    listening?.closeAllConnections();
    await stopped;
    log.info({}, 'closed');
  }

  /** One timer for all connections: what is due by the second is done by the second. */
  #tick(): void {
    if (this.#ticking !== undefined) return;
    const tick = () => {
      const now = this.#house.clock.nowMicros();
      for (const guest of [...this.#door.guests]) guest.tick(now);
      this.#house.feeds.tick(now);
      this.#ticking = this.#house.clock.after(1_000, tick);
    };
    this.#ticking = this.#house.clock.after(1_000, tick);
  }

  #mustBeNew(): void {
    if (this.#closing !== undefined) throw closed();
    if (this.#http !== undefined)
      throw new BlockfeedError('bad-option', 'the server listens already', {
        hint: 'Make another server for another port.',
      });
  }
}

function configured(feeds: ServerOptions['feeds'], clock: Clock): Feed[] {
  if (feeds === undefined)
    return [...kinds.keys()].map((name) => new GeneratedFeed(name, parseSpecification(name), clock));
  return Object.entries(feeds).map(([name, feed]) => {
    if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name))
      throw new BlockfeedError('bad-option', `${JSON.stringify(name)} is not a feed's name`, {
        hint: 'A name has 1 to 64 of a-z, 0-9, dot, dash and underscore, and begins with a letter or digit.',
        about: name,
      });
    if (typeof feed === 'string') return new GeneratedFeed(name, parseSpecification(feed), clock);
    if (feed.name === name) return feed;
    throw new BlockfeedError('bad-option', `feed ${feed.name} is offered as ${name}`, {
      hint: 'Offer a feed under its own name.',
      about: name,
    });
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

function within(name: string, value: number | undefined, limit: Limit): number {
  if (value === undefined) return limit.default;
  if (Number.isFinite(value) && value >= limit.min && value <= limit.max) return value;
  throw new BlockfeedError('bad-option', `${name} is ${value}`, {
    hint: `Give a number of ${limit.unit} from ${limit.min} to ${limit.max}.`,
    about: name,
  });
}

function closed(): BlockfeedError {
  return new BlockfeedError('closed', 'the server was closed', { hint: 'Make another one.' });
}
