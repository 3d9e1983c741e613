// The server: HTTP and WebSocket in front of feeds, as a process of its own or attached to an http.Server that exists.
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { type Clock, systemClock } from '../base/clock.ts';
import { ChunkMemory } from '../feed/chunkMemory.ts';
import { Commits } from '../feed/commits.ts';
import type { Feed } from '../feed/feed.ts';
import type { FeedMaker } from '../feed/maker.ts';
import { PageCache } from '../frames/cache.ts';
import { GatheredLines } from '../frames/gatheredLines.ts';
import { framesLimits } from '../frames/limits.ts';
import type { FramesContext } from '../frames/renditions.ts';
import { Turns } from '../frames/turns.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import { feedNameRule, isChosenName } from '../protocol/feedName.ts';
import { ClockWatch } from './clockWatch.ts';
import type { ServerContext } from './context.ts';
import { DescriptorWatch } from './descriptors.ts';
import { Feeds } from './feeds.ts';
import { offersSession } from './handshake.ts';
import { answerHttp } from './http.ts';
import { Hearing } from './inbox.ts';
import { resolveServerLimits, type ServerLimits } from './limits.ts';
import { Listener } from './listener.ts';
import { type ServerLog, silentLog } from './log.ts';
import { Logs } from './logs.ts';
import { mount } from './mount.ts';
import { Opening } from './opening.ts';
import { isLoopback, Origins } from './origins.ts';
import { type Ticking, Ticks } from './ticks.ts';
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
  /**
   * Origins of web pages that may read this server besides its own: `https://app.example`, `http://localhost:3000`, `null` for
   * pages opened from files, `*` for every page. Their hosts are names of the server, too. Programs that are no browsers
   * are not concerned. @default none
   */
  readonly origins?: readonly string[];
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
  readonly madeBytes: number;
}

/** Makes a server. It listens only once `listen` or `attach` is called. Throws `bad-option` or `bad-feed`. */
export function createServer(options: ServerOptions = {}): BlockfeedServer {
  return new BlockfeedServer(options);
}

export class BlockfeedServer {
  readonly #context: ServerContext;
  readonly #frames: FramesContext;
  readonly #made: ChunkMemory;
  readonly #upgrades: Upgrades;
  #listener: Listener | undefined;
  #detach: (() => void)[] = [];
  readonly #ticking: Ticking[];
  #closing: Promise<void> | undefined;

  constructor(options: ServerOptions) {
    const clock = options.clock ?? systemClock;
    const log = options.log ?? silentLog;
    const limits = resolveServerLimits(options.limits ?? {});
    const logs = new Logs(log, clock, limits.logsPerSecond);
    const ticks = new Ticks(clock, (cause) =>
      logs.errors.add({ defects: 1 }, () => [{ err: cause }, 'a defect of the server']),
    );
    this.#frames = {
      turns: new Turns(),
      cache: new PageCache(limits.cachedBytes),
      gathered: new GatheredLines(framesLimits.gatheredBytes.default),
    };
    this.#made = new ChunkMemory(limits.madeBytes, () => clock.monotonicMs());
    this.#context = {
      name: 'blockfeed',
      clock,
      log,
      logs,
      ticks,
      origins: new Origins(options.origins ?? []),
      opening: new Opening(limits, ticks, logs),
      limits,
      feeds: new Feeds({
        configured: configured(options.feeds, options.maker, clock, this.#made),
        maker: options.maker,
        limits,
        clock,
        ticks,
        frames: this.#frames,
        made: this.#made,
      }),
      turns: this.#frames.turns,
      hearing: new Hearing(this.#frames.turns, limits.messagesPerTurn),
      commits: new Commits(
        (place) => log.warn({ place }, 'a consumer had to be forgotten: there are too many'),
        limits.consumers,
      ),
      unsent: new UnsentMemory(limits.unsentBytesInAll),
      windows: { maxBytes: limits.windowMemoryBytes, bytes: 0 },
    };
    this.#upgrades = new Upgrades(this.#context);
    this.#ticking = [this.#context.feeds, this.#context.opening, new ClockWatch(clock, log, limits.clockStepMs), logs];
  }

  /** Listens by itself. `port` 0 takes a free one. Rejects with `bad-option` where it cannot. */
  async listen(
    where: { readonly port?: number; readonly host?: string } = {},
  ): Promise<{ readonly url: string; readonly port: number }> {
    this.#mustBeNew();
    const host = where.host ?? '127.0.0.1';
    const { limits, log, opening, origins, ticks } = this.#context;
    const listener = new Listener(limits, opening);
    this.#listener = listener;
    this.attach(listener.http);
    const { address, port } = await listener.listen(where.port ?? 0, host, log).catch(async (error: unknown) => {
      await this.close();
      throw error;
    });
    // The address that it got, not the words for it: there are many, and names of the hosts file. Nobody was answered yet.
    if (isLoopback(address)) origins.onlyLoopback();
    const descriptors = new DescriptorWatch(log);
    this.#ticking.push(descriptors);
    ticks.add(descriptors);
    return { url: `ws://${host.includes(':') ? `[${host}]` : host}:${port}`, port };
  }

  /**
   * Serves below `path` of an http.Server that exists, beside whatever else listens on it, before or after: only what is below
   * that path is taken. An upgrade of another path is left to others who listen for upgrades; where nobody does it is
   * refused. @default path `/`: of that only sessions, `/feeds` and what is below it
   */
  attach(http: HttpServer, path = '/'): void {
    if (this.#closing !== undefined) throw closed();
    const base = path.endsWith('/') ? path : `${path}/`;
    const isOwn = http === this.#listener?.http;
    this.#detach.push(
      mount(http, {
        takes: (request, kind, hasOthers) =>
          isOwn || (kind === 'upgrade' && !hasOthers) || isFor(request, base, kind === 'upgrade'),
        request: (request, response) => {
          this.#context.opening.renew(request.socket);
          answerHttp(request, response, base, this.#context);
        },
        upgrade: (request, socket, head) => this.#upgrades.upgrade(request, socket, head, base),
      }),
    );
    for (const each of this.#ticking) this.#context.ticks.add(each);
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
      madeBytes: this.#made.bytes,
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

  /** Cuts off whoever is still connected: for a `close` that should wait no longer. */
  terminate(): void {
    void this.#upgrades.inTurns((peer) => peer.terminate());
  }

  async #close(reason: string): Promise<void> {
    const { clock, limits, log, logs, opening, ticks } = this.#context;
    const { peers } = this.#upgrades;
    log.info({ connections: peers.size }, `closing: ${reason}`);
    const left = this.#upgrades.shut();
    const stopped = this.#listener?.close();
    const timer = clock.after(limits.drainMs, () => {
      log.warn({ connections: peers.size }, 'the drain is over: what is unread is cut off');
      this.terminate();
    });
    let retryAfterMicros = 0;
    await this.#upgrades.inTurns((peer) => {
      peer.drain(reason, retryAfterMicros);
      // A thousand clients need not all be back in the first second.
      retryAfterMicros += 1_000;
    });
    await left;
    timer.cancel();
    for (const detach of this.#detach) detach();
    for (const each of this.#ticking) ticks.delete(each);
    opening.destroy();
    await stopped;
    logs.flush(true);
    log.info({}, 'closed');
  }

  #mustBeNew(): void {
    if (this.#closing !== undefined) throw closed();
    if (this.#listener !== undefined)
      throw new BlockfeedError('bad-option', 'the server listens already', {
        hint: 'Make another server for another port.',
      });
  }
}

function configured(
  feeds: ServerOptions['feeds'],
  maker: FeedMaker | undefined,
  clock: Clock,
  made: ChunkMemory,
): Feed[] {
  if (feeds === undefined) return (maker?.kinds ?? []).map((kind) => specified(kind, kind, maker, clock, made));
  return Object.entries(feeds).map(([name, feed]) => {
    if (!isChosenName(name))
      throw new BlockfeedError('bad-option', `${JSON.stringify(name)} is not a feed's name`, {
        hint: `Give ${feedNameRule}.`,
        about: name,
      });
    if (typeof feed === 'string') return specified(name, feed, maker, clock, made);
    if (feed.name === name) return feed;
    throw new BlockfeedError('bad-option', `feed ${feed.name} is offered as ${name}`, {
      hint: 'Offer a feed under its own name.',
      about: name,
    });
  });
}

function specified(name: string, words: string, maker: FeedMaker | undefined, clock: Clock, made: ChunkMemory): Feed {
  if (maker !== undefined) return maker.specify(words).make(name, clock, made);
  throw new BlockfeedError('bad-option', `feed ${name} is stated in words, and there is no maker`, {
    hint: 'State `maker: generatedFeeds`, from blockfeed/generate, or give a Feed.',
    about: name,
  });
}

/** Whether what is asked for lies below `base`. At the root of a server that others share, only what says that it is ours. */
function isFor(request: IncomingMessage, base: string, isUpgrade: boolean): boolean {
  const [pathname = ''] = (request.url ?? '').split('?', 1);
  if (base !== '/') return `${pathname}/`.startsWith(base);
  return pathname === '/' ? isUpgrade && offersSession(request) : `${pathname}/`.startsWith('/feeds/');
}

function closed(): BlockfeedError {
  return new BlockfeedError('closed', 'the server was closed', { hint: 'Make another one.' });
}
