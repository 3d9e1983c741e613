// Who on one connection gets what comes: the subscriptions that are waiting to be asked for, the one whose answer is
// awaited, and those that run, by the name the server gave them. Made anew for every connection, so nothing of an
// old one lingers.
import { BlockfeedError } from '../protocol/errors.ts';
import { parseFrame } from '../protocol/frame.ts';
import type { ClientMessage, ServerMessage } from '../protocol/messages.ts';
import { errorSaid } from './clientSession.ts';
import { badServer } from './faults.ts';
import type { FeedReader } from './feedReader.ts';

/** What routes need of the connection's owner. */
export interface RoutesHost {
  send(message: ClientMessage): void;
  now(): number;
  /** The subscription is over: with an error, or because the server said so. */
  over(reader: FeedReader, error: BlockfeedError | undefined): void;
  /** The server refused it for the moment. */
  refused(reader: FeedReader, error: BlockfeedError): void;
  acked(): void;
}

type ErrorSaid = Extract<ServerMessage, { type: 'error' }>;

export class Routes {
  readonly #host: RoutesHost;
  readonly #running = new Map<string, FeedReader | 'left'>();
  #waiting: FeedReader[] = [];
  /** The one asked for. One at a time: an error names its subject loosely, and so there is no doubt whom it is for. */
  #requested: { readonly reader: FeedReader; left: boolean } | undefined;
  /** The one subscription in message delivery, whose frames name nobody. */
  #alone: FeedReader | undefined;

  constructor(host: RoutesHost) {
    this.#host = host;
  }

  /** Asks for it, or goes on with it. */
  add(reader: FeedReader): void {
    this.#waiting.push(reader);
    this.#askNext();
  }

  said(message: ServerMessage): void {
    switch (message.type) {
      case 'subscribed':
        return this.#subscribed(message);
      case 'cut':
        return this.#to(message.feed, (reader) => reader.cut(message.to, message.cut, this.#host.now()));
      case 'gap':
        return this.#to(message.feed, (reader) =>
          reader.gap(message.from, message.to, message.reason, this.#host.now()),
        );
      case 'unsubscribed':
        return this.#unsubscribed(message.feed);
      case 'stalled':
        return this.#to(message.feed, (reader) => reader.stalled(message.window, message.unacked));
      case 'heartbeat':
        for (const [feed, tail] of Object.entries(message.tails)) {
          const reader = this.#running.get(feed);
          if (reader !== 'left') reader?.tailAt(tail, message.ahead?.[feed] ?? 0);
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
      const found = this.#running.get(header.feed);
      if (found === 'left') return;
      reader = found;
      if (reader === undefined) throw badServer(`a frame came of ${header.feed}, which is not subscribed`);
      // A frame has come whole when it is put together; of messages, hundreds with one piece, that would cost more than they do.
      reader.frame(header, lines, this.#host.now(), beganMicros);
    } catch (error) {
      this.#fault(reader, error);
    }
  }

  /** Says what is to be acked, if anything is. */
  ack(reader: FeedReader): void {
    const feed = reader.identity?.feed;
    if (feed === undefined || this.#running.get(feed) !== reader) return;
    const message = reader.takeAck();
    if (message === undefined) return;
    this.#host.send(message);
    this.#host.acked();
  }

  /** Leaves with what there is of the block that is filling. False: nothing of it has been asked for, so nothing comes. */
  leave(reader: FeedReader): boolean {
    const feed = reader.identity?.feed;
    if (feed === undefined || this.#running.get(feed) !== reader) return false;
    this.ack(reader);
    this.#host.send({ type: 'unsubscribe', feed, flush: true });
    return true;
  }

  /** Leaves at once: what still comes is dropped. */
  drop(reader: FeedReader): void {
    this.#waiting = this.#waiting.filter((other) => other !== reader);
    if (this.#requested?.reader === reader) this.#requested.left = true;
    const feed = reader.identity?.feed;
    if (feed === undefined || this.#running.get(feed) !== reader) return;
    this.ack(reader);
    this.#leaveAtOnce(feed);
  }

  #leaveAtOnce(feed: string): void {
    this.#host.send({ type: 'unsubscribe', feed, flush: false });
    this.#running.set(feed, 'left');
  }

  #askNext(): void {
    if (this.#requested !== undefined) return;
    const reader = this.#waiting.shift();
    if (reader === undefined) return;
    this.#requested = { reader, left: false };
    this.#host.send(reader.ask());
  }

  #subscribed(message: Extract<ServerMessage, { type: 'subscribed' }>): void {
    const requested = this.#requested;
    if (requested === undefined || requested.reader.requested !== message.requested)
      throw badServer(`the server subscribed ${message.requested}, which was not asked for`);
    this.#requested = undefined;
    if (requested.left) this.#leaveAtOnce(message.feed);
    else {
      this.#running.set(message.feed, requested.reader);
      if (requested.reader.delivery === 'message') this.#alone = requested.reader;
      try {
        requested.reader.subscribed(message);
        this.ack(requested.reader);
      } catch (error) {
        this.#fault(requested.reader, error);
      }
    }
    this.#askNext();
  }

  #unsubscribed(feed: string): void {
    const reader = this.#running.get(feed);
    if (reader === undefined) throw badServer(`the server unsubscribed ${feed}, which is not subscribed`, feed);
    this.#running.delete(feed);
    if (reader !== 'left') this.#host.over(reader, undefined);
  }

  #error(message: ErrorSaid): void {
    const error = errorSaid(message);
    // What was unsubscribed may have ended in the same moment.
    if (message.code === 'not-subscribed') return;
    if (message.code === 'feed-failed' && message.about !== undefined && this.#ended(message.about, error)) return;
    const named = message.about === undefined ? undefined : this.#running.get(message.about);
    if (named !== undefined && this.#requested?.reader.requested !== message.about) {
      if (named !== 'left') this.#fault(named, error);
      return;
    }
    const requested = this.#requested;
    if (requested === undefined) throw error;
    this.#requested = undefined;
    if (!requested.left && error.retry) this.#host.refused(requested.reader, error);
    else if (!requested.left) this.#host.over(requested.reader, error);
    this.#askNext();
  }

  /** The server has ended a subscription that ran, and may be asked again. False: none of that name runs. */
  #ended(feed: string, error: BlockfeedError): boolean {
    const reader = this.#running.get(feed);
    if (reader === undefined) return false;
    this.#running.delete(feed);
    if (reader === 'left') return true;
    if (reader.leaving) this.#host.over(reader, undefined);
    else this.#host.refused(reader, error);
    return true;
  }

  #to(feed: string, act: (reader: FeedReader) => void): void {
    const reader = this.#running.get(feed);
    if (reader === 'left') return;
    if (reader === undefined) throw badServer(`the server spoke of ${feed}, which is not subscribed`, feed);
    try {
      act(reader);
    } catch (error) {
      this.#fault(reader, error);
    }
  }

  #line(reader: FeedReader, line: Uint8Array, receivedMicros: number, beganMicros: number): void {
    if (reader.over) return;
    const wasCaughtUp = reader.caughtUp;
    reader.line(line, receivedMicros, beganMicros);
    if (!wasCaughtUp) this.ack(reader);
  }

  /** What one subscription suffers ends that one; what belongs to none ends the connection. */
  #fault(reader: FeedReader | undefined, error: unknown): void {
    if (reader === undefined || !(error instanceof BlockfeedError)) throw error;
    this.drop(reader);
    this.#host.over(reader, error);
  }
}
