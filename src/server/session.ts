// A session is one connection that speaks blockfeed.v1. It treats what the client says by the table in phases.ts, keeps the
// subscriptions, and forgets everything when it is over.
import { randomBytes } from 'node:crypto';
import type { Page } from '../frames/page.ts';
import { errorCodes } from '../protocol/codes.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import { type ClientMessage, parseClientMessage, requestIdOf, type ServerMessage } from '../protocol/messages.ts';
import type { Connection, ConnectionEvents } from './connection.ts';
import type { Peer, ServerContext } from './context.ts';
import type { Sums } from './limitedLog.ts';
import { type Phase, phases } from './phases.ts';
import { ServerSubscription, type ServerSubscriptionHost, type Subscribe } from './serverSubscription.ts';

/** What an error answers, or is about. */
interface Subject {
  /** Of the request. */
  readonly id: number | undefined;
  /** The subscription's, where it answers no request. */
  readonly feed: string | undefined;
  readonly about?: string | undefined;
  /** Whether the request is a subscribe. */
  readonly subscribes: boolean;
}

const nobody: Subject = { id: undefined, feed: undefined, subscribes: false };

export class Session implements Peer, ConnectionEvents, ServerSubscriptionHost {
  readonly context: ServerContext;
  readonly #connection: Connection;
  readonly #id: string = randomBytes(6).toString('hex');
  readonly #over: (peer: Session) => void;
  readonly #subscriptions: Map<string, ServerSubscription> = new Map();
  /** Subscriptions that found no room, the first one first, so that no subscription starves another. */
  readonly #waiting: Set<ServerSubscription> = new Set();
  #who: { session: string; address: string; client?: string; instance?: string };
  #phase: Phase = 'greeting';
  #errors = 0;
  /** Subscriptions whose specification is still to be checked. */
  #lookUps = 0;
  /** Of subscribes that were well-formed: many feeds may be refused at once, and none of it is an error of the client. */
  #refusals = 0;
  readonly #cameMs: number;
  #heartbeatMs: number;
  #drainDone = false;

  /** `over` is called once, when nothing of the session is left. */
  constructor(context: ServerContext, connection: Connection, over: (peer: Session) => void) {
    this.context = context;
    this.#connection = connection;
    this.#over = over;
    this.#who = { session: this.#id, address: connection.address };
    this.#cameMs = context.ticks.nowMs();
    this.#heartbeatMs = this.#cameMs;
    connection.listen(this);
    context.ticks.add(this);
  }

  // Events of its connection.

  binary(): void {
    this.#closeWith(1003, 'a client sends text only');
  }

  drained(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const subscription of waiting) subscription.wake();
  }

  fault(fault: 'silent' | 'slow-control' | 'unread'): void {
    if (fault === 'silent')
      this.#fail(new BlockfeedError(fault, 'nothing was heard for 50 s', { hint: 'Answer pings.' }), 4408);
    else if (fault === 'unread')
      this.context.logs.warnings.add({ unread: 1 }, () => [
        { ...this.#who, code: fault },
        `${this.client} took nothing, and others needed the memory`,
      ]);
    else this.#fail(new BlockfeedError(fault, 'the answers are not read', { hint: 'Read what comes.' }), 1013);
  }

  closed(code: number, reason: string): void {
    this.#phase = 'closed';
    for (const subscription of [...this.#subscriptions.values()]) this.#forget(subscription);
    this.context.logs.events.add({ left: 1 }, () => [
      { ...this.#who, code, reason },
      `${this.client} left: ${code} ${reason}`.trimEnd(),
    ]);
    this.#over(this);
  }

  // Called by the server.

  get client(): string {
    return this.#who.client ?? this.#who.address;
  }

  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  tick(nowMs: number): void {
    this.#connection.tick(nowMs);
    if (this.#phase === 'greeting' && nowMs - this.#cameMs >= this.context.limits.helloMs)
      this.#fail(new BlockfeedError('hello-late', 'no hello came', { hint: 'Say hello first, within 5 s.' }), 4408);
    for (const subscription of [...this.#subscriptions.values()])
      this.#within(subscription, () => subscription.tick(nowMs));
    if (this.#phase === 'open' && nowMs - this.#heartbeatMs >= this.context.limits.heartbeatMs) {
      this.#heartbeatMs = nowMs;
      this.#sayHeartbeat();
    }
  }

  drain(reason: string, retryAfterMicros: number): void {
    if (this.#phase === 'closed') return;
    this.say({ type: 'closing', reason, retryAfter: Math.round(retryAfterMicros) });
    this.#phase = 'draining';
    for (const subscription of this.#subscriptions.values()) subscription.stop();
    this.#closeIfDrained();
  }

  terminate(): void {
    this.#closeWith(1012, 'the server restarts');
    this.#connection.destroy();
  }

  // Called by its subscriptions.

  room(subscription: ServerSubscription): number {
    const room = this.#connection.room();
    if (room <= 0) this.#waiting.add(subscription);
    return room;
  }

  send(bytes: Buffer, page?: Page): void {
    this.#connection.send(bytes, page);
  }

  say(message: ServerMessage): void {
    if (this.#phase !== 'closed') this.#connection.sendText(JSON.stringify(message));
  }

  log(
    sort: 'acks' | 'events' | 'warnings',
    sums: Sums,
    format: () => readonly [fields: object, sentence: string],
  ): void {
    this.context.logs[sort].add(sums, () => {
      const [fields, sentence] = format();
      return [{ ...this.#who, ...fields }, sentence];
    });
  }

  /** The subscription is over, and nothing of it is kept. Each request is answered, so also a subscribe that was left before it was. */
  ended(subscription: ServerSubscription): void {
    this.#forget(subscription);
    const { feed, acked, leaveId: id } = subscription;
    this.log('events', { leaves: 1 }, () => [{ feed, acked }, `${this.client} leaves ${feed} at ${acked}`]);
    if (!subscription.isBegun)
      this.#sayError(
        new BlockfeedError('not-subscribed', `feed ${feed} was left before it had begun`, {
          hint: 'Subscribe again to have it.',
        }),
        { ...nobody, id: subscription.id, about: feed },
      );
    // After bye the error is all there is to say: the client never heard of that subscription under its name.
    if (subscription.isBegun || id !== undefined)
      this.say({ type: 'unsubscribed', ...(id === undefined ? {} : { id }), feed, acked });
    this.#closeIfLeft();
    this.#closeIfDrained();
  }

  failed(subscription: ServerSubscription, cause: unknown): void {
    if (this.#subscriptions.get(subscription.feed) !== subscription) return;
    this.#forget(subscription);
    const { feed, leaveId: id } = subscription;
    // Where the client was leaving it this is the answer to that request.
    this.#feedFailed(feed, { ...nobody, id, feed: id === undefined ? feed : undefined, about: feed }, cause);
    this.#closeIfLeft();
    this.#closeIfDrained();
  }

  // What the client says.

  text(text: string): void {
    let message: ClientMessage;
    try {
      message = parseClientMessage(text);
    } catch (cause) {
      return this.#phase === 'greeting'
        ? this.#fail(
            new BlockfeedError('hello-expected', 'the first message must be hello', { hint: 'Say hello.', cause }),
            4400,
          )
        : this.#refuse(cause, { ...nobody, id: requestIdOf(text) });
    }
    const answer = phases[this.#phase][message.type];
    if (answer === 'ignore') return;
    if (answer !== 'take') {
      const error = new BlockfeedError(answer.refuse, answer.why, {
        hint: 'See PROTOCOL.md for what may be said when.',
      });
      return this.#phase === 'greeting' ? this.#fail(error, 4400) : this.#refuse(error, subjectOf(message));
    }
    try {
      this.#take(message);
    } catch (cause) {
      this.#refuse(cause, subjectOf(message));
    }
  }

  #take(message: ClientMessage): void {
    switch (message.type) {
      case 'hello':
        return this.#hello(message.client, message.instance);
      case 'subscribe':
        return this.#lookUp(message);
      case 'ack':
        return this.#ack(message);
      case 'unsubscribe':
        return this.#unsubscribe(message);
      case 'bye':
        return this.#bye();
    }
  }

  #hello(client: string, instance: string): void {
    this.#phase = 'open';
    this.#who = { ...this.#who, client, instance };
    this.context.logs.events.add({ came: 1 }, () => [this.#who, `${client} came`]);
    this.say({
      type: 'welcome',
      server: this.context.name,
      session: this.#id,
      heartbeat: this.context.limits.heartbeatMs * 1_000,
      subscriptions: this.context.limits.subscriptions,
      features: [],
    });
  }

  /**
   * Checking a specification may take milliseconds, and many may come in one piece. So those that are not known yet have
   * turns of their own, among those who are late.
   */
  #lookUp(message: Subscribe): void {
    const { feeds, turns, limits } = this.context;
    const count = this.#subscriptions.size + this.#lookUps;
    if (count >= limits.subscriptions)
      throw new BlockfeedError('subscription-limit', `the connection has ${count} subscriptions`, {
        hint: 'Open another connection.',
        about: message.feed,
      });
    if (feeds.isKnown(message.feed)) return this.#subscribe(message);
    this.#lookUps++;
    turns
      .late(() => {
        this.#lookUps--;
        // Where the server stops or the connection is over nothing is said of it. After bye the close is the answer.
        if (this.#phase === 'open') this.#subscribe(message);
      })
      .catch((cause: unknown) => this.#refuse(cause, subjectOf(message)));
  }

  #subscribe(message: Subscribe): void {
    const subscription = new ServerSubscription(this, message);
    const { feed } = subscription;
    if (this.#subscriptions.has(feed))
      throw new BlockfeedError('already-subscribed', `feed ${feed} is subscribed on this connection`, {
        hint: 'Unsubscribe first, or open another connection.',
        about: message.feed,
      });
    for (const other of this.#subscriptions.values())
      if (subscription.isAlone || other.isAlone)
        throw new BlockfeedError('not-alone', 'a subscription in message delivery has its connection to itself', {
          hint: 'Open another connection for it.',
          about: message.feed,
        });
    this.#subscriptions.set(feed, subscription);
    subscription.begin().catch((cause: unknown) => {
      // The client may have left it, or the connection may have ended, while its place was looked up.
      // A server that stops has stopped it: that is no failure of the feed.
      if (this.#subscriptions.get(feed) !== subscription || this.#phase === 'draining') return;
      this.#forget(subscription);
      const subject = { ...subjectOf(message), about: message.feed };
      if (isRefusal(cause)) this.#refuse(cause, subject);
      else this.#feedFailed(subscription.feed, subject, cause);
    });
  }

  #ack({ feed, epoch, to, blocks = [] }: Extract<ClientMessage, { type: 'ack' }>): void {
    const subscription = this.#subscriptions.get(feed);
    if (subscription?.epoch !== epoch || this.#within(subscription, () => subscription.ack(to, blocks)) === false)
      return this.log('acks', { ignored: 1 }, () => [
        { feed, epoch, to },
        `ack of ${feed} ${to} ignored: it is not subscribed here`,
      ]);
    this.#closeIfDrained();
  }

  #unsubscribe({ id, feed, flush }: Extract<ClientMessage, { type: 'unsubscribe' }>): void {
    const subscription = this.#subscriptions.get(feed);
    if (subscription === undefined)
      throw new BlockfeedError('not-subscribed', `feed ${feed} is not subscribed on this connection`, {
        hint: 'Use the name that `subscribed` gave.',
        about: feed,
      });
    subscription.leaveId = id;
    if (flush) this.#within(subscription, () => subscription.leave(id));
    else this.ended(subscription);
  }

  #bye(): void {
    this.#phase = 'leaving';
    for (const subscription of [...this.#subscriptions.values()]) subscription.leave(undefined);
    this.#closeIfLeft();
  }

  // Endings.

  #forget(subscription: ServerSubscription): void {
    this.#subscriptions.delete(subscription.feed);
    this.#waiting.delete(subscription);
    subscription.release();
  }

  #closeIfLeft(): void {
    if (this.#phase === 'leaving' && this.#subscriptions.size === 0) this.#closeWith(1000, 'bye');
  }

  #closeIfDrained(): void {
    if (this.#phase !== 'draining' || this.#drainDone) return;
    for (const { unackedBlocks } of this.#subscriptions.values()) if (unackedBlocks > 0) return;
    this.#drainDone = true;
    this.#connection.close(1012, 'the server restarts');
  }

  #closeWith(code: number, reason: string): void {
    this.#phase = 'closed';
    this.#connection.close(code, reason);
  }

  // Errors.

  #refuse(cause: unknown, subject: Subject): void {
    if (this.#phase === 'closed') return;
    const error = isRefusal(cause) ? cause : this.#defect(cause);
    const { close } = errorCodes[error.code];
    if (close !== undefined) return this.#fail(error, close, subject);
    this.log('warnings', { refused: 1 }, () => [
      { code: error.code, about: error.about ?? subject.about },
      `refused: ${error.message}`,
    ]);
    this.#sayError(error, subject);
    if (subject.subscribes && ++this.#refusals <= 2 * this.context.limits.subscriptions) return;
    if (++this.#errors >= limits.errors.default)
      this.#fail(new BlockfeedError('too-many-errors', 'too many errors', { hint: 'Mend the client.' }), 4400);
  }

  #fail(error: BlockfeedError, code: number, subject: Subject = nobody): void {
    if (this.#phase === 'closed') return;
    this.log('warnings', { failed: 1 }, () => [{ code: error.code }, error.message]);
    this.#sayError(error, subject);
    this.#closeWith(code, error.message);
  }

  /** A failure within one subscription ends that subscription alone. */
  #within<Value>(subscription: ServerSubscription, act: () => Value): Value | undefined {
    try {
      return act();
    } catch (cause) {
      if (isRefusal(cause)) throw cause;
      this.failed(subscription, cause);
      return undefined;
    }
  }

  /** Says that a feed failed. The client may ask for it again, and it counts as no error of the client. */
  #feedFailed(feed: string, subject: Subject, cause: unknown): void {
    this.context.logs.errors.add({ unreadable: 1 }, () => [
      { ...this.#who, feed, err: cause },
      'a feed could not be read',
    ]);
    this.#sayError(
      new BlockfeedError('feed-failed', `feed ${feed} could not be read`, {
        hint: 'Subscribe again later; the log of the server says more.',
      }),
      subject,
    );
  }

  #defect(cause: unknown): BlockfeedError {
    this.context.logs.errors.add({ defects: 1 }, () => [{ ...this.#who, err: cause }, 'a defect of the server']);
    return new BlockfeedError('internal', 'the server failed to do this', {
      hint: 'Report it; its log says more.',
      cause,
    });
  }

  #sayError(error: BlockfeedError, { id, feed, about = error.about }: Subject): void {
    this.say({
      type: 'error',
      code: error.code,
      message: error.message,
      hint: error.hint,
      ...(id === undefined ? {} : { id }),
      ...(feed === undefined ? {} : { feed }),
      ...(about === undefined ? {} : { about }),
    });
  }

  #sayHeartbeat(): void {
    const tails: Record<string, number> = {};
    const ahead: Record<string, number> = {};
    for (const subscription of [...this.#subscriptions.values()])
      this.#within(subscription, () => {
        const { feed, tail, aheadMicros } = subscription;
        if (tail !== undefined) tails[feed] = tail;
        if (aheadMicros >= this.context.limits.clockStepMs * 1_000) ahead[feed] = aheadMicros;
      });
    this.say({ type: 'heartbeat', tails, ...(Object.keys(ahead).length === 0 ? {} : { ahead }) });
  }
}

function subjectOf(message: ClientMessage): Subject {
  switch (message.type) {
    case 'subscribe':
      return { ...nobody, id: message.id, subscribes: true };
    case 'unsubscribe':
      return { ...nobody, id: message.id };
    case 'ack':
      return { ...nobody, feed: message.feed };
    case 'hello':
    case 'bye':
      return nobody;
  }
}

/** True for an error of the client; false where the server or a feed failed. */
function isRefusal(cause: unknown): cause is BlockfeedError {
  return cause instanceof BlockfeedError && cause.code !== 'storage';
}
