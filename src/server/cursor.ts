// One reader of one feed: a place, and the rule what may be sent from there. No outbox: what it may not send now stays in
// the feed. The same cursor serves sessions, which have a window, and plain WebSocket clients, which have none.
import { assert } from '../base/assert.ts';
import type { Feed } from '../feed/feed.ts';
import { sliceOf } from '../feed/lines.ts';
import { type Framing, isByMessage, makeUnit } from '../frames/framing.ts';
import type { Page } from '../frames/page.ts';
import type { Reader } from '../frames/reader.ts';
import { readLines } from '../frames/readLines.ts';
import type { Rendition } from '../frames/rendition.ts';
import type { Renditions } from '../frames/renditions.ts';
import type { Task } from '../frames/task.ts';
import type { Turns } from '../frames/turns.ts';
import type { Cut } from '../protocol/cut.ts';
import { frameBytes } from '../protocol/limits.ts';
import { readLineHead } from '../protocol/message.ts';
import type { Policy } from '../protocol/policy.ts';
import { fillingFrom } from './start.ts';
import type { Window } from './window.ts';

/** What a cursor asks of the connection it sends on. */
export interface CursorHost {
  /** How many bytes of frames the socket may be given now, or one longer frame; 0: it must drain first, and then `wake` is called. */
  room(cursor: Cursor): number;
  /** `page` is the one that the bytes are a slice of, which must not be written to before they are sent. */
  send(bytes: Buffer, page?: Page): void;
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
  readonly framing: Framing;
  readonly from: number;
  /** Where it ends by itself; Infinity: nowhere. */
  readonly until: number;
  readonly window: Window | undefined;
  readonly turns: Turns;
  /** After about so many bytes others get their turn. */
  readonly turnBytes: number;
}

/**
 * `sending`; `asking`: the reader leaves, and where the block that is filling begins is being looked up; `leaving`: what is
 * there of that block is sent, up to `until`;
 * `ending`: the last lines are being read; `ended`: all was sent, acks are awaited; `gone`: nothing is kept.
 */
type Phase = 'sending' | 'asking' | 'leaving' | 'ending' | 'ended' | 'gone';

export class Cursor implements Reader, Task {
  queued = false;
  readonly feed: Feed;
  readonly framing: Framing;
  readonly window: Window | undefined;
  readonly #host: CursorHost;
  readonly #options: CursorOptions;
  readonly #rendition: Rendition;
  /** Gives up what is looked for or read, while that is under way. */
  #looking: AbortController | undefined;
  #phase: Phase = 'sending';
  #next: number;
  #until: number;
  #open = false;
  /** How many bytes it sent in all. */
  #sent = 0;
  /** Its last run sent much: it goes among those who are late. */
  #isLate = false;
  #blockFirstTime = 0;
  /** Bytes of the frames sent of the block that is open. */
  #blockBytes = 0;
  #lastTime = 0;

  constructor(host: CursorHost, options: CursorOptions) {
    this.#host = host;
    this.#options = options;
    this.feed = options.renditions.feed;
    this.framing = options.framing;
    this.window = options.window;
    this.#next = options.from;
    this.#until = options.until;
    this.#rendition = options.renditions.enter(options.policy, options.framing);
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

  get hasRoom(): boolean {
    return (this.#phase === 'sending' || this.#phase === 'leaving') && this.#host.room(this) > 0;
  }

  /** Looks again whether there is something to send. */
  wake(): void {
    if (this.#isLate) this.#options.turns.addLate(this);
    else this.#options.turns.add(this);
  }

  /** Something was made for it: if it is late, it sends that before the others who are late, while it is there. */
  made(isLate: boolean): void {
    if (isLate) this.#options.turns.addNext(this);
    else this.#options.turns.add(this);
  }

  failed(cause: unknown): void {
    this.#host.failed(this, cause);
  }

  /**
   * A block that was sent in part ends here. Else what is there of the block that is filling is sent as one that ends here;
   * nothing is where the reader is further behind.
   */
  leave(): void {
    if (this.#phase !== 'sending') return;
    if (this.#open) return this.#leaveAt(this.#next);
    this.#phase = 'asking';
    const tail = this.feed.tail();
    this.#looking = new AbortController();
    fillingFrom(this.feed, this.#options.policy, tail, this.#options.turns, this.#looking.signal).then(
      (start) => {
        if (this.#phase === 'asking') this.#leaveAt(this.#next < start ? this.#next : Math.max(this.#next, tail));
      },
      (cause: unknown) => {
        if (this.#phase !== 'gone') this.failed(cause);
      },
    );
  }

  #leaveAt(until: number): void {
    this.#phase = 'leaving';
    this.#until = Math.min(this.#until, until);
    this.wake();
  }

  /** Nothing more is sent, and nothing is kept. */
  stop(): void {
    if (this.#phase === 'gone') return;
    this.#phase = 'gone';
    this.#looking?.abort();
    this.#rendition.leave(this);
    this.#options.renditions.leave(this.#options.policy, this.framing);
  }

  /** Sends what may be sent now, at most about as much as a socket takes before it must drain. */
  run(): boolean {
    const before = this.#sent;
    try {
      const isMore = this.#send(before + this.#options.turnBytes);
      this.#isLate = this.#sent - before > frameBytes;
      if (isMore) this.wake();
    } catch (cause) {
      this.failed(cause);
    }
    return false;
  }

  /** Returns whether there may be more: so much was sent that others have their turn first. */
  #send(enough: number): boolean {
    while (this.#phase === 'sending' || this.#phase === 'leaving') {
      if (this.#next >= this.#until) {
        this.#end();
        break;
      }
      if (this.#next < this.feed.earliest()) {
        this.#skipGap();
        continue;
      }
      if (!this.#open && this.#phase === 'sending' && this.window?.isFull) break;
      const room = this.#host.room(this);
      if (room <= 0) break;
      if (this.#sent >= enough) return true;
      const found = this.#rendition.find(this);
      if (found !== undefined && found.page.unitTo(found.index) <= this.#until) {
        this.#sent += this.#sendRun(found.page, found.index, room);
        continue;
      }
      // Nothing whole is there: either a part of a unit ends this subscription, or it waits.
      if (this.#endIsThere(found !== undefined)) this.#sendLast(this.#phase);
      else this.#rendition.wait(this);
      break;
    }
    return false;
  }

  /** Sends as many units as may be sent of this page, from this one on. Returns how many bytes. */
  #sendRun(page: Page, index: number, room: number): number {
    if (page.unitFrom(index) < this.#next) return this.#sendRemainder(page, index);
    const runEnd = page.runEnd(index, room, this.#until);
    let end = index;
    while (end < runEnd && (end === index || this.#open || page.unitIsCut(end) || this.#mayBegin()))
      end = this.#passedBlock(page, end, runEnd);
    const bytes = page.slice(index, end - 1);
    this.#host.send(bytes, page);
    return bytes.length;
  }

  /** Passes the units from `index` to the end of their block, at most to `runEnd`: thousands of messages at once. */
  #passedBlock(page: Page, index: number, runEnd: number): number {
    const last = Math.min(page.cutFrom(index), runEnd - 1);
    // In message delivery the cut is a unit of its own, behind the last line.
    const lastLine = page.unitIsCut(last) ? last - 1 : last;
    const cut = page.unitCut(last);
    if (lastLine >= index) {
      const cutHere = lastLine === last ? cut : undefined;
      const bytes = page.unitEnd(lastLine) - page.unitStart(index);
      this.#passed(page.unitTo(lastLine), cutHere, page.unitFirstTime(index), page.unitLastTime(lastLine), bytes);
    }
    if (lastLine < last) this.#passedCut(page.unitTo(last), cut);
    return last + 1;
  }

  /** Whether one more block may be begun: what was sent in the same run may have filled the window. */
  #mayBegin(): boolean {
    return this.#phase !== 'sending' || !this.window?.isFull;
  }

  /** The reader stands inside a frame that was made for all: it gets the lines from its place on in a frame of its own. */
  #sendRemainder(page: Page, index: number): number {
    const to = page.unitTo(index);
    const lines = linesFrom(page, index, this.framing, this.#next - page.unitFrom(index));
    const cut = page.unitCut(index);
    const unit = makeUnit(this.framing, this.feed.name, this.#next, to, cut, [lines]);
    this.#passed(to, cut, readLineHead(lines, 0).time, page.unitLastTime(index), unit.length);
    this.#host.send(unit);
    return unit.length;
  }

  /** Whether what is left up to `until` is there, though not as a unit. */
  #endIsThere(isWhole: boolean): boolean {
    if (this.#until === Number.POSITIVE_INFINITY) return false;
    return isWhole || (this.#until <= this.feed.tail() && this.#rendition.isGathering(this.#next, this.#until));
  }

  /** Sends the lines up to `until` as the last of a block that ends there: less than a frame, for this reader alone. */
  #sendLast(phase: Phase): void {
    this.#phase = 'ending';
    this.#readLast().then(
      (last) => {
        if (this.#phase !== 'ending') return;
        // Retention was faster; or the socket drains first, and calls.
        if (last === undefined || this.#host.room(this) <= 0) {
          this.#phase = phase;
          if (last === undefined) this.wake();
          return;
        }
        const unit = makeUnit(this.framing, this.feed.name, this.#next, this.#until, 'end', last.lines);
        this.#passed(this.#until, 'end', last.firstTime, last.lastTime, unit.length);
        this.#host.send(unit);
        this.#end();
      },
      (cause: unknown) => {
        if (this.#phase !== 'gone') this.failed(cause);
      },
    );
  }

  async #readLast(): Promise<{ lines: Uint8Array[]; firstTime: number; lastTime: number } | undefined> {
    const lines: Uint8Array[] = [];
    let firstTime = 0;
    let lastTime = 0;
    this.#looking = new AbortController();
    const { signal } = this.#looking;
    for (let at = this.#next; at < this.#until; ) {
      const read = await readLines(this.feed, at, this.#options.turns, signal);
      if (read === undefined) return undefined;
      const to = Math.min(read.to, this.#until);
      if (at === this.#next) firstTime = read.timeOf(at);
      lastTime = read.timeOf(to - 1);
      lines.push(Uint8Array.from(sliceOf(read, at, to)));
      at = to;
    }
    return { lines, firstTime, lastTime };
  }

  /** All lines are sent: the block that is open ends here. */
  #end(): void {
    if (this.#open) this.#endBlock();
    this.#phase = 'ended';
    this.#rendition.leave(this);
    this.#host.finished(this);
  }

  #endBlock(): void {
    // By messages the policy's own cut may lie here, not told yet.
    const found = this.#rendition.find(this);
    const cut = found?.page.unitIsCut(found.index) ? found.page.unitCut(found.index) : undefined;
    if (this.framing === 'message') this.#host.cut(this, this.#next, cut ?? 'end');
    else if (this.framing === 'block')
      this.#host.send(makeUnit('block', this.feed.name, this.#next, this.#next, 'end', []));
    this.#passedCut(this.#next, cut ?? 'end');
  }

  #skipGap(): void {
    const to = Math.min(this.feed.earliest(), this.#until);
    if (this.#open) this.#passedCut(this.#next, 'gap');
    this.#host.gap(this, this.#next, to);
    this.#next = to;
  }

  /** Lines up to `to` were sent, in frames of so many bytes. */
  #passed(to: number, cut: Cut | undefined, firstTime: number, lastTime: number, frameBytes: number): void {
    if (!this.#open) {
      this.#blockFirstTime = firstTime;
      this.#blockBytes = 0;
    }
    this.#blockBytes += frameBytes;
    this.#lastTime = lastTime;
    this.#open = this.#options.framing !== 'line';
    this.#passedCut(to, cut);
  }

  /** All before `to` was sent; with a cut the block that was open ends there. */
  #passedCut(to: number, cut: Cut | undefined): void {
    this.#next = to;
    if (cut === undefined) return;
    assert(this.#open, 'a cut ends a block that is open');
    this.#open = false;
    this.window?.sent(to, this.#blockFirstTime, this.#lastTime, this.#blockBytes);
  }
}

const newline = 10;

/** The lines in a unit's frame, without the first `skip`. */
function linesFrom(page: Page, index: number, framing: Framing, skip: number): Buffer {
  assert(!isByMessage(framing), 'a frame of one message has no remainder');
  const frame = page.slice(index, index);
  const length = (frame[1] as number) & 0x7f;
  let start = length < 126 ? 2 : length === 126 ? 4 : 10;
  if (framing === 'block') start = frame.indexOf(newline, start) + 1;
  for (let line = 0; line < skip; line++) start = frame.indexOf(newline, start) + 1;
  return frame.subarray(start);
}
