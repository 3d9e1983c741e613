// One subscription of a session: its cursor, its window, what acks do to them, and how it ends. It speaks through its session,
// which knows who the client is and whether anything may be said at all.
import type { Page } from '../frames/page.ts';
import type { Renditions } from '../frames/renditions.ts';
import type { Cut } from '../protocol/cut.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import type { ClientMessage, ServerMessage } from '../protocol/messages.ts';
import { isCommitted } from '../protocol/place.ts';
import { makePolicy, type Policy } from '../protocol/policy.ts';
import { formatSeconds } from '../protocol/units.ts';
import type { ServerContext } from './context.ts';
import { Cursor, type CursorHost } from './cursor.ts';
import type { Sums } from './limitedLog.ts';
import { type Start, startOf } from './start.ts';
import { Window } from './window.ts';

export type Subscribe = Extract<ClientMessage, { type: 'subscribe' }>;

/** What a subscription needs of its session. */
export interface ServerSubscriptionHost {
  readonly context: ServerContext;
  /** The name that the client gave itself. */
  readonly client: string;
  /** As `room` of CursorHost; the session wakes the subscription. */
  room(subscription: ServerSubscription): number;
  send(bytes: Buffer, page?: Page): void;
  say(message: ServerMessage): void;
  /** Logs with the client's name and address, within the bounds of that sort. */
  log(
    sort: 'acks' | 'events' | 'warnings',
    sums: Sums,
    format: () => readonly [fields: object, sentence: string],
  ): void;
  /** It is over: everything was sent and acked, or the time for that is over. */
  ended(subscription: ServerSubscription): void;
  /** It is over, because its feed could not be read. */
  failed(subscription: ServerSubscription, cause: unknown): void;
}

export class ServerSubscription implements CursorHost {
  readonly feed: string;
  readonly epoch: string;
  /** True in message delivery: the connection carries no other subscription. */
  readonly isAlone: boolean;
  /** Of the request that it answers. */
  readonly id: number;
  /** Of the request to leave it that came last. */
  leaveId: number | undefined;
  readonly #host: ServerSubscriptionHost;
  readonly #request: Subscribe;
  readonly #policy: Policy;
  readonly #renditions: Renditions;
  /** Undefined while its place is being looked up. */
  #running: { readonly cursor: Cursor; readonly window: Window } | undefined;
  /** Ends the search for its place, while that runs. */
  #looking: AbortController | undefined;
  #isStopped = false;
  /** When a client that leaves has had its time for the last ack. */
  #leaveByMs: number = Number.POSITIVE_INFINITY;
  /** Since when the window has been full without an ack. */
  #fullSinceMs: number = Number.POSITIVE_INFINITY;
  #isStalledSaid = false;

  /** Throws `bad-message` where fields do not go together, and as `feeds.find` does. */
  constructor(host: ServerSubscriptionHost, request: Subscribe) {
    if (isCommitted(request.from) && request.consumer === undefined)
      throw new BlockfeedError('bad-message', 'subscribe: from committed needs a consumer', {
        hint: 'State the consumer, or begin elsewhere; this message had no effect.',
        about: 'from',
      });
    if (request.check !== undefined && request.epoch === undefined)
      throw new BlockfeedError('bad-message', 'subscribe: check needs the epoch of the line that it is of', {
        hint: 'State the epoch, or leave out the check; this message had no effect.',
        about: 'check',
      });
    const { size, wait, bytes } = request;
    this.#host = host;
    this.#request = request;
    this.#policy = makePolicy({ size, waitMs: wait === undefined ? undefined : wait / 1_000, bytes });
    this.#renditions = host.context.feeds.find(request.feed);
    this.feed = this.#renditions.feed.name;
    this.epoch = this.#renditions.feed.epoch;
    this.isAlone = request.delivery === 'message';
    this.id = request.id;
  }

  /** Everything before it is durable with the client. */
  get acked(): number {
    return this.#running?.window.acked ?? 0;
  }

  /** Whether the client was told where it begins. */
  get isBegun(): boolean {
    return this.#running !== undefined;
  }

  get unackedBlocks(): number {
    return this.#running?.window.unacked ?? 0;
  }

  /** The feed's tail, or undefined where every message exists already. */
  get tail(): number | undefined {
    const { feed } = this.#renditions;
    return feed.paced ? feed.tail() : undefined;
  }

  /** How far the feed's times are ahead of the clock, in microseconds. After a clock was set back nothing comes for so long. */
  get aheadMicros(): number {
    const { feed } = this.#renditions;
    return feed.paced ? feed.watermarkMicros() - this.#host.context.clock.nowMicros() : 0;
  }

  /** Looks up its place, says it, and sends. Rejects as `startOf` does. Does nothing once it is stopped. */
  async begin(): Promise<void> {
    this.#renditions.hold();
    try {
      await this.#begin();
    } finally {
      this.#renditions.release();
    }
  }

  async #begin(): Promise<void> {
    const { from: place, epoch, check, consumer } = this.#request;
    const { feed } = this.#renditions;
    const committed =
      consumer === undefined ? undefined : this.#host.context.commits.get(consumer, feed.name, feed.epoch);
    this.#looking = new AbortController();
    const start = await startOf(feed, this.#policy, {
      from: place,
      epoch,
      check,
      committed,
      turns: this.#host.context.turns,
      signal: this.#looking.signal,
    });
    if (this.#isStopped) return;
    this.#looking = undefined;
    const { from } = start;
    const { delivery = 'block', window: blocks = limits.window.default, until } = this.#request;
    const { windowBytes = limits.windowBytes.default } = this.#request;
    const window = new Window({ blocks, bytes: windowBytes }, from, this.#host.context.windows);
    this.#sayBegin(start, delivery, window);
    const cursor = new Cursor(this, {
      renditions: this.#renditions,
      policy: this.#policy,
      framing: delivery,
      from,
      until: until ?? Number.POSITIVE_INFINITY,
      window,
      turns: this.#host.context.turns,
      turnBytes: this.#host.context.limits.unsentBytes,
    });
    this.#running = { cursor, window };
    cursor.wake();
  }

  /** Returns false before it has begun, when nothing can be acked. Throws `bad-ack`. */
  ack(to: number, blocks: readonly (readonly [to: number, took: number])[]): boolean {
    if (this.#running === undefined) return false;
    const { cursor, window } = this.#running;
    if (to > cursor.next)
      throw new BlockfeedError('bad-ack', `ack of ${this.feed} up to ${to}, but only ${cursor.next} was sent`, {
        hint: 'Ack what was received and stored, nothing more.',
        about: this.feed,
      });
    // A client may ack on this connection what it received on an earlier one. That commits, but frees no place here.
    const { consumer } = this.#request;
    if (consumer !== undefined) this.#host.context.commits.set(consumer, this.feed, this.epoch, to);
    if (to <= window.acked) return true;
    const from = window.acked;
    const freed = window.ack(to);
    this.#fullSinceMs = Number.POSITIVE_INFINITY;
    this.#isStalledSaid = false;
    let tookMicros: number | undefined;
    for (const [end, took] of blocks) if (end > from && end <= to) tookMicros = (tookMicros ?? 0) + took;
    const messages = to - from;
    this.#host.log('acks', { blocks: freed.blocks, messages }, () => {
      const { feed } = this;
      const { spanMicros } = freed;
      const count = messages === 1 ? '1 message' : `${messages} messages`;
      return [
        { feed, from, to, blocks: freed.blocks, messages, spanMicros, tookMicros },
        `ack ${feed} [${from},${to}) ${count} span ${seconds(spanMicros)} took ${seconds(tookMicros)}`,
      ];
    });
    cursor.wake();
    this.#endIfAcked();
    return true;
  }

  /** Leaves gracefully: the block that is filling ends here, and its ack is awaited. `id`: of the request, where it is one. */
  leave(id: number | undefined): void {
    this.leaveId = id ?? this.leaveId;
    if (this.#running === undefined) return this.#host.ended(this);
    this.#leaveByMs = this.#host.context.ticks.nowMs() + this.#host.context.limits.leaveMs;
    this.#running.cursor.leave();
    this.#endIfAcked();
  }

  /** There may be room again. */
  wake(): void {
    this.#running?.cursor.wake();
  }

  /** Sends nothing more. Its window is kept, so that acks are still taken. */
  stop(): void {
    this.#isStopped = true;
    this.#looking?.abort();
    this.#running?.cursor.stop();
  }

  /** Nothing of it is left, its window neither. */
  release(): void {
    this.stop();
    this.#running?.window.release();
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#leaveByMs) return this.#host.ended(this);
    if (this.#running?.cursor.phase !== 'sending' || !this.#running.window.isFull) return;
    if (this.#fullSinceMs === Number.POSITIVE_INFINITY) this.#fullSinceMs = nowMs;
    if (this.#isStalledSaid || nowMs - this.#fullSinceMs < this.#host.context.limits.stalledMs) return;
    this.#isStalledSaid = true;
    const { size, unacked, unackedBytes } = this.#running.window;
    const facts = { feed: this.feed, window: size.blocks, windowBytes: size.bytes, unacked, unackedBytes };
    this.#host.log('warnings', { stalled: 1 }, () => [facts, `${this.feed} stalled: no ack for 30 s`]);
    this.#host.say({ type: 'stalled', ...facts });
  }

  // Called by its cursor.

  room(): number {
    return this.#host.room(this);
  }

  send(bytes: Buffer, page?: Page): void {
    this.#host.send(bytes, page);
  }

  gap(_cursor: Cursor, from: number, to: number): void {
    this.#host.log('warnings', { gaps: 1 }, () => [{ feed: this.feed, from, to }, `gap ${this.feed} [${from},${to})`]);
    this.#host.say({ type: 'gap', feed: this.feed, from, to, reason: 'the feed has forgotten them' });
  }

  cut(_cursor: Cursor, to: number, cut: Cut): void {
    this.#host.say({ type: 'cut', feed: this.feed, to, cut });
  }

  finished(): void {
    this.#endIfAcked();
  }

  failed(_cursor: Cursor, cause: unknown): void {
    this.#host.failed(this, cause);
  }

  #endIfAcked(): void {
    if (this.#running === undefined || this.#running.window.unacked > 0) return;
    const { phase } = this.#running.cursor;
    // The phase is `gone` when the server stops. The client hears `unsubscribed` only of what it has left itself.
    const isLeft = phase === 'gone' && this.#leaveByMs !== Number.POSITIVE_INFINITY;
    if (phase === 'ended' || isLeft) this.#host.ended(this);
  }

  #sayBegin({ from, checked, at }: Start, delivery: string, { size }: Window): void {
    const { id, consumer, until } = this.#request;
    const { name, epoch, specification, anchorEvery } = this.#renditions.feed;
    const tail = this.tail;
    this.#host.say({
      type: 'subscribed',
      id,
      feed: name,
      epoch,
      from,
      ...(at === undefined ? {} : { at }),
      ...(tail === undefined ? {} : { tail }),
      ...(specification === undefined ? {} : { spec: specification }),
      checked,
      anchorEvery,
    });
    this.#host.log('events', { took: 1 }, () => {
      const { blocks: window, bytes: windowBytes } = size;
      const instead = at === undefined || at === 'committed' ? '' : `, ${at}: no commit of ${consumer} is known`;
      return [
        { feed: name, from, ...this.#policy, delivery, window, windowBytes, consumer, at, until },
        `${this.#host.client} takes ${name} from ${from}${instead}`,
      ];
    });
  }
}

/** The server does not know the times of a block that was sent on an earlier connection. */
function seconds(micros: number | undefined): string {
  return micros === undefined ? 'unknown' : formatSeconds(micros);
}
