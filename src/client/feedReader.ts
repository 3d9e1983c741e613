// The inner side of a subscription: what its connection hands it goes through the cursor into the queue, and from there
// to whoever iterates. It outlives connections.
import type { Cut } from '../protocol/cut.ts';
import type { BlockfeedError } from '../protocol/errors.ts';
import type { FrameHeader } from '../protocol/frame.ts';
import type { ClientMessage, Delivery, ServerMessage } from '../protocol/messages.ts';
import { Acks } from './acks.ts';
import { Deferred } from './deferred.ts';
import type { Opened, SubscriptionEvent } from './events.ts';
import { closed } from './faults.ts';
import { FeedPosition, type Request } from './feedPosition.ts';
import type { Gap, Part } from './part.ts';
import { Queue, type Taken } from './queue.ts';
import { Slab, WaitingPart } from './waitingPart.ts';

/** What a reader needs of the connection that carries it. */
export interface ReaderHost {
  /** So many bytes were queued, or, when negative, taken or dropped. */
  queued(bytes: number): void;
  /** There is an ack to say, in this turn. */
  ackSoon(reader: FeedReader): void;
  leave(reader: FeedReader): void;
  drop(reader: FeedReader): void;
}

/** What the bookkeeping of an item costs, in bytes, about: a flood of tiny messages is bounded as well. */
const itemBytes = 128;

export class FeedReader {
  readonly requested: string;
  readonly delivery: Delivery;
  readonly acks: Acks = new Acks();
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
  readonly #cursor: FeedPosition;
  readonly #keepsCommit: boolean;
  readonly #onEvent: (event: SubscriptionEvent) => void;
  #host: ReaderHost | undefined;
  readonly #opened = new Deferred<Opened>();
  #isAhead = false;

  constructor(request: Request, onEvent: (event: SubscriptionEvent) => void) {
    this.requested = request.feed;
    this.delivery = request.delivery ?? 'block';
    this.#cursor = new FeedPosition(request);
    this.#keepsCommit = request.consumer !== undefined;
    this.#onEvent = onEvent;
    this.#queue = new Queue((bytes) => this.#host?.queued(-bytes));
    // The iterator throws the same error; who does not look at `opened` must not be told of it twice.
    this.#opened.promise.catch(() => undefined);
  }

  /** Ties it to the connection that carries it, for its whole life. */
  set host(host: ReaderHost) {
    this.#host = host;
  }

  get opened(): Promise<Opened> {
    return this.#opened.promise;
  }

  get identity(): { readonly feed: string; readonly epoch: string } | undefined {
    return this.#cursor.identity;
  }

  get next(): number | undefined {
    return this.#cursor.next;
  }

  get caughtUp(): boolean {
    return this.#cursor.caughtUp;
  }

  ask(): Request {
    return this.#cursor.ask();
  }

  subscribed(message: Extract<ServerMessage, { type: 'subscribed' }>): void {
    const again = this.identity !== undefined;
    this.#cursor.subscribed(message);
    if (again) this.reconnects++;
    // The last ack may have been lost with the connection, and without another block no other would follow.
    if (again && this.#keepsCommit) this.acks.repeat();
    const { feed, epoch, from, tail, spec: specification, checked, anchorEvery } = message;
    const opened: Opened = Object.freeze({ feed, epoch, from, tail, specification, checked, anchorEvery });
    this.tail = tail;
    this.#opened.resolve(opened);
    this.#onEvent({ type: 'opened', opened, again });
  }

  frame(header: FrameHeader, lines: Uint8Array, receivedMicros: number, beganMicros: number): void {
    this.#push(this.#cursor.frame(header, lines, receivedMicros, beganMicros));
  }

  line(line: Uint8Array, receivedMicros: number, beganMicros: number): void {
    this.#push(this.#cursor.line(line, receivedMicros, beganMicros));
  }

  cut(to: number, cut: Cut, receivedMicros: number): void {
    this.#push(this.#cursor.cut(to, cut, receivedMicros));
  }

  gap(from: number, to: number, reason: string, receivedMicros: number): void {
    for (const came of this.#cursor.gap(from, to, reason, receivedMicros)) {
      this.#push(came);
      if (came.kind === 'gap') this.#onEvent({ type: 'gap', gap: came });
    }
  }

  stalled(window: number, unacked: number): void {
    this.#onEvent({ type: 'stalled', window, unacked });
  }

  /** With how far the feed is ahead of the server's clock. */
  tailAt(tail: number, aheadMicros: number): void {
    const wasAhead = this.#isAhead;
    this.#isAhead = aheadMicros > 0;
    if (wasAhead || this.#isAhead) this.#onEvent({ type: 'ahead', aheadMs: aheadMicros / 1_000 });
    this.tail = tail;
    this.#onEvent({ type: 'tail', tail, lag: this.lag ?? 0 });
  }

  /** How many messages exist that have not come; undefined where no tail is known. */
  get lag(): number | undefined {
    return this.tail === undefined ? undefined : Math.max(0, this.tail - (this.next ?? this.tail));
  }

  interrupted(reason: string): void {
    this.#onEvent({ type: 'interrupted', reason });
  }

  refused(error: BlockfeedError, waitMs: number): void {
    this.#onEvent({ type: 'refused', error, waitMs });
  }

  /** Nothing comes any more: the block that is open ends here, and then the iteration. */
  finish(nowMicros: number): void {
    if (this.over) return;
    this.#push(this.#cursor.end('end', nowMicros));
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

  takeAck(): ClientMessage | undefined {
    const { identity } = this;
    const ack = identity === undefined || !this.caughtUp ? undefined : this.acks.take();
    if (identity === undefined || ack === undefined) return undefined;
    const { feed, epoch } = identity;
    return { type: 'ack', feed, epoch, to: ack.to, ...(ack.blocks.length === 0 ? {} : { blocks: ack.blocks }) };
  }

  #end(error?: unknown): void {
    this.over = true;
    this.onOver?.();
    this.#opened.reject(error ?? closed('the subscription was left before the server answered'));
  }

  #push(came: Part | Gap | undefined): void {
    if (came === undefined) return;
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
