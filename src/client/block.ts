// A block as the library's users get it.
import { assert } from '../base/assert.ts';
import type { Cut } from '../protocol/cut.ts';
import { lastLine, type Message, parseMessages, readLineHead } from '../protocol/message.ts';
import { badServer } from './faults.ts';
import { type Gathered, joinLines } from './gather.ts';
import type { Gap } from './part.ts';

export class Block {
  /** The feed's name, and the epoch in which its offsets mean something. */
  readonly feed: string;
  readonly epoch: string;
  /** It holds the messages with offsets from `from` up to, not including, `to`. */
  readonly from: number;
  readonly to: number;
  /** Why it ends. */
  readonly cut: Cut;
  /**
   * The lines, each with its newline: the very bytes of the server's feed. Not to be written to. May be a view on a frame
   * that is a few bytes longer.
   */
  readonly lines: Uint8Array;
  /** What was reported lost between the block before and this one; mostly empty. */
  readonly gapsBefore: readonly Gap[];
  /** When its first and its last bytes had come, integer microseconds since 1970 by this machine's clock. */
  readonly firstReceivedMicros: number;
  readonly lastReceivedMicros: number;
  readonly #ack: () => void;
  #messages: readonly Message[] | undefined;

  /** Blocks are made by the library. */
  constructor(feed: string, epoch: string, gathered: Gathered, ack: (to: number) => void) {
    const first = gathered.parts[0];
    const last = gathered.parts.at(-1);
    assert(first !== undefined && last?.cut !== undefined, 'that a block has parts, the last with a cut,');
    this.feed = feed;
    this.epoch = epoch;
    this.from = first.from;
    this.to = last.to;
    this.cut = last.cut;
    this.lines = joinLines(gathered.parts);
    this.gapsBefore = gathered.gapsBefore;
    this.firstReceivedMicros = first.beganMicros;
    this.lastReceivedMicros = last.receivedMicros;
    this.#ack = () => ack(this.to);
  }

  /** How many microseconds passed from its first bytes received to its last: this client's, unlike the span. */
  get tookMicros(): number {
    // The clock may have been set back between the two.
    return Math.max(0, this.lastReceivedMicros - this.firstReceivedMicros);
  }

  /** The time of its first message by the feed's clock, integer microseconds since 1970. */
  get firstTime(): number {
    return readLineHead(this.lines, 0).time;
  }

  /** The time of its last message. */
  get lastTime(): number {
    return readLineHead(lastLine(this.lines), 0).time;
  }

  /** The last message's time minus the first's, in microseconds: the same for everybody. */
  get spanMicros(): number {
    return this.lastTime - this.firstTime;
  }

  /** The messages, parsed when they are first asked for. Throws `bad-server` when a line is not a message. */
  get messages(): readonly Message[] {
    this.#messages ??= this.#parse();
    return this.#messages;
  }

  /**
   * Tells the server that everything up to the end of this block is durable with you; blocks before it are acked with it.
   * Resolves at once, when it is noted: all acks of one turn go out as one message, and while there is no connection the
   * last is kept and said on resuming. Without effect once the subscription is over.
   */
  async ack(): Promise<void> {
    this.#ack();
  }

  #parse(): readonly Message[] {
    const messages = parseMessages(this.lines);
    const dense = messages.every((message, index) => message.offset === this.from + index);
    if (dense && messages.length === this.to - this.from) return messages;
    throw badServer(`the block [${this.from}, ${this.to}) of ${this.feed} does not hold each of its offsets once`);
  }
}
