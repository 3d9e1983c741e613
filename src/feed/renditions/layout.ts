// Lays a feed's messages out as pages of one rendition, from one place on: reads chunks, asks the cut rule, and writes
// frames. It knows nothing of who reads them.

import { type Cut, Cutter, type FrameEnd } from '../../protocol/cut.ts';
import { limits } from '../../protocol/limits.ts';
import { defaultPolicy, type Policy } from '../../protocol/policy.ts';
import type { Chunk } from '../chunk.ts';
import type { Feed } from '../feed.ts';
import { cutMessage, type Form, isByMessage, unitBytes, writeUnitHead } from './form.ts';
import { Page } from './page.ts';
import { makeFrame, textFrame } from './websocket.ts';

/**
 * What became of an `advance`: `made` units; `busy`: went on without completing one, call again; `idle`: everything there
 * is was taken, call again when the feed has moved or the slot is over; `lost`: retention has overtaken this place.
 */
export type Progress = 'made' | 'busy' | 'idle' | 'lost';

/** Lines of a chunk that belong to the frame being gathered. */
interface Piece {
  readonly chunk: Chunk;
  readonly from: number;
  to: number;
}

const firstPageBytes = 16_384;

export class Layout {
  readonly #feed: Feed;
  readonly #form: Form;
  readonly #byMessage: boolean;
  readonly #cutter: Cutter | undefined;
  readonly #onPage: (page: Page, full: Page | undefined) => void;
  /** Where it began: an end of a block that lies right there it does not see. */
  readonly start: number;
  /** Units that end before this place are not kept: they are only made to find where frames begin. */
  readonly wanted: number;
  #position: number;
  #pieces: Piece[] = [];
  #pendingFrom: number;
  #pendingBytes = 0;
  #page: Page | undefined;
  #chunk: Chunk | undefined;
  #units = 0;
  /** Message delivery: the last unit was a cut, made or not wanted; or it is not known, since this is the start. */
  #behindCut: boolean;

  /**
   * `start` is a place where a frame begins for certain; `policy` is undefined for single lines without blocks. `onPage` hears of
   * each new page before it has units, and of the page before it, which gets no more.
   */
  constructor(
    feed: Feed,
    policy: Policy | undefined,
    form: Form,
    start: number,
    wanted: number,
    onPage: (page: Page, full: Page | undefined) => void,
  ) {
    this.#feed = feed;
    this.#form = form;
    this.#byMessage = isByMessage(form);
    this.#behindCut = this.#byMessage;
    this.#cutter = form === 'line' ? undefined : new Cutter(policy ?? defaultPolicy);
    this.start = start;
    this.#position = start;
    this.#pendingFrom = start;
    this.#onPage = onPage;
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

  /** The page it is writing to. */
  get page(): Page | undefined {
    return this.#page;
  }

  /** Whether messages were taken whose block may be ended by the clock alone. */
  get waitsForSlot(): boolean {
    return (
      this.#cutter !== undefined && this.#cutter.pending > 0 && this.#cutter.slotEndMicros !== Number.POSITIVE_INFINITY
    );
  }

  /** Takes what there is, for about one page or one turn. */
  advance(): Progress | Promise<Progress> {
    const until = performance.now() + limits.turnMs.default;
    this.#units = 0;
    let taken = 0;
    do {
      // The closed time first: what is below the edge read after it holds every message up to that time.
      const closedMicros = this.#feed.closedMicros();
      const edge = this.#feed.edge();
      if (this.isLost) return 'lost';
      if (this.#position >= edge) {
        const end = this.#position === edge ? this.#cutter?.endAt(closedMicros) : undefined;
        if (end !== undefined) this.#endUnit(end);
        return this.#units > 0 ? 'made' : 'idle';
      }
      if (this.#chunk === undefined || this.#chunk.from > this.#position || this.#chunk.to <= this.#position) {
        const read = this.#feed.read(this.#position);
        if (read instanceof Promise)
          return read.then((chunk) => {
            this.#chunk = chunk;
            return this.#units > 0 ? 'made' : 'busy';
          });
        this.#chunk = read;
      }
      taken += this.#take(this.#chunk, Math.min(edge, this.#chunk.to));
    } while (taken < limits.pageBytes.default && performance.now() < until);
    return this.#units > 0 ? 'made' : 'busy';
  }

  /** Takes the chunk's messages up to `to`; returns how many bytes they have. */
  #take(chunk: Chunk, to: number): number {
    const cutter = this.#cutter;
    const begin = chunk.startOf(this.#position);
    let start = begin;
    for (let offset = this.#position; offset < to; offset++) {
      const timeMicros = chunk.timeOf(offset);
      const end = chunk.endOf(offset);
      const before = cutter?.endBefore(timeMicros, end - start);
      if (before !== undefined) this.#endUnit(before);
      if (this.#byMessage) this.#addMessage(chunk, offset, start, end, timeMicros);
      else this.#gather(chunk, offset, end - start);
      this.#position = offset + 1;
      if (cutter?.take(offset, timeMicros, end - start) !== undefined) this.#endUnit('size');
      start = end;
    }
    return start - begin;
  }

  #gather(chunk: Chunk, offset: number, lineBytes: number): void {
    const last = this.#pieces.at(-1);
    if (last !== undefined && last.chunk === chunk) last.to = offset + 1;
    else this.#pieces.push({ chunk, from: offset, to: offset + 1 });
    this.#pendingBytes += lineBytes;
  }

  /** What was gathered is a whole frame; in message delivery, the block is over. */
  #endUnit(end: FrameEnd): void {
    const cut = end === 'part' ? undefined : end;
    if (!this.#byMessage) this.#addBlock(cut);
    else if (cut !== undefined && this.#form === 'message') this.#addCut(cut);
  }

  #addBlock(cut: Cut | undefined): void {
    const from = this.#pendingFrom;
    const to = this.#position;
    if (to > this.wanted) {
      const page = this.#pageFor(unitBytes(this.#form, this.#feed.name, from, to, cut, this.#pendingBytes));
      let position = writeUnitHead(
        page.bytes,
        page.length,
        this.#form,
        this.#feed.name,
        from,
        to,
        cut,
        this.#pendingBytes,
      );
      for (const piece of this.#pieces)
        position += piece.chunk.bytes.copy(
          page.bytes,
          position,
          piece.chunk.startOf(piece.from),
          piece.chunk.endOf(piece.to - 1),
        );
      const first = this.#pieces[0] as Piece;
      const last = this.#pieces.at(-1) as Piece;
      page.end(position, from, to, cut, first.chunk.timeOf(first.from), last.chunk.timeOf(last.to - 1));
      this.#units++;
    }
    this.#pieces = [];
    this.#pendingFrom = to;
    this.#pendingBytes = 0;
  }

  #addMessage(chunk: Chunk, offset: number, start: number, end: number, timeMicros: number): void {
    if (offset < this.wanted) {
      this.#behindCut = false;
      return;
    }
    const page = this.#pageFor(unitBytes(this.#form, this.#feed.name, offset, offset + 1, undefined, end - start));
    const position = writeUnitHead(
      page.bytes,
      page.length,
      this.#form,
      this.#feed.name,
      offset,
      offset + 1,
      undefined,
      end - start,
    );
    page.end(
      position + chunk.bytes.copy(page.bytes, position, start, end),
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
    const page = this.#pageFor(frame.length);
    page.end(page.length + frame.copy(page.bytes, page.length), this.#position, this.#position, cut, 0, 0);
    this.#behindCut = true;
    this.#units++;
  }

  /** The page to which `bytes` more are written. Pages begin small: most feeds are slow and few are read fast. */
  #pageFor(bytes: number): Page {
    if (this.#page !== undefined && this.#page.room >= bytes) return this.#page;
    const full = this.#page;
    const capacity = full === undefined ? firstPageBytes : Math.min(limits.pageBytes.default, full.capacity * 2);
    this.#page = new Page(Math.max(capacity, bytes), this.#behindCut);
    this.#onPage(this.#page, full);
    return this.#page;
  }
}
