// One reader of one feed: a place, and the rule what may be sent from there. No outbox: what it may not send now stays in
// the feed. The same cursor serves sessions, which have a window, and plain WebSocket clients, which have none.
import { assert } from '../base/assert.ts';
import type { Feed } from '../feed/feed.ts';
import { type Form, isByMessage, makeUnit } from '../feed/renditions/form.ts';
import type { Page } from '../feed/renditions/page.ts';
import type { Reader, Rendition } from '../feed/renditions/rendition.ts';
import type { Renditions } from '../feed/renditions/renditions.ts';
import type { Task, Turns } from '../feed/turns.ts';
import type { Cut } from '../protocol/cut.ts';
import { limits } from '../protocol/limits.ts';
import { readLineHead } from '../protocol/message.ts';
import type { Policy } from '../protocol/policy.ts';
import type { Window } from './window.ts';

/** What a cursor asks of the connection it sends on. */
export interface CursorHost {
  /** How many bytes the socket may be given now; 0: it must drain first, and then `wake` is called. */
  room(cursor: Cursor): number;
  send(bytes: Buffer): void;
  /** Says that these messages cannot be read any more; it also ends the block that was open. */
  gap(cursor: Cursor, from: number, to: number): void;
  /** Message delivery: ends the block that is open. */
  cut(cursor: Cursor, to: number, cut: Cut): void;
  /** Everything that will be sent was sent. */
  finished(cursor: Cursor): void;
  failed(cursor: Cursor, cause: unknown): void;
}

export interface CursorOptions {
  readonly renditions: Renditions;
  readonly policy: Policy | undefined;
  readonly form: Form;
  readonly from: number;
  /** Where it ends by itself; Infinity: nowhere. */
  readonly until: number;
  readonly window: Window | undefined;
  readonly turns: Turns;
}

/**
 * `sending`; `leaving`: only the block that is filling is still sent, up to `until`; `ending`: the last lines are being read;
 * `ended`: all was sent, acks are awaited; `gone`: nothing is kept.
 */
type Phase = 'sending' | 'leaving' | 'ending' | 'ended' | 'gone';

export class Cursor implements Reader, Task {
  queued = false;
  readonly feed: Feed;
  readonly form: Form;
  readonly window: Window | undefined;
  readonly #host: CursorHost;
  readonly #options: CursorOptions;
  readonly #rendition: Rendition;
  #phase: Phase = 'sending';
  #next: number;
  #until: number;
  #open = false;
  #blockFirstTime = 0;
  #lastTime = 0;

  constructor(host: CursorHost, options: CursorOptions) {
    this.#host = host;
    this.#options = options;
    this.feed = options.renditions.feed;
    this.form = options.form;
    this.window = options.window;
    this.#next = options.from;
    this.#until = options.until;
    this.#rendition = options.renditions.enter(options.policy, options.form);
  }

  get next(): number {
    return this.#next;
  }

  get open(): boolean {
    return this.#open;
  }

  get until(): number {
    return this.#until;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Looks again whether there is something to send. */
  wake(): void {
    this.#options.turns.add(this);
  }

  failed(cause: unknown): void {
    this.#host.failed(this, cause);
  }

  /** Sends what is there of the block that is filling, as one that ends here, and nothing else. */
  leave(): void {
    if (this.#phase !== 'sending') return;
    this.#phase = 'leaving';
    this.#until = Math.min(this.#until, Math.max(this.#next, this.feed.edge()));
    this.wake();
  }

  /** Nothing more is sent, and nothing is kept. */
  stop(): void {
    if (this.#phase === 'gone') return;
    this.#phase = 'gone';
    this.#rendition.leave(this);
    this.#options.renditions.leave(this.#options.policy, this.form);
  }

  /** Sends what may be sent now, at most about as much as a socket takes before it must drain. */
  run(): void {
    let sent = 0;
    while (this.#phase === 'sending' || this.#phase === 'leaving') {
      if (this.#next < this.feed.earliest()) {
        this.#skipGap();
        continue;
      }
      if (this.#next >= this.#until || (this.#phase === 'leaving' && this.#open)) return this.#end();
      if (!this.#open && this.#phase === 'sending' && this.window?.isFull) return;
      const room = this.#host.room(this);
      if (room <= 0) return;
      if (sent >= limits.unsentBytes.default) return this.wake();
      const found = this.#rendition.find(this);
      if (found !== undefined && this.#phase === 'leaving') return this.#end();
      const bytes = found === undefined ? 0 : this.#sendRun(found.page, found.index, room);
      if (bytes > 0) {
        sent += bytes;
        continue;
      }
      // Nothing whole is there: either a part of a unit ends this subscription, or it waits.
      if (this.#until !== Number.POSITIVE_INFINITY && this.#endIsThere(found !== undefined)) return this.#sendLast();
      return this.#rendition.wait(this);
    }
  }

  /** Sends as many units as may be sent of this page, from this one on. Returns how many bytes. */
  #sendRun(page: Page, index: number, room: number): number {
    if (page.unitFrom(index) < this.#next) return this.#sendRemainder(page, index);
    const limit = page.unitStart(index) + room;
    let end = index;
    for (; end < page.count; end++) {
      if (end > index && page.unitEnd(end) > limit) break;
      if (page.unitTo(end) > this.#until) break;
      if (!this.#open && this.window?.isFull && !page.unitIsCut(end)) break;
      this.#passed(
        page.unitTo(end),
        page.unitCut(end),
        page.unitFirstTime(end),
        page.unitLastTime(end),
        page.unitIsCut(end),
      );
    }
    if (end === index) return 0;
    const bytes = page.slice(index, end - 1);
    this.#host.send(bytes);
    return bytes.length;
  }

  /** The reader stands inside a frame that was made for all: it gets the lines from its place on in a frame of its own. */
  #sendRemainder(page: Page, index: number): number {
    const to = page.unitTo(index);
    if (to > this.#until) return 0;
    const lines = linesFrom(page, index, this.form, this.#next - page.unitFrom(index));
    const cut = page.unitCut(index);
    const unit = makeUnit(this.form, this.feed.name, this.#next, to, cut, [lines]);
    this.#passed(to, cut, readLineHead(lines, 0).time, page.unitLastTime(index), false);
    this.#host.send(unit);
    return unit.length;
  }

  /** Whether what is left up to `until` is there, though not as a unit. */
  #endIsThere(isWhole: boolean): boolean {
    return isWhole || (this.#until <= this.feed.edge() && this.#rendition.isGathering(this.#next, this.#until));
  }

  /** Sends the lines up to `until` as the last of a block that ends there: less than a frame, for this reader alone. */
  #sendLast(): void {
    this.#phase = 'ending';
    const lines: Buffer[] = [];
    let at = this.#next;
    let firstTime = Number.NaN;
    let lastTime = 0;
    const gather = (): void | Promise<void> => {
      while (at < this.#until) {
        const chunk = this.feed.read(at);
        if (chunk instanceof Promise) return chunk.then(gather);
        const to = Math.min(chunk.to, this.#until);
        if (Number.isNaN(firstTime)) firstTime = chunk.timeOf(at);
        lastTime = chunk.timeOf(to - 1);
        lines.push(chunk.slice(at, to));
        at = to;
      }
      if (this.#phase !== 'ending') return;
      const unit = makeUnit(this.form, this.feed.name, this.#next, this.#until, 'end', lines);
      this.#passed(this.#until, 'end', firstTime, lastTime, false);
      this.#host.send(unit);
      this.#end();
    };
    Promise.resolve()
      .then(gather)
      .catch((cause: unknown) => this.failed(cause));
  }

  /** All lines are sent: the block that is open ends here. */
  #end(): void {
    if (this.#open) {
      if (this.form === 'message') this.#host.cut(this, this.#next, 'end');
      else if (this.form === 'block')
        this.#host.send(makeUnit('block', this.feed.name, this.#next, this.#next, 'end', []));
      this.#passed(this.#next, 'end', 0, 0, true);
    }
    this.#phase = 'ended';
    this.#rendition.leave(this);
    this.#host.finished(this);
  }

  #skipGap(): void {
    const to = this.feed.earliest();
    if (this.#open) this.#passed(this.#next, 'gap', 0, 0, true);
    this.#host.gap(this, this.#next, to);
    this.#next = to;
  }

  #passed(to: number, cut: Cut | undefined, firstTime: number, lastTime: number, isCutOnly: boolean): void {
    if (!isCutOnly) {
      if (!this.#open) this.#blockFirstTime = firstTime;
      this.#lastTime = lastTime;
      this.#open = this.#options.form !== 'line';
    }
    this.#next = to;
    if (cut === undefined) return;
    assert(this.#open, 'a cut ends a block that is open');
    this.#open = false;
    this.window?.sent(to, this.#blockFirstTime, this.#lastTime);
  }
}

const newline = 10;

/** The lines in a unit's frame, without the first `skip`. */
function linesFrom(page: Page, index: number, form: Form, skip: number): Buffer {
  assert(!isByMessage(form), 'a frame of one message has no remainder');
  const frame = page.slice(index, index);
  const length = (frame[1] as number) & 0x7f;
  let start = length < 126 ? 2 : length === 126 ? 4 : 10;
  if (form === 'block') start = frame.indexOf(newline, start) + 1;
  for (let line = 0; line < skip; line++) start = frame.indexOf(newline, start) + 1;
  return frame.subarray(start);
}
