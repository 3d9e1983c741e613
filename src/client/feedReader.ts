// The inner side of a subscription: what its connection hands it is held against its position, goes into the queue, and from
// there to whoever iterates. It outlives connections.
import type { Cut } from '../protocol/cut.ts';
import type { BlockfeedError } from '../protocol/errors.ts';
import type { FrameHeader } from '../protocol/frame.ts';
import { limits } from '../protocol/limits.ts';
import type { ClientMessage, Delivery, ServerMessage } from '../protocol/messages.ts';
import type { AckedPlaces } from './ackedPlaces.ts';
import { Acks } from './acks.ts';
import { Deferred } from './deferred.ts';
import type { Opened, SubscriptionEvent } from './events.ts';
import { closed } from './faults.ts';
import { FeedPosition, type Request } from './feedPosition.ts';
import type { Gap, Part } from './part.ts';
import { Queue, type Taken } from './queue.ts';
import { Slab, WaitingPart } from './waitingPart.ts';
import { warningOf } from './warnings.ts';

/** What a reader needs of the connection that carries it. */
export interface ReaderHost {
  /** So many bytes were queued, or, when negative, taken or dropped. */
  queued(bytes: number): void;
  /** There is an ack to say, in this turn. */
  ackSoon(reader: FeedReader): void;
  leave(reader: FeedReader): void;
  drop(reader: FeedReader): void;
  /** A callback of its user has thrown. */
  threw(reader: FeedReader, error: unknown): void;
}

/** Who hears of it beside the data. */
export interface ReaderListener {
  /** Undefined: nobody listens. */
  readonly onEvent: ((event: SubscriptionEvent) => void) | undefined;
  /** Says what has to be heard where nobody listens. */
  warn(text: string): void;
  readonly acked: AckedPlaces;
}

/** What the bookkeeping of an item costs, in bytes, about: a flood of tiny messages is bounded as well. */
const itemBytes = 128;

export class FeedReader {
  readonly requested: string;
  readonly delivery: Delivery;
  readonly acks: Acks;
  /** Whether it has asked the server to flush and end it. */
  leaving = false;
  over = false;
  /** How often it was asked again after a connection broke or a refusal that passes. */
  failures = 0;
  reconnects = 0;
  tail: number | undefined;
  /** Is called once, when it is over. */
  onOver: (() => void) | undefined;
  readonly #queue: Queue<WaitingPart | Gap>;
  readonly #slab = new Slab();
  readonly #position: FeedPosition;
  readonly #consumer: string | undefined;
  readonly #listener: ReaderListener;
  #host: ReaderHost | undefined;
  readonly #opened = new Deferred<Opened>();
  #isAhead = false;

  constructor(request: Request, listener: ReaderListener) {
    this.requested = request.feed;
    this.delivery = request.delivery ?? 'block';
    this.acks = new Acks(request.window ?? limits.window.default);
    this.#position = new FeedPosition(request);
    this.#consumer = request.consumer;
    this.#listener = listener;
    this.#queue = new Queue((bytes) => this.#host?.queued(-bytes));
    // The iterator throws the same error; who does not look at `opened` must not be told of it twice.
    this.#opened.promise.catch(() => undefined);
  }

  /** Ties it to the connection that carries it from now on, where what waits in its queue counts. */
  set host(host: ReaderHost) {
    const { bytes } = this.#queue;
    this.#host?.queued(-bytes);
    this.#host = host;
    host.queued(bytes);
  }

  get opened(): Promise<Opened> {
    return this.#opened.promise;
  }

  get identity(): { readonly feed: string; readonly epoch: string } | undefined {
    return this.#position.identity;
  }

  get next(): number | undefined {
    return this.#position.next;
  }

  get caughtUp(): boolean {
    return this.#position.caughtUp;
  }

  ask(): Request {
    return this.#position.ask();
  }

  subscribed(message: Extract<ServerMessage, { type: 'subscribed' }>): void {
    const again = this.identity !== undefined;
    this.#position.subscribed(message);
    if (again) this.reconnects++;
    // The last ack may have been lost with the connection, and without another block no other would follow.
    if (again && this.#consumer !== undefined) this.acks.repeat();
    const { feed, epoch, from, at, tail, spec: specification, checked, anchorEvery } = message;
    const opened: Opened = Object.freeze({ feed, epoch, from, at, tail, specification, checked, anchorEvery });
    this.tail = tail;
    this.#opened.resolve(opened);
    this.#tell({ type: 'opened', opened, again });
    const isElsewhere = at !== undefined && at !== 'committed';
    const acked = isElsewhere ? this.#listener.acked.get(this.#consumer ?? '', feed) : undefined;
    if (acked !== undefined) this.#tell({ type: 'commit-lost', acked: acked.to, epoch: acked.epoch, opened });
  }

  frame(header: FrameHeader, lines: Uint8Array, receivedMicros: number, beganMicros: number): void {
    this.#push(this.#position.frame(header, lines, receivedMicros, beganMicros));
  }

  line(line: Uint8Array, receivedMicros: number, beganMicros: number): void {
    this.#push(this.#position.line(line, receivedMicros, beganMicros));
  }

  cut(to: number, cut: Cut, receivedMicros: number): void {
    this.#push(this.#position.cut(to, cut, receivedMicros));
  }

  gap(from: number, to: number, reason: string, receivedMicros: number): void {
    for (const came of this.#position.gap(from, to, reason, receivedMicros)) {
      this.#push(came);
      if (came.kind === 'gap') this.#tell({ type: 'gap', gap: came });
    }
  }

  stalled({ window, windowBytes, unacked, unackedBytes }: Extract<ServerMessage, { type: 'stalled' }>): void {
    this.#tell({ type: 'stalled', window, windowBytes, unacked, unackedBytes });
  }

  /** With how far the feed is ahead of the server's clock. */
  tailAt(tail: number, aheadMicros: number): void {
    const wasAhead = this.#isAhead;
    this.#isAhead = aheadMicros > 0;
    if (wasAhead || this.#isAhead) this.#tell({ type: 'ahead', aheadMs: aheadMicros / 1_000 });
    this.tail = tail;
    this.#tell({ type: 'tail', tail, lag: this.lag ?? 0 });
  }

  /** How many messages exist that have not come; undefined where no tail is known. */
  get lag(): number | undefined {
    return this.tail === undefined ? undefined : Math.max(0, this.tail - (this.next ?? this.tail));
  }

  interrupted(reason: string): void {
    this.#tell({ type: 'interrupted', reason });
  }

  refused(error: BlockfeedError, waitMs: number): void {
    this.#tell({ type: 'refused', error, waitMs });
  }

  /** Nothing comes any more: the block that is open ends here, and then the iteration. */
  finish(nowMicros: number): void {
    if (this.over) return;
    this.#push(this.#position.end('end', nowMicros));
    this.#end();
    this.#queue.end();
  }

  /** What has come whole is still handed out, then the error is thrown. */
  fail(error: unknown): void {
    if (this.over) return;
    this.#end(error);
    this.#queue.end({ error });
  }

  /** Ends it and drops what has come. With an error the iterator throws it. */
  discard(thrown?: { readonly error: unknown }): void {
    if (!this.over) this.#end(thrown?.error);
    this.#queue.clear(thrown);
  }

  /** The next of what has come, the end once there is none, or undefined: nothing yet. */
  take(): Taken<Part | Gap> | undefined {
    const taken = this.#queue.take();
    if (taken === undefined || !('item' in taken)) return taken;
    const { item } = taken;
    return { item: item instanceof WaitingPart ? item.whole() : item };
  }

  /** Resolves when `take` may have something to give. */
  async filled(): Promise<void> {
    await this.#queue.filled();
  }

  ack(to: number): void {
    if (!this.over && this.acks.ack(to)) this.#host?.ackSoon(this);
  }

  leave(): void {
    if (!this.over && !this.leaving) this.#host?.leave(this);
  }

  drop(): void {
    if (!this.over) this.#host?.drop(this);
  }

  /** What there is to ack by now, to be said at once. */
  takeAcks(): ClientMessage[] {
    const { identity } = this;
    if (identity === undefined || !this.caughtUp) return [];
    const { feed, epoch } = identity;
    return this.acks.take().map(({ to, blocks }) => {
      if (this.#consumer !== undefined) this.#listener.acked.set(this.#consumer, feed, { epoch, to });
      return { type: 'ack', feed, epoch, to, ...(blocks.length === 0 ? {} : { blocks }) };
    });
  }

  #tell(event: SubscriptionEvent): void {
    if (this.over) return;
    const { onEvent } = this.#listener;
    const warning = onEvent === undefined ? warningOf(event, this.requested, this.acks.hasAcked) : undefined;
    if (warning !== undefined) this.#listener.warn(warning);
    try {
      onEvent?.(event);
    } catch (error) {
      this.#host?.threw(this, error);
    }
  }

  #end(error?: unknown): void {
    this.over = true;
    this.onOver?.();
    this.#opened.reject(error ?? closed('the subscription was left before the server answered'));
  }

  #push(came: Part | Gap | undefined): void {
    if (came === undefined || this.over) return;
    this.failures = 0;
    if (came.kind === 'gap') return this.#wait(came, itemBytes);
    const { last } = this.#queue;
    if (!(last instanceof WaitingPart && last.join(came, this.#slab)))
      return this.#wait(new WaitingPart(came), itemBytes + came.lines.length);
    this.#queue.enlarged(came.lines.length);
    this.#host?.queued(came.lines.length);
  }

  #wait(item: WaitingPart | Gap, bytes: number): void {
    this.#queue.push(item, bytes);
    this.#host?.queued(bytes);
  }
}
