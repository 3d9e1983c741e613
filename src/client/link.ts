// One connection that is kept: a plain loop of sessions and waits, and the subscriptions that it carries through all of
// them. It ends when it is told to, when a bound on the tries is reached, or when trying again is of no use.
import { fullJitterMs } from '../base/backoff.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { BlockfeedError } from '../protocol/errors.ts';
import type { ServerMessage } from '../protocol/messages.ts';
import { ClientSession, type SessionEnd, type Welcome } from './clientSession.ts';
import { Deferred } from './deferred.ts';
import type { ConnectionState } from './events.ts';
import { closed, serverUnreachable } from './faults.ts';
import type { FeedReader, ReaderHost } from './feedReader.ts';
import { clientLimits } from './limits.ts';
import type { Settings } from './options.ts';
import type { Platform } from './platform.ts';
import { Routes, type RoutesHost } from './routes.ts';

/** One word for this process, so that a server's records show who came again. */
const instance = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0'));

/** What ended it, where that was not meant: whatever was thrown. */
export interface LinkFailure {
  readonly error: unknown;
}

/** What a link needs of the client that made it. */
export interface LinkHost {
  /** How many subscriptions the server lets a connection carry, as it said last. */
  room: number;
  /** Puts the subscription on a link that takes it. */
  place(reader: FeedReader): void;
}

type Phase<State> = State extends unknown ? Omit<State, 'connection'> : never;

export class Link implements ReaderHost, RoutesHost {
  /** Resolves at the first welcome. */
  readonly welcomed: Deferred<void> = new Deferred<void>();
  /** Settled when it is over, whatever ended it, and its socket is closed. Rejects only with what `onState` throws then. */
  readonly closed: Promise<void>;
  readonly #number: number;
  readonly #platform: Platform;
  readonly #settings: Settings;
  readonly #host: LinkHost;
  readonly #readers = new Set<FeedReader>();
  readonly #toAck = new Set<FeedReader>();
  readonly #retries = new Map<FeedReader, Timer>();
  #session: ClientSession | undefined;
  #routes: Routes | undefined;
  #stopping: 'no' | 'bye' | 'at once' = 'no';
  /** Wakes the loop from whatever it waits for. */
  #wake = new Deferred<void>();
  #carriesMessages = false;
  /** How many subscriptions its server lets it carry. */
  room: number;
  /** A server was met at this address. */
  #isKnown: boolean;
  /** It waits for what came to be taken, without a connection. */
  #isFull = false;
  #failures = 0;
  #queuedBytes = 0;

  constructor(number: number, platform: Platform, settings: Settings, host: LinkHost) {
    this.#number = number;
    this.#platform = platform;
    this.#settings = settings;
    this.#host = host;
    this.room = host.room;
    // A client is there once its first connection was welcomed.
    this.#isKnown = number > 0;
    // Who waits for the first welcome is told why there is none; later links have nobody who waits.
    this.welcomed.promise.catch(() => undefined);
    this.closed = this.#run();
  }

  /** Whether a subscription of this feed and delivery may be put on it. */
  takes(requested: string, delivery: FeedReader['delivery']): boolean {
    if (this.#stopping !== 'no' || this.#carriesMessages) return false;
    if (this.#readers.size === 0) return true;
    if (delivery === 'message' || this.#readers.size >= this.room) return false;
    return ![...this.#readers].some((reader) => reader.requested === requested);
  }

  /** Carries the subscription from now on. */
  add(reader: FeedReader): void {
    reader.host = this;
    this.#readers.add(reader);
    if (reader.delivery === 'message') this.#carriesMessages = true;
    this.#routes?.add(reader);
  }

  /** Leaves every subscription with what there is of the block that is filling, then closes. */
  bye(): void {
    if (this.#stopping !== 'no') return;
    this.#stopping = 'bye';
    for (const reader of this.#readers) {
      reader.leaving = true;
      this.#routes?.ack(reader);
    }
    this.#session?.bye();
    this.#wake.resolve();
  }

  /** Closes at once; who iterates is thrown the error. */
  close(error: unknown): void {
    if (this.#stopping === 'at once') return;
    this.#stopping = 'at once';
    this.welcomed.reject(error);
    for (const reader of this.#readers) this.#routes?.ack(reader);
    for (const reader of [...this.#readers]) {
      this.#forget(reader);
      reader.discard({ error });
    }
    this.#session?.close();
    this.#wake.resolve();
  }

  // What its subscriptions ask of it.

  queued(bytes: number): void {
    this.#queuedBytes += bytes;
    if (bytes > 0 && this.#queuedBytes > this.#settings.receivedBytes) this.#session?.pause();
    else if (bytes < 0 && this.#isDrained()) {
      this.#session?.resume();
      if (this.#isFull) this.#wake.resolve();
    }
  }

  ackSoon(reader: FeedReader): void {
    const isScheduled = this.#toAck.size > 0;
    this.#toAck.add(reader);
    if (isScheduled) return;
    this.#platform.soon(() => {
      const readers = [...this.#toAck];
      this.#toAck.clear();
      for (const each of readers) if (!each.over) this.#routes?.ack(each);
    });
  }

  leave(reader: FeedReader): void {
    reader.leaving = true;
    if (this.#routes?.leave(reader) === true) return;
    this.#routes?.drop(reader);
    this.over(reader, undefined);
  }

  drop(reader: FeedReader): void {
    this.#routes?.drop(reader);
    this.#forget(reader);
  }

  threw(reader: FeedReader, error: unknown): void {
    this.#routes?.drop(reader);
    this.over(reader, { error });
  }

  // What its routes ask of it.

  send(message: Parameters<ClientSession['send']>[0]): void {
    this.#session?.send(message);
  }

  get clock(): Clock {
    return this.#settings.clock;
  }

  isReading(): boolean {
    return this.#session?.isPaused === false;
  }

  abandon(reason: string): void {
    this.#session?.abandon(reason);
  }

  over(reader: FeedReader, failed: LinkFailure | undefined): void {
    if (failed === undefined) reader.finish(this.clock.nowMicros());
    else reader.fail(failed.error);
    this.#forget(reader);
  }

  refused(reader: FeedReader, error: BlockfeedError): void {
    reader.failures++;
    if (reader.failures > this.#settings.retry) return this.over(reader, { error });
    const waitMs = this.#waitMs(reader.failures);
    const timer = this.#settings.clock.after(waitMs, () => {
      this.#retries.delete(reader);
      this.#routes?.add(reader);
    });
    this.#retries.set(reader, timer);
    reader.refused(error, waitMs);
  }

  acked(): void {
    this.#failures = 0;
  }

  // The loop.

  async #run(): Promise<void> {
    let failed: LinkFailure | undefined;
    try {
      failed = await this.#untilOver();
    } catch (error) {
      // A callback or the clock of the user's has thrown, or something here is wrong: whoever waits is thrown it.
      failed = { error };
    }
    this.#finish(failed);
  }

  async #untilOver(): Promise<LinkFailure | undefined> {
    while (this.#stopping === 'no') {
      this.#report({ phase: 'connecting', failures: this.#failures });
      const { end, lastedMs, retryAfterMs } = await this.#sessionFromStartToEnd();
      if (end.why === 'refused') return { error: end.error };
      if (end.why === 'closed' || this.#isStopping()) break;
      if (end.why === 'full') {
        await this.#drained();
        continue;
      }
      if (lastedMs >= clientLimits.reconnectResetMs.default) this.#failures = 0;
      this.#failures++;
      if (this.#failures > this.#settings.retry)
        return { error: serverUnreachable(this.#settings.url, this.#failures, end.reason, end.error) };
      const waitMs = retryAfterMs + this.#waitMs(this.#failures);
      this.#report({ phase: 'waiting', reason: end.reason, failures: this.#failures, waitMs });
      await this.#waited(waitMs);
    }
    return undefined;
  }

  async #sessionFromStartToEnd(): Promise<{ end: SessionEnd; lastedMs: number; retryAfterMs: number }> {
    const hello = {
      type: 'hello',
      client: this.#settings.name ?? `blockfeed on ${this.#platform.name}`.slice(0, 100),
      instance: instance.join(''),
      ...(this.#settings.token === undefined ? {} : { token: this.#settings.token }),
    } as const;
    let sinceMs: number | undefined;
    const handler = {
      welcomed: (welcome: Welcome) => {
        sinceMs = this.clock.monotonicMs();
        this.#welcome(welcome);
      },
      said: (message: ServerMessage) => this.#said(message),
      data: (bytes: Uint8Array, receivedMicros: number, beganMicros: number) =>
        this.#routes?.data(bytes, receivedMicros, beganMicros),
    };
    const session = new ClientSession(this.#platform, this.#settings, hello, handler, this.#isKnown);
    this.#session = session;
    const end = await session.ended;
    this.#session = undefined;
    this.#routes?.stop();
    this.#routes = undefined;
    for (const timer of this.#retries.values()) timer.cancel();
    this.#retries.clear();
    this.#interrupt(end);
    const lastedMs = sinceMs === undefined ? 0 : this.clock.monotonicMs() - sinceMs;
    return { end, lastedMs, retryAfterMs: session.retryAfterMs };
  }

  #welcome(welcome: Welcome): void {
    this.#isKnown = true;
    this.room = welcome.subscriptions;
    this.#host.room = this.room;
    this.#routes = new Routes(this);
    // First those that are here: the callback may add others, which then ask for themselves.
    const readers = [...this.#readers];
    for (const reader of readers.slice(0, this.room)) this.#routes.add(reader);
    const { server, session, features } = welcome;
    this.#report({ phase: 'live', server, session, features });
    this.welcomed.resolve();
    // It was let carry more before. Those that the callback has ended need no other connection.
    for (const reader of readers.slice(this.room)) if (!reader.over && !reader.leaving) this.#move(reader);
  }

  #move(reader: FeedReader): void {
    this.#readers.delete(reader);
    this.#toAck.delete(reader);
    this.#host.place(reader);
  }

  #said(message: ServerMessage): void {
    if (message.type === 'closing')
      this.#report({ phase: 'closing', reason: message.reason, retryAfterMs: message.retryAfter / 1_000 });
    this.#routes?.said(message);
  }

  /** Those that were leaving are not brought back for their last few messages; the others go on at their own places. */
  #interrupt(end: SessionEnd): void {
    if (end.why === 'refused') return;
    for (const reader of [...this.#readers])
      if (reader.leaving) this.over(reader, undefined);
      else if (end.why === 'broken') reader.interrupted(end.reason);
  }

  #forget(reader: FeedReader): void {
    this.#readers.delete(reader);
    this.#toAck.delete(reader);
    this.#retries.get(reader)?.cancel();
    this.#retries.delete(reader);
    // A connection of message delivery was made for its subscription.
    if (!this.#carriesMessages || this.#readers.size > 0 || this.#stopping !== 'no') return;
    this.#stopping = 'at once';
    this.#session?.close();
    this.#wake.resolve();
  }

  #finish(failed: LinkFailure | undefined): void {
    this.#stopping = 'at once';
    try {
      for (const reader of [...this.#readers]) this.over(reader, failed);
    } catch (error) {
      // Without a clock none can be ended well.
      for (const reader of [...this.#readers]) this.over(reader, { error });
    }
    const error = failed?.error;
    this.welcomed.reject(failed === undefined ? closed('the client was closed before the server said welcome') : error);
    this.#report({ phase: 'closed', error });
  }

  async #waited(waitMs: number): Promise<void> {
    if (this.#isStopping()) return;
    this.#wake = new Deferred();
    const timer = this.#settings.clock.after(waitMs, this.#wake.resolve);
    await this.#wake.promise;
    timer.cancel();
  }

  async #drained(): Promise<void> {
    this.#report({ phase: 'full' });
    if (this.#isStopping() || this.#isDrained()) return;
    this.#wake = new Deferred();
    this.#isFull = true;
    await this.#wake.promise;
    this.#isFull = false;
  }

  #isStopping(): boolean {
    return this.#stopping !== 'no';
  }

  #isDrained(): boolean {
    return this.#queuedBytes <= this.#settings.receivedBytes / 2;
  }

  #waitMs(failures: number): number {
    return fullJitterMs(failures - 1, this.#settings.backoff, this.#settings.random);
  }

  #report(phase: Phase<ConnectionState>): void {
    this.#settings.onState({ connection: this.#number, ...phase } as ConnectionState);
  }
}
