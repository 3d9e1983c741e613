// Makes a feed's messages into the frames of one rendition, page by page, from one place on: reads lines, asks the cut rule,
// and writes frames. It knows nothing of who reads them.

import type { Feed } from '../feed/feed.ts';
import type { Lines } from '../feed/lines.ts';
import { type Cut, Cutter, type FrameEnd } from '../protocol/cut.ts';
import { frameBytes } from '../protocol/limits.ts';
import { defaultPolicy, type Policy } from '../protocol/policy.ts';
import { cutMessage, type Framing, isByMessage, unitBytes, writeUnitHead } from './framing.ts';
import { framesLimits } from './limits.ts';
import type { Page } from './page.ts';
import { makeFrame, textFrame } from './websocket.ts';

/**
 * What became of an `advance`: `made` units; `busy`: went on without completing one, call again; `blocked`: the feed gives
 * nothing in this turn, call again in a later one; `idle`: everything there
 * is was taken, call again when the feed has moved or the slot is over; `lost`: retention has overtaken this place.
 */
export type Progress = 'made' | 'busy' | 'blocked' | 'idle' | 'lost';

/** Makes the page for what comes next, which begins with the message `from`. */
export type NewPage = (capacityBytes: number, from: number, behindCut: boolean) => Page;

const nothing = Buffer.alloc(0);
const firstPageBytes = 16_384;
const firstGatheredBytes = 1_024;

export class Framer {
  readonly #feed: Feed;
  readonly #framing: Framing;
  readonly #byMessage: boolean;
  readonly #cutter: Cutter | undefined;
  readonly #newPage: NewPage;
  /** Where it began: an end of a block that lies right there it does not see. */
  readonly start: number;
  /** Units that end before this place are not kept: they are only made to find where frames begin. */
  readonly wanted: number;
  #position: number;
  #pendingFrom: number;
  /** The lines of the frame being gathered that were read earlier: copies, since lines are only there for a turn. */
  #gathered: Buffer = nothing;
  #gatheredBytes = 0;
  /** Times of the first and the last message of the frame being gathered. */
  #firstTime = 0;
  #lastTime = 0;
  #page: Page | undefined;
  #units = 0;
  #isAtTail = false;
  #isStopped = false;
  /** Message delivery: the last unit was a cut, made or not wanted; or it is not known, since this is the start. */
  #behindCut: boolean;

  /**
   * `start` is a place where a frame begins for certain; `policy` is undefined for single lines without blocks.
   */
  constructor(
    feed: Feed,
    policy: Policy | undefined,
    framing: Framing,
    start: number,
    wanted: number,
    newPage: NewPage,
  ) {
    this.#feed = feed;
    this.#framing = framing;
    this.#byMessage = isByMessage(framing);
    this.#behindCut = this.#byMessage;
    this.#cutter = framing === 'line' ? undefined : new Cutter(policy ?? defaultPolicy, feed.anchorEvery);
    this.start = start;
    this.#position = start;
    this.#pendingFrom = start;
    this.#newPage = newPage;
    this.wanted = wanted;
  }

  /** The next message it will take. */
  get position(): number {
    return this.#position;
  }

  /** Where the unit begins that it is gathering. */
  get pendingFrom(): number {
    return this.#byMessage ? this.#position : this.#pendingFrom;
  }

  /** Whether retention has overtaken it. */
  get isLost(): boolean {
    return this.#position < this.#feed.earliest();
  }

  /** Whether what it makes from here on is all that the other would make, so that readers of that one may wait at this. */
  standsFor(other: Framer): boolean {
    return (
      this.position === other.position &&
      this.pendingFrom === other.pendingFrom &&
      this.start <= other.start &&
      this.wanted <= Math.max(other.wanted, this.pendingFrom)
    );
  }

  /** Whether it had taken everything there was when it last stopped. */
  get isAtTail(): boolean {
    return this.#isAtTail;
  }

  /** How much memory it holds besides its page. */
  get heldBytes(): number {
    return this.#gathered.length;
  }

  /** It makes nothing any more, also of what it is being given later. */
  stop(): void {
    this.#isStopped = true;
  }

  /** The page is another's from here on: what comes next begins a new one. */
  leavePage(page: Page): void {
    if (this.#page === page) this.#page = undefined;
  }

  /** Whether messages were taken whose block may be ended by the clock alone. */
  get waitsForSlot(): boolean {
    return (
      this.#cutter !== undefined && this.#cutter.pending > 0 && this.#cutter.slotEndMicros !== Number.POSITIVE_INFINITY
    );
  }

  /** Takes what there is, for about one page, or until the time is `untilMs` (of performance.now). */
  advance(untilMs: number): Progress | Promise<Progress> {
    this.#units = 0;
    this.#isAtTail = false;
    let taken = 0;
    do {
      // The watermark first: what is below the tail read after it holds every message up to that time.
      const watermarkMicros = this.#feed.watermarkMicros();
      const tail = this.#feed.tail();
      if (this.isLost) return 'lost';
      if (this.#position >= tail) {
        this.#isAtTail = true;
        const end = this.#position === tail ? this.#cutter?.endAt(watermarkMicros) : undefined;
        if (end !== undefined) this.#endUnit(end, nothing);
        return this.#units > 0 ? 'made' : 'idle';
      }
      const lines = this.#feed.read(this.#position, untilMs);
      if (lines === undefined) {
        if (this.#units === 0 && performance.now() < untilMs) return 'blocked';
        break;
      }
      if (lines instanceof Promise)
        return lines.then((late) => {
          if (!this.#isStopped) this.#take(late, Math.min(tail, late.to));
          this.#isAtTail = this.#position >= this.#feed.tail();
          return this.#units > 0 ? 'made' : 'busy';
        });
      taken += this.#take(lines, Math.min(tail, lines.to));
    } while (taken < framesLimits.pageBytes.default && performance.now() < untilMs);
    this.#isAtTail = this.#position >= this.#feed.tail();
    return this.#units > 0 ? 'made' : 'busy';
  }

  /** Takes the lines up to `to`; returns how many bytes they have. */
  #take(lines: Lines, to: number): number {
    const cutter = this.#cutter;
    const begin = lines.startOf(this.#position);
    // Where the lines begin that belong to the frame being gathered, and where the line at hand begins.
    let unitStart = begin;
    let start = begin;
    for (let offset = this.#position; offset < to; offset++) {
      const timeMicros = lines.timeOf(offset);
      const end = lines.endOf(offset);
      const before = cutter?.endBefore(timeMicros, end - start);
      if (before !== undefined) {
        this.#endUnit(before, lines.bytes, unitStart, start);
        unitStart = start;
      }
      if (this.#byMessage) this.#addMessage(lines, offset, start, end, timeMicros);
      else {
        if (this.#position === this.#pendingFrom) this.#firstTime = timeMicros;
        this.#lastTime = timeMicros;
      }
      this.#position = offset + 1;
      if (cutter?.take(offset, timeMicros, end - start) !== undefined) {
        this.#endUnit('size', lines.bytes, unitStart, end);
        unitStart = end;
      }
      start = end;
    }
    if (!this.#byMessage) this.#gather(lines.bytes, unitStart, start);
    return start - begin;
  }

  /** Copies lines of a frame that is not whole yet. */
  #gather(bytes: Buffer, start: number, end: number): void {
    const length = this.#gatheredBytes + end - start;
    if (length > this.#gathered.length) {
      const doubled = Math.max(firstGatheredBytes, 2 * this.#gathered.length);
      const larger = Buffer.allocUnsafeSlow(Math.max(Math.min(doubled, frameBytes), length));
      this.#gathered.copy(larger, 0, 0, this.#gatheredBytes);
      this.#gathered = larger;
    }
    bytes.copy(this.#gathered, this.#gatheredBytes, start, end);
    this.#gatheredBytes = length;
  }

  /** What was gathered, and then `bytes` from `start` to `end`, is a whole frame; in message delivery, the block is over. */
  #endUnit(unitEnd: FrameEnd, bytes: Buffer, start = 0, end = 0): void {
    const cut = unitEnd === 'part' ? undefined : unitEnd;
    if (!this.#byMessage) this.#addBlock(cut, bytes, start, end);
    else if (cut !== undefined && this.#framing === 'message') this.#addCut(cut);
  }

  #addBlock(cut: Cut | undefined, bytes: Buffer, start: number, end: number): void {
    const from = this.#pendingFrom;
    const to = this.#position;
    if (to > this.wanted) {
      const lineBytes = this.#gatheredBytes + end - start;
      const { name } = this.#feed;
      const page = this.#pageFor(unitBytes(this.#framing, name, from, to, cut, lineBytes), from);
      let position = writeUnitHead(page.bytes, page.length, this.#framing, name, from, to, cut, lineBytes);
      position += this.#gathered.copy(page.bytes, position, 0, this.#gatheredBytes);
      position += bytes.copy(page.bytes, position, start, end);
      page.end(position, from, to, cut, this.#firstTime, this.#lastTime);
      this.#units++;
    }
    this.#pendingFrom = to;
    this.#gatheredBytes = 0;
    if (this.#gathered.length > frameBytes) this.#gathered = nothing;
  }

  #addMessage(lines: Lines, offset: number, start: number, end: number, timeMicros: number): void {
    if (offset < this.wanted) {
      this.#behindCut = false;
      return;
    }
    const bytes = unitBytes(this.#framing, this.#feed.name, offset, offset + 1, undefined, end - start);
    const page = this.#pageFor(bytes, offset);
    const position = writeUnitHead(
      page.bytes,
      page.length,
      this.#framing,
      this.#feed.name,
      offset,
      offset + 1,
      undefined,
      end - start,
    );
    page.end(
      position + lines.bytes.copy(page.bytes, position, start, end),
      offset,
      offset + 1,
      undefined,
      timeMicros,
      timeMicros,
    );
    this.#behindCut = false;
    this.#units++;
  }

  #addCut(cut: Cut): void {
    if (this.#position < this.wanted) {
      this.#behindCut = true;
      return;
    }
    const frame = makeFrame(textFrame, cutMessage(this.#feed.name, this.#position, cut));
    const page = this.#pageFor(frame.length, this.#position);
    page.end(page.length + frame.copy(page.bytes, page.length), this.#position, this.#position, cut, 0, 0);
    this.#behindCut = true;
    this.#units++;
  }

  /** The page to which `bytes` more are written. Pages begin small: most feeds are slow and few are read fast. */
  #pageFor(bytes: number, from: number): Page {
    if (this.#page !== undefined && this.#page.room >= bytes) return this.#page;
    const capacity =
      this.#page === undefined ? firstPageBytes : Math.min(framesLimits.pageBytes.default, this.#page.capacity * 2);
    this.#page = this.#newPage(Math.max(capacity, bytes), from, this.#behindCut);
    return this.#page;
  }
}
