// Where a subscription is in its feed: what has to come next, and how to ask for it after an interruption. Pure. Everything
// that comes is held against it, so that no message is taken twice and none is skipped without a gap.
import { crc32 } from '../base/crc32.ts';
import type { Cut } from '../protocol/cut.ts';
import type { FrameHeader } from '../protocol/frame.ts';
import { lastLine, readLineHead } from '../protocol/message.ts';
import type { ClientMessage, ServerMessage } from '../protocol/messages.ts';
import { badServer, diverged, reset } from './faults.ts';
import type { Gap, Part } from './part.ts';

/** What is asked for; its id is the connection's to give. */
export type Request = Omit<Extract<ClientMessage, { type: 'subscribe' }>, 'id'>;
type Subscribed = Extract<ServerMessage, { type: 'subscribed' }>;

interface At {
  readonly feed: string;
  readonly epoch: string;
  next: number;
  /** Whether parts of a block have come and its end has not. */
  open: boolean;
  /** The line before `next`, where it came in this life. */
  last: Uint8Array | undefined;
  /** crc32 of the line before `next`, where it was given by whoever requested. */
  check: number | undefined;
  /** The line before `next` comes once more: see `ask`. */
  repeats: boolean;
  /** Nothing came since the server said where it begins. */
  fresh: boolean;
}

const none = new Uint8Array(0);
const newline = 10;

export class FeedPosition {
  readonly #requested: Request;
  #at: At | undefined;

  constructor(requested: Request) {
    this.#requested = requested;
  }

  /** The offset of the next message to come; undefined before the server said where it begins. */
  get next(): number | undefined {
    return this.#at?.next;
  }

  /** Undefined before the server answered. */
  get identity(): { readonly feed: string; readonly epoch: string } | undefined {
    return this.#at;
  }

  /** Whether the server has sent everything before `next` on this connection; before that an ack up to there is too far. */
  get caughtUp(): boolean {
    return this.#at !== undefined && !this.#at.repeats;
  }

  /**
   * What to say to the server to go on from here. In message delivery a block's end comes behind its last line, and what
   * broke the connection may have come between the two: so within a block the last line is asked for once more, compared
   * byte for byte, and dropped; its block's end then follows it again.
   */
  ask(): Request {
    const at = this.#at;
    if (at === undefined) return this.#requested;
    const { from: _from, epoch: _epoch, check: _check, ...rest } = this.#requested;
    at.repeats = this.#requested.delivery === 'message' && at.open;
    if (at.repeats) return { ...rest, from: at.next - 1, epoch: at.epoch };
    const check = at.last === undefined ? at.check : crc32(at.last);
    return { ...rest, from: at.next, epoch: at.epoch, ...(check === undefined ? {} : { check }) };
  }

  /** Takes the answer to `ask`. Throws `reset` or `bad-server`. */
  subscribed({ feed, epoch, from }: Subscribed): void {
    const known = this.#at?.epoch ?? this.#requested.epoch;
    if (known !== undefined && known !== epoch)
      throw reset(`${feed} now has the epoch ${epoch}, not ${known} as before`, feed);
    const requested = this.#requested.from;
    this.#at ??= {
      feed,
      epoch,
      next: typeof requested === 'number' && requested >= 0 ? requested : from,
      open: false,
      last: undefined,
      check: this.#requested.check,
      repeats: false,
      fresh: true,
    };
    this.#at.fresh = true;
    const expected = this.#at.repeats ? this.#at.next - 1 : this.#at.next;
    // Further on is well where a gap says so; that it does is seen when the next thing comes.
    if (from < expected) throw badServer(`${feed} begins at ${from} where ${expected} was asked for`, feed);
  }

  /** Takes a frame of block delivery. Undefined when it brings nothing. Throws `bad-server`. */
  frame(
    header: FrameHeader,
    lines: Uint8Array,
    receivedMicros: number,
    beganMicros: number = receivedMicros,
  ): Part | undefined {
    const at = this.#placed();
    if (header.from !== at.next)
      throw badServer(`a frame of ${at.feed} begins at ${header.from} where ${at.next} had to come`, at.feed);
    if (header.from === header.to) {
      if (header.cut !== 'end' || lines.length > 0)
        throw badServer(`a frame of ${at.feed} at ${at.next} has no messages and is not the end of a block`, at.feed);
      return this.end('end', receivedMicros);
    }
    return this.#lines(at, header.to, lines, lastLine(lines), header.cut, receivedMicros, beganMicros);
  }

  /** Takes a line of message delivery. Undefined when it was there already. Throws `bad-server` or `diverged`. */
  line(line: Uint8Array, receivedMicros: number, beganMicros: number = receivedMicros): Part | undefined {
    const at = this.#placed();
    if (line.indexOf(newline) !== line.length - 1)
      throw badServer(`what came as message ${at.next} of ${at.feed} is not one line`, at.feed);
    if (!at.repeats) return this.#lines(at, at.next + 1, line, line, undefined, receivedMicros, beganMicros);
    if (!isSame(line, at.last ?? none))
      throw diverged(`message ${at.next - 1} of ${at.feed} is not what it was before the interruption`, at.feed);
    at.repeats = false;
    at.fresh = false;
    return undefined;
  }

  /** Takes the end of a block in message delivery. Throws `bad-server`. */
  cut(to: number, cut: Cut, receivedMicros: number): Part {
    const at = this.#placed();
    if (!at.open || at.repeats || to !== at.next)
      throw badServer(`a block of ${at.feed} ends at ${to} where message ${at.next} had to come`, at.feed);
    return endOf(at, cut, receivedMicros);
  }

  /**
   * Takes a gap: first the end of the block that was open, if one was, then the gap. Throws `bad-server`. A gap of nothing but
   * the line that was asked for once more loses nothing, since that line came: it ends the block, and is not told.
   */
  gap(from: number, to: number, reason: string, receivedMicros: number): (Part | Gap)[] {
    const at = this.#placed();
    const expected = at.repeats ? at.next - 1 : at.next;
    // What a place in words or a committed one turned out to lack lies before the place that the server named.
    const isBeforeStart = at.fresh && !at.open && to === at.next && from < to;
    if (!isBeforeStart && (from !== expected || to <= from))
      throw badServer(`a gap [${from}, ${to}) of ${at.feed} came where ${expected} had to come`, at.feed);
    const lostFrom = isBeforeStart ? from : at.next;
    const isLoss = lostFrom < to;
    const came: (Part | Gap)[] = at.open ? [endOf(at, isLoss ? 'gap' : 'end', receivedMicros)] : [];
    if (isLoss) came.push({ kind: 'gap', from: lostFrom, to, reason });
    Object.assign(at, { next: to, last: undefined, check: undefined, repeats: false, fresh: false });
    return came;
  }

  /** The subscription is over: the end of the block that is open, or undefined where none is. */
  end(cut: Cut, receivedMicros: number): Part | undefined {
    return this.#at?.open === true ? endOf(this.#at, cut, receivedMicros) : undefined;
  }

  #lines(
    at: At,
    to: number,
    lines: Uint8Array,
    last: Uint8Array,
    cut: Cut | undefined,
    receivedMicros: number,
    beganMicros: number,
  ): Part {
    // Both ends are looked at, not every line between: that is left to whoever parses them.
    const head = readLineHead(lines, 0);
    const lastHead = last === lines ? head : readLineHead(last, 0);
    if (head.offset !== at.next || lastHead.offset !== to - 1 || lines.at(-1) !== newline)
      throw badServer(`lines of ${at.feed} that should be [${at.next}, ${to}) begin or end with another`, at.feed);
    const from = at.next;
    at.next = to;
    at.open = cut === undefined;
    at.last = last;
    at.fresh = false;
    return {
      kind: 'part',
      from,
      to,
      lines,
      cut,
      // Clocks may go back.
      beganMicros: Math.min(beganMicros, receivedMicros),
      receivedMicros,
      firstTime: head.time,
      lastTime: lastHead.time,
    };
  }

  #placed(): At {
    if (this.#at === undefined) throw badServer('data came before the answer to subscribe');
    return this.#at;
  }
}

function endOf(at: At, cut: Cut, receivedMicros: number): Part {
  at.open = false;
  const { next } = at;
  return {
    kind: 'part',
    from: next,
    to: next,
    lines: none,
    cut,
    beganMicros: receivedMicros,
    receivedMicros,
    firstTime: undefined,
    lastTime: undefined,
  };
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
