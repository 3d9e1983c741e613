// A session: one connection that speaks blockfeed.v1. It takes what the client says by the table in phases.ts, keeps a
// cursor for each subscription, and forgets everything when it is over.
import { randomBytes } from 'node:crypto';
import type { Renditions } from '../feed/renditions/renditions.ts';
import { errorCodes } from '../protocol/codes.ts';
import type { Cut } from '../protocol/cut.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import { type ClientMessage, parseClientMessage, type ServerMessage } from '../protocol/messages.ts';
import { makePolicy } from '../protocol/policy.ts';
import { AckLog } from './ackLog.ts';
import type { Connection } from './connection.ts';
import { Cursor, type CursorHost } from './cursor.ts';
import type { Guest, House } from './house.ts';
import { type Phase, phases } from './phases.ts';
import { startOf } from './start.ts';
import { Window } from './window.ts';

type Subscribe = Extract<ClientMessage, { type: 'subscribe' }>;

interface Subscription {
  readonly feed: string;
  readonly epoch: string;
  readonly consumer: string | undefined;
  readonly alone: boolean;
  readonly renditions: Renditions;
  /** Undefined while the place is being looked up. */
  cursor: Cursor | undefined;
  window: Window | undefined;
  /** The client asked to leave: 5 s for its last ack. */
  leaveByMicros: number;
  /** Since when the window is full and nothing was acked. */
  fullSinceMicros: number;
  stalledSaid: boolean;
}

export class Session implements Guest, CursorHost {
  readonly #house: House;
  readonly #connection: Connection;
  readonly #id: string = randomBytes(6).toString('hex');
  readonly #over: () => void;
  readonly #subscriptions: Map<string, Subscription> = new Map();
  readonly #byCursor: Map<Cursor, Subscription> = new Map();
  /** Who found no room, in that order: so that no subscription starves another. */
  readonly #waiting: Set<Cursor> = new Set();
  #who: { session: string; peer: string; client?: string; instance?: string };
  #acks: AckLog;
  #phase: Phase = 'greeting';
  #errors = 0;
  readonly #cameMicros: number;
  #heartbeatMicros: number;
  #drainDone = false;

  /** `over` is called once, when nothing of the session is left. */
  constructor(house: House, connection: Connection, over: () => void) {
    this.#house = house;
    this.#connection = connection;
    this.#over = over;
    this.#who = { session: this.#id, peer: connection.peer };
    this.#acks = new AckLog(house.log, house.clock, this.#who);
    this.#cameMicros = house.clock.nowMicros();
    this.#heartbeatMicros = this.#cameMicros;
    connection.listen({
      text: (text) => this.#heard(text),
      binary: () => this.#closeWith(1003, 'a client sends text only'),
      room: () => {
        const waiting = [...this.#waiting];
        this.#waiting.clear();
        for (const cursor of waiting) cursor.wake();
      },
      fault: (fault) => {
        if (fault === 'silent')
          this.#fail(new BlockfeedError(fault, 'nothing was heard for 50 s', { hint: 'Answer pings.' }), 4408);
        else this.#fail(new BlockfeedError(fault, 'the answers are not read', { hint: 'Read what comes.' }), 1013);
      },
      closed: (code, reason) => this.#closed(code, reason),
    });
  }

  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  tick(nowMicros: number): void {
    this.#connection.tick(nowMicros);
    this.#acks.flush(false);
    if (this.#phase === 'greeting' && nowMicros - this.#cameMicros >= limits.helloMs.default * 1_000)
      this.#fail(new BlockfeedError('hello-late', 'no hello came', { hint: 'Say hello first, within 5 s.' }), 4408);
    for (const subscription of this.#subscriptions.values()) this.#tickSubscription(subscription, nowMicros);
    if (this.#phase === 'open' && nowMicros - this.#heartbeatMicros >= limits.heartbeatMs.default * 1_000) {
      this.#heartbeatMicros = nowMicros;
      this.#say({ type: 'heartbeat', edges: this.#edges() });
    }
  }

  drain(reason: string, retryAfterMicros: number): void {
    if (this.#phase === 'closed') return;
    this.#say({ type: 'closing', reason, retryAfter: Math.round(retryAfterMicros) });
    this.#phase = 'draining';
    for (const { cursor } of this.#subscriptions.values()) cursor?.stop();
    this.#closeIfDrained();
  }

  cutOff(): void {
    this.#closeWith(1012, 'the server restarts');
    this.#connection.destroy();
  }

  // What cursors ask.

  room(cursor: Cursor, frameBytes: number): number {
    const room = this.#connection.room(frameBytes);
    if (room <= 0) this.#waiting.add(cursor);
    return room;
  }

  send(bytes: Buffer): void {
    this.#connection.send(bytes);
  }

  gap(cursor: Cursor, from: number, to: number): void {
    const reason = 'the feed has forgotten them';
    this.#house.log.warn({ ...this.#who, feed: cursor.feed.name, from, to }, `gap ${cursor.feed.name} [${from},${to})`);
    this.#say({ type: 'gap', feed: cursor.feed.name, from, to, reason });
  }

  cut(cursor: Cursor, to: number, cut: Cut): void {
    this.#say({ type: 'cut', feed: cursor.feed.name, to, cut });
  }

  finished(cursor: Cursor): void {
    const subscription = this.#byCursor.get(cursor);
    if (subscription !== undefined) this.#endIfAcked(subscription);
  }

  failed(cursor: Cursor, cause: unknown): void {
    this.#house.log.error({ ...this.#who, feed: cursor.feed.name, err: cause }, 'a feed could not be read');
    this.#fail(
      new BlockfeedError('internal', `feed ${cursor.feed.name} could not be read`, { hint: 'Try again later.' }),
      1011,
    );
  }

  // What the client says.

  #heard(text: string): void {
    let message: ClientMessage;
    try {
      message = parseClientMessage(text);
    } catch (cause) {
      return this.#phase === 'greeting'
        ? this.#fail(
            new BlockfeedError('hello-expected', 'the first message must be hello', { hint: 'Say hello.', cause }),
            4400,
          )
        : this.#refuse(cause);
    }
    const answer = phases[this.#phase][message.type];
    if (answer === 'ignore') return;
    if (answer !== 'take') {
      const error = new BlockfeedError(answer.refuse, answer.why, {
        hint: 'See PROTOCOL.md for what may be said when.',
      });
      return this.#phase === 'greeting' ? this.#fail(error, 4400) : this.#refuse(error);
    }
    try {
      this.#take(message);
    } catch (cause) {
      this.#refuse(cause);
    }
  }

  #take(message: ClientMessage): void {
    switch (message.type) {
      case 'hello':
        return this.#hello(message.client, message.instance);
      case 'subscribe':
        return this.#subscribe(message);
      case 'ack':
        return this.#ack(message);
      case 'unsubscribe':
        return this.#unsubscribe(message.feed, message.flush);
      case 'bye':
        return this.#bye();
    }
  }

  #hello(client: string, instance: string): void {
    this.#phase = 'open';
    this.#who = { ...this.#who, client, instance };
    this.#acks = new AckLog(this.#house.log, this.#house.clock, this.#who);
    this.#house.log.info(this.#who, `${client} came`);
    this.#say({
      type: 'welcome',
      server: this.#house.name,
      session: this.#id,
      heartbeat: limits.heartbeatMs.default * 1_000,
      subscriptions: limits.subscriptions.default,
    });
  }

  #subscribe(message: Subscribe): void {
    const alone = message.delivery === 'message';
    if (this.#subscriptions.size >= limits.subscriptions.default)
      throw new BlockfeedError('subscription-limit', `the connection has ${this.#subscriptions.size} subscriptions`, {
        hint: 'Open another connection.',
        about: message.feed,
      });
    if (message.from === 'committed' && message.consumer === undefined)
      throw badField(message, 'from', 'committed needs a consumer');
    const policy = makePolicy({
      size: message.size,
      waitMs: message.wait === undefined ? undefined : message.wait / 1_000,
      bytes: message.bytes,
    });
    const renditions = this.#house.feeds.find(message.feed);
    const { name, epoch } = renditions.feed;
    if (this.#subscriptions.has(name))
      throw new BlockfeedError('already-subscribed', `feed ${name} is subscribed on this connection`, {
        hint: 'Unsubscribe first, or open another connection.',
        about: message.feed,
      });
    for (const other of this.#subscriptions.values())
      if (alone || other.alone)
        throw new BlockfeedError('not-alone', 'a subscription in message delivery has its connection to itself', {
          hint: 'Open another connection for it.',
          about: message.feed,
        });
    const subscription: Subscription = {
      feed: name,
      epoch,
      consumer: message.consumer,
      alone,
      renditions,
      cursor: undefined,
      window: undefined,
      leaveByMicros: Number.POSITIVE_INFINITY,
      fullSinceMicros: Number.POSITIVE_INFINITY,
      stalledSaid: false,
    };
    this.#subscriptions.set(name, subscription);
    const committed =
      message.consumer === undefined ? undefined : this.#house.commits.get(message.consumer, name, epoch);
    startOf(renditions.feed, policy, {
      from: message.from,
      epoch: message.epoch,
      check: message.check,
      committed,
    }).then(
      (start) => this.#subscribed(message, subscription, policy, start),
      (cause: unknown) => {
        if (this.#subscriptions.get(name) !== subscription) return;
        this.#subscriptions.delete(name);
        this.#refuse(cause, message.feed);
      },
    );
  }

  #subscribed(
    message: Subscribe,
    subscription: Subscription,
    policy: ReturnType<typeof makePolicy>,
    { from, checked }: { from: number; checked: boolean },
  ): void {
    // It was left, or the connection is over, while the place was looked up.
    if (this.#subscriptions.get(subscription.feed) !== subscription || this.#phase !== 'open') return;
    const { feed } = subscription.renditions;
    const delivery = message.delivery ?? 'block';
    const window = new Window(message.window ?? limits.window.default, from);
    const until = message.until ?? Number.POSITIVE_INFINITY;
    this.#say({
      type: 'subscribed',
      asked: message.feed,
      feed: feed.name,
      epoch: feed.epoch,
      from,
      ...(feed.paced ? { edge: feed.edge() } : {}),
      ...(feed.specification === undefined ? {} : { spec: feed.specification }),
      checked,
    });
    const { size, waitMs, bytes } = policy;
    this.#house.log.info(
      {
        ...this.#who,
        feed: feed.name,
        from,
        size,
        waitMs,
        bytes,
        delivery,
        window: window.size,
        consumer: message.consumer,
        until: message.until,
      },
      `${this.#who.client} takes ${feed.name} from ${from}`,
    );
    subscription.window = window;
    subscription.cursor = new Cursor(this, {
      renditions: subscription.renditions,
      policy,
      form: delivery,
      from,
      until,
      window,
      turns: this.#house.turns,
    });
    this.#byCursor.set(subscription.cursor, subscription);
    subscription.cursor.wake();
  }

  #ack({ feed, epoch, to, blocks }: Extract<ClientMessage, { type: 'ack' }>): void {
    const subscription = this.#subscriptions.get(feed);
    const { cursor, window } = subscription ?? {};
    if (subscription === undefined || cursor === undefined || window === undefined || subscription.epoch !== epoch) {
      this.#house.log.info(
        { ...this.#who, feed, epoch, to },
        `ack of ${feed} ${to} ignored: it is not subscribed here`,
      );
      return;
    }
    if (to > cursor.next)
      throw new BlockfeedError('bad-ack', `ack of ${feed} up to ${to}, but only ${cursor.next} was sent`, {
        hint: 'Ack what was received and stored, nothing more.',
        about: feed,
      });
    // What was received on an earlier connection may be acked on this one: that commits, though it frees nothing here.
    if (subscription.consumer !== undefined) this.#house.commits.set(subscription.consumer, feed, epoch, to);
    if (to <= window.acked) return;
    const from = window.acked;
    const freed = window.ack(to);
    subscription.fullSinceMicros = Number.POSITIVE_INFINITY;
    subscription.stalledSaid = false;
    let tookMicros: number | undefined;
    for (const [end, took] of blocks ?? []) if (end > from && end <= to) tookMicros = (tookMicros ?? 0) + took;
    this.#acks.ack({ feed, from, to, blocks: freed.blocks, spanMicros: freed.spanMicros, tookMicros });
    cursor.wake();
    this.#endIfAcked(subscription);
    this.#closeIfDrained();
  }

  #unsubscribe(feed: string, flush: boolean): void {
    const subscription = this.#subscriptions.get(feed);
    if (subscription === undefined)
      throw new BlockfeedError('not-subscribed', `feed ${feed} is not subscribed on this connection`, {
        hint: 'Use the name that `subscribed` gave.',
        about: feed,
      });
    if (!flush || subscription.cursor === undefined) return this.#end(subscription);
    subscription.leaveByMicros = this.#house.clock.nowMicros() + limits.leaveMs.default * 1_000;
    subscription.cursor.leave();
    this.#endIfAcked(subscription);
  }

  #bye(): void {
    this.#phase = 'leaving';
    for (const subscription of [...this.#subscriptions.values()]) this.#unsubscribe(subscription.feed, true);
    this.#closeIfLeft();
  }

  // Endings.

  #endIfAcked(subscription: Subscription): void {
    const { cursor, window, leaveByMicros } = subscription;
    if (cursor === undefined || window === undefined || window.unacked > 0) return;
    // `gone`: the server stops. Of what the client does not leave itself nothing is said.
    const isLeft = cursor.phase === 'gone' && leaveByMicros !== Number.POSITIVE_INFINITY;
    if (cursor.phase === 'ended' || isLeft) this.#end(subscription);
  }

  /** The subscription is over: nothing of it is kept. */
  #end(subscription: Subscription): void {
    this.#forget(subscription);
    const acked = subscription.window?.acked ?? 0;
    this.#house.log.info(
      { ...this.#who, feed: subscription.feed, acked },
      `${this.#who.client} leaves ${subscription.feed} at ${acked}`,
    );
    this.#say({ type: 'unsubscribed', feed: subscription.feed, acked });
    this.#closeIfLeft();
    this.#closeIfDrained();
  }

  #forget(subscription: Subscription): void {
    this.#subscriptions.delete(subscription.feed);
    if (subscription.cursor === undefined) return;
    this.#byCursor.delete(subscription.cursor);
    this.#waiting.delete(subscription.cursor);
    subscription.cursor.stop();
  }

  #closeIfLeft(): void {
    if (this.#phase === 'leaving' && this.#subscriptions.size === 0) this.#closeWith(1000, 'bye');
  }

  #closeIfDrained(): void {
    if (this.#phase !== 'draining' || this.#drainDone) return;
    for (const { window } of this.#subscriptions.values()) if (window !== undefined && window.unacked > 0) return;
    this.#drainDone = true;
    this.#connection.close(1012, 'the server restarts');
  }

  #closeWith(code: number, reason: string): void {
    this.#phase = 'closed';
    this.#connection.close(code, reason);
  }

  #closed(code: number, reason: string): void {
    this.#phase = 'closed';
    for (const subscription of [...this.#subscriptions.values()]) this.#forget(subscription);
    this.#acks.flush(true);
    this.#house.log.info(
      { ...this.#who, code, reason },
      `${this.#who.client ?? this.#who.peer} left: ${code} ${reason}`.trimEnd(),
    );
    this.#over();
  }

  // Errors.

  #refuse(cause: unknown, about?: string): void {
    if (this.#phase === 'closed') return;
    const error = cause instanceof BlockfeedError && cause.code !== 'storage' ? cause : this.#defect(cause);
    const { close } = errorCodes[error.code];
    if (close !== undefined) return this.#fail(error, close);
    this.#house.log.warn({ ...this.#who, code: error.code, about: error.about ?? about }, `refused: ${error.message}`);
    this.#sayError(error, about);
    if (++this.#errors >= limits.errors.default)
      this.#fail(new BlockfeedError('too-many-errors', 'too many errors', { hint: 'Mend the client.' }), 4400);
  }

  #fail(error: BlockfeedError, code: number): void {
    if (this.#phase === 'closed') return;
    this.#house.log.warn({ ...this.#who, code: error.code }, error.message);
    this.#sayError(error);
    this.#closeWith(code, error.message);
  }

  #defect(cause: unknown): BlockfeedError {
    this.#house.log.error({ ...this.#who, err: cause }, 'a defect of the server');
    return new BlockfeedError('internal', 'the server failed to do this', {
      hint: 'Report it; its log says more.',
      cause,
    });
  }

  #sayError(error: BlockfeedError, about?: string): void {
    const subject = about ?? error.about;
    this.#say({
      type: 'error',
      code: error.code,
      message: error.message,
      hint: error.hint,
      ...(subject === undefined ? {} : { about: subject }),
    });
  }

  // Small things.

  #say(message: ServerMessage): void {
    if (this.#phase !== 'closed') this.#connection.sendText(JSON.stringify(message));
  }

  #edges(): Record<string, number> {
    const edges: Record<string, number> = {};
    for (const { feed, renditions } of this.#subscriptions.values())
      if (renditions.feed.paced) edges[feed] = renditions.feed.edge();
    return edges;
  }

  #tickSubscription(subscription: Subscription, nowMicros: number): void {
    if (nowMicros >= subscription.leaveByMicros) return this.#end(subscription);
    const { window, cursor } = subscription;
    if (window === undefined || cursor?.phase !== 'sending' || !window.isFull) return;
    if (subscription.fullSinceMicros === Number.POSITIVE_INFINITY) subscription.fullSinceMicros = nowMicros;
    if (subscription.stalledSaid || nowMicros - subscription.fullSinceMicros < limits.stalledMs.default * 1_000) return;
    subscription.stalledSaid = true;
    const { feed } = subscription;
    this.#house.log.warn(
      { ...this.#who, feed, window: window.size, unacked: window.unacked },
      `${feed} stalled: no ack for 30 s`,
    );
    this.#say({ type: 'stalled', feed, window: window.size, unacked: window.unacked });
  }
}

function badField(message: ClientMessage, field: string, why: string): BlockfeedError {
  return new BlockfeedError('bad-message', `${message.type}: ${field} ${why}`, {
    hint: 'Send a control message as PROTOCOL.md states it; this one had no effect.',
    about: field,
  });
}
