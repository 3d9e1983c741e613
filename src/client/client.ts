// A client: the connections that its subscriptions need, and who goes on which.
//
// Its users' compilers may know nothing of `await using`; the reference, which stays in the declarations, tells them.
/// <reference lib="esnext.disposable" preserve="true" />
import { limits } from '../protocol/limits.ts';
import { AckedPlaces } from './ackedPlaces.ts';
import { closed } from './faults.ts';
import { FeedReader } from './feedReader.ts';
import { Link, type LinkHost } from './link.ts';
import {
  type ConnectOptions,
  clientSettings,
  type Settings,
  type SubscribeOptions,
  subscribeRequest,
} from './options.ts';
import type { Platform } from './platform.ts';
import { Subscription } from './subscription.ts';

export class Client implements AsyncDisposable {
  readonly #platform: Platform;
  readonly #settings: Settings;
  readonly #links = new Set<Link>();
  readonly #acked = new AckedPlaces();
  readonly #linkHost: LinkHost = {
    room: limits.subscriptions.default,
    place: (reader) => {
      const { requested, delivery } = reader;
      const link = [...this.#links].find((each) => each.takes(requested, delivery)) ?? this.#newLink();
      link.add(reader);
    },
  };
  /** What a callback threw at the end of a connection, when nobody was left to be thrown it. */
  #thrown: { readonly error: unknown } | undefined;
  #forgetSignal: (() => void) | undefined;
  #linksMade = 0;
  #isOver = false;

  private constructor(platform: Platform, settings: Settings) {
    this.#platform = platform;
    this.#settings = settings;
  }

  /**
   * Subscribes a feed, by its name or by the specification of one that the server makes on request. It is asked for at
   * once; iterate over what is returned. Subscriptions in block delivery share a connection, each in message delivery has
   * its own. Throws `bad-option` for a wrong option, `closed` after `close` or `bye`, and the reason of a signal that is
   * aborted already; what the server refuses is thrown by the iterator.
   */
  subscribe(feed: string, options: SubscribeOptions = {}): Subscription {
    if (this.#isOver) throw closed('the client is closed');
    const { signal } = options;
    signal?.throwIfAborted();
    const reader = new FeedReader(subscribeRequest(feed, options, this.#platform), {
      onEvent: options.onEvent,
      warn: (text) => this.#platform.warn(`blockfeed: ${text}`),
      acked: this.#acked,
    });
    if (signal !== undefined) {
      const leave = () => {
        reader.drop();
        reader.discard({ error: signal.reason });
      };
      signal.addEventListener('abort', leave, { once: true });
      reader.onOver = () => signal.removeEventListener('abort', leave);
    }
    this.#linkHost.place(reader);
    return new Subscription(reader);
  }

  /**
   * Leaves every subscription gracefully, as `leave()` does: go on iterating until each ends. Resolves when the server has
   * closed every connection, at the latest some heartbeats after it fell silent.
   */
  async bye(): Promise<void> {
    this.#isOver = true;
    for (const link of this.#links) link.bye();
    await this.#allClosed();
  }

  /**
   * Closes at once: acks that were given go out, whoever still iterates is thrown `closed`, and what came and was not taken
   * is dropped. Resolves when every socket is closed, at the latest a second later. Rejects, as `bye` does, with what `onState`
   * has thrown at the end of a connection.
   */
  async close(): Promise<void> {
    this.#abort(closed('the client was closed'));
    await this.#allClosed();
  }

  /** The same as `close`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** What `connect` does, on a platform of one's choice. */
  static async connect(platform: Platform, url: string | URL, options: ConnectOptions): Promise<Client> {
    const { signal } = options;
    const client = new Client(platform, clientSettings(url, options));
    signal?.throwIfAborted();
    const abort = () => client.#abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    client.#forgetSignal = () => signal?.removeEventListener('abort', abort);
    try {
      await client.#newLink().welcomed.promise;
      return client;
    } catch (error) {
      client.#over();
      throw error;
    }
  }

  #abort(reason: unknown): void {
    this.#over();
    for (const link of this.#links) link.close(reason);
  }

  #over(): void {
    this.#isOver = true;
    this.#forgetSignal?.();
  }

  #newLink(): Link {
    const link = new Link(this.#linksMade++, this.#platform, this.#settings, this.#linkHost);
    this.#links.add(link);
    // A link's end is not a failure: whom it concerns has been told. The set only has to know.
    void link.closed
      .catch((error: unknown) => {
        this.#thrown ??= { error };
      })
      .then(() => this.#links.delete(link));
    return link;
  }

  async #allClosed(): Promise<void> {
    await Promise.allSettled([...this.#links].map((link) => link.closed));
    this.#over();
    if (this.#thrown !== undefined) throw this.#thrown.error;
  }
}
