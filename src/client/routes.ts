// Who on one connection gets what comes: the subscriptions that are waiting to be asked for, those whose answer is
// awaited, and those that run, by the name the server gave them. Made anew for every connection, so nothing of an
// old one lingers.
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import { parseFrame } from '../protocol/frame.ts';
import type { ClientMessage, ServerMessage } from '../protocol/messages.ts';
import { type ErrorSaid, errorSaid } from './clientSession.ts';
import { badServer } from './faults.ts';
import type { FeedReader } from './feedReader.ts';
import { clientLimits } from './limits.ts';
import { Requests } from './requests.ts';

/** What routes need of the connection's owner. */
export interface RoutesHost {
  readonly clock: Clock;
  /** How many subscriptions the connection carries. */
  readonly room: number;
  send(message: ClientMessage): void;
  isReading(): boolean;
  /** The subscription is over: with an error, or because the server said so. */
  over(reader: FeedReader, failed: { readonly error: unknown } | undefined): void;
  /** The server refused it for the moment, or could not go on with it. */
  refused(reader: FeedReader, error: BlockfeedError): void;
  /** An ack was said that goes further than those before. */
  acked(): void;
  /** The connection is of no use any more: another one is made. */
  abandon(reason: string): void;
}

interface Route {
  readonly reader: FeedReader;
  /** The name by which the server knows it; undefined before it said so. */
  feed: string | undefined;
  /** Nobody wants it any more, and the server was told: what still comes is dropped. */
  left: boolean;
}

interface OpenRequest {
  readonly type: 'subscribe' | 'unsubscribe';
  readonly route: Route;
}

export class Routes {
  readonly #host: RoutesHost;
  readonly #requests: Requests<OpenRequest>;
  readonly #running = new Map<string, Route>();
  #waiting: FeedReader[] = [];
  #refusals = 0;
  /** The one subscription in message delivery, whose frames name nobody. */
  #alone: FeedReader | undefined;

  constructor(host: RoutesHost) {
    this.#host = host;
    this.#requests = new Requests(
      host.clock,
      () => host.isReading(),
      ({ type, route }) =>
        host.abandon(
          `no answer to ${type} of ${route.reader.requested} came within ${clientLimits.requestMs.default} ms`,
        ),
    );
  }

  /** Asks for it, or goes on with it. */
  add(reader: FeedReader): void {
    this.#waiting.push(reader);
    this.#askNext();
  }

  /** The connection is over. */
  stop(): void {
    this.#requests.stop();
  }

  said(message: ServerMessage): void {
    switch (message.type) {
      case 'subscribed':
        return this.#subscribed(message);
      case 'cut':
        return this.#to(message.feed, (reader) => reader.cut(message.to, message.cut, this.#now()));
      case 'gap':
        return this.#to(message.feed, (reader) => reader.gap(message.from, message.to, message.reason, this.#now()));
      case 'unsubscribed':
        return this.#unsubscribed(message.feed, message.id);
      case 'stalled':
        return this.#to(message.feed, (reader) => reader.stalled(message));
      case 'heartbeat':
        for (const [feed, tail] of Object.entries(message.tails)) {
          const route = this.#running.get(feed);
          if (route?.left === false) route.reader.tailAt(tail, message.ahead?.[feed] ?? 0);
        }
        return;
      case 'error':
        return this.#error(message);
      case 'welcome':
      case 'closing':
        return;
    }
  }

  /** With when the bytes came that complete it, and when its first did. */
  data(bytes: Uint8Array, receivedMicros: number, beganMicros: number): void {
    let reader = this.#alone;
    try {
      if (reader !== undefined) return this.#line(reader, bytes, receivedMicros, beganMicros);
      const { header, lines } = parseFrame(bytes);
      const route = this.#running.get(header.feed);
      if (route === undefined) throw badServer(`a frame came of ${header.feed}, which is not subscribed`);
      if (route.left) return;
      reader = route.reader;
      // A frame has come whole when it is put together; of messages, hundreds with one piece, that would cost more than they do.
      reader.frame(header, lines, this.#now(), beganMicros);
    } catch (error) {
      this.#fault(reader, error);
    }
  }

  /** Says what is to be acked, if anything is. */
  ack(reader: FeedReader): void {
    if (this.#routeOf(reader) === undefined) return;
    const { hasNews } = reader.acks;
    const messages = reader.takeAcks();
    for (const message of messages) this.#host.send(message);
    // One that is only said again tells nothing of whether this connection works.
    if (hasNews && messages.length > 0) this.#host.acked();
  }

  /** Leaves with what there is of the block that is filling. False: nothing of it has been asked for, so nothing comes. */
  leave(reader: FeedReader): boolean {
    const route = this.#routeOf(reader);
    if (route === undefined) return false;
    this.ack(reader);
    this.#unsubscribe(route, true);
    return true;
  }

  /** Leaves at once: what still comes is dropped. */
  drop(reader: FeedReader): void {
    this.#waiting = this.#waiting.filter((other) => other !== reader);
    for (const request of this.#requests.open)
      if (request.type === 'subscribe' && request.route.reader === reader) request.route.left = true;
    const route = this.#routeOf(reader);
    if (route === undefined) return;
    this.ack(reader);
    this.#leaveAtOnce(route);
  }

  #now(): number {
    return this.#host.clock.nowMicros();
  }

  #leaveAtOnce(route: Route): void {
    route.left = true;
    this.#unsubscribe(route, false);
  }

  #unsubscribe(route: Route, flush: boolean): void {
    const { feed } = route;
    assert(feed !== undefined, 'that only what runs is left');
    this.#host.send({ type: 'unsubscribe', id: this.#requests.add({ type: 'unsubscribe', route }), feed, flush });
  }

  /**
   * All at once, as far as the connection carries them. One that was dropped before its answer came runs on at the server
   * until it is left, perhaps under the name of the next: that answer is awaited first.
   */
  #askNext(): void {
    const asked = this.#requests.open.filter(({ type }) => type === 'subscribe');
    if (asked.some(({ route }) => route.left)) return;
    for (let under = asked.length + this.#running.size; under < this.#host.room; under++) {
      const reader = this.#waiting.shift();
      if (reader === undefined) return;
      const { type, ...fields } = reader.ask();
      this.#host.send({
        type,
        id: this.#requests.add({ type, route: { reader, feed: undefined, left: false } }),
        ...fields,
      });
    }
  }

  #subscribed(message: Extract<ServerMessage, { type: 'subscribed' }>): void {
    const request = this.#requests.answered(message.id);
    if (request?.type !== 'subscribe')
      throw badServer(`the server subscribed ${message.feed} for request ${message.id}, which asks for nothing`);
    const { route } = request;
    const { reader } = route;
    if (this.#running.has(message.feed)) throw badServer(`the server subscribed ${message.feed} twice`, message.feed);
    this.#running.set(message.feed, route);
    route.feed = message.feed;
    if (reader.delivery === 'message') this.#alone = reader;
    if (route.left) this.#leaveAtOnce(route);
    else
      try {
        reader.subscribed(message);
        this.ack(reader);
      } catch (error) {
        this.#fault(reader, error);
      }
    this.#askNext();
  }

  #unsubscribed(feed: string, id: number | undefined): void {
    const route = this.#running.get(feed);
    if (route === undefined) throw badServer(`the server unsubscribed ${feed}, which is not subscribed`, feed);
    // It answers those said before too. Without an id it was not asked for: what was asked for has an answer of its own.
    if (id !== undefined) this.#requests.answeredUpTo(id, (request) => request.route === route);
    this.#ended(feed, route);
  }

  #ended(feed: string, route: Route): void {
    this.#running.delete(feed);
    if (this.#alone === route.reader) this.#alone = undefined;
    if (!route.left) this.#host.over(route.reader, undefined);
    this.#askNext();
  }

  #error(message: ErrorSaid): void {
    const error = errorSaid(message);
    if (message.id !== undefined) this.#refused(message.id, error);
    else if (message.feed !== undefined) this.#broken(message.feed, error);
    else throw error;
  }

  /** A request is refused. */
  #refused(id: number, error: BlockfeedError): void {
    const request = this.#requests.answered(id);
    if (request === undefined) throw badServer(`the server refused request ${id}, which is not open: ${error.message}`);
    const { route } = request;
    if (request.type === 'unsubscribe') {
      // What was to be left had ended in the same moment.
      if (route.feed !== undefined && this.#running.get(route.feed) === route) this.#ended(route.feed, route);
      return;
    }
    // After bye what had not begun is over, and that is no failure.
    if (route.reader.leaving && !route.left) return this.#host.over(route.reader, undefined);
    // A feed that failed is no error of ours, which the server would count.
    if (error.code !== 'feed-failed') this.#refusals++;
    if (!route.left && error.retry) this.#host.refused(route.reader, error);
    else if (!route.left) this.#host.over(route.reader, { error });
    // As many may be refused on their way here, and then the server would close the connection for good.
    if (this.#refusals >= this.#host.room) this.#host.abandon(`it refused ${this.#refusals} subscriptions`);
    else this.#askNext();
  }

  /** A subscription that runs has failed at the server: where that passes it has ended there, and is asked for again. */
  #broken(feed: string, error: BlockfeedError): void {
    const route = this.#running.get(feed);
    if (route === undefined) throw badServer(`the server spoke of ${feed}, which is not subscribed`, feed);
    if (!error.retry) {
      if (!route.left) this.#fault(route.reader, error);
      return;
    }
    this.#running.delete(feed);
    if (this.#alone === route.reader) this.#alone = undefined;
    if (route.left) return;
    if (route.reader.leaving) this.#host.over(route.reader, undefined);
    else this.#host.refused(route.reader, error);
  }

  #to(feed: string, act: (reader: FeedReader) => void): void {
    const route = this.#running.get(feed);
    if (route === undefined) throw badServer(`the server spoke of ${feed}, which is not subscribed`, feed);
    if (route.left) return;
    try {
      act(route.reader);
    } catch (error) {
      this.#fault(route.reader, error);
    }
  }

  #line(reader: FeedReader, line: Uint8Array, receivedMicros: number, beganMicros: number): void {
    if (reader.over) return;
    const wasCaughtUp = reader.caughtUp;
    reader.line(line, receivedMicros, beganMicros);
    if (!wasCaughtUp) this.ack(reader);
  }

  /** What one subscription suffers ends that one; what belongs to none, and what is no fault of a feed's, ends the connection. */
  #fault(reader: FeedReader | undefined, error: unknown): void {
    if (reader === undefined || !(error instanceof BlockfeedError)) throw error;
    this.drop(reader);
    this.#host.over(reader, { error });
  }

  /** Where it runs, and is still wanted. */
  #routeOf(reader: FeedReader): Route | undefined {
    const route = this.#running.get(reader.identity?.feed ?? '');
    return route?.reader === reader && !route.left ? route : undefined;
  }
}
