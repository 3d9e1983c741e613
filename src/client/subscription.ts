// A subscription as the library's users get it: blocks, or the parts they are made of, to iterate over, and a way to leave.
import { assert } from '../base/assert.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import { isOffset } from '../protocol/message.ts';
import { Block } from './block.ts';
import type { Opened } from './events.ts';
import { closed } from './faults.ts';
import type { FeedReader } from './feedReader.ts';
import { Gather } from './gather.ts';
import type { Gap, Part } from './part.ts';

/**
 * Iterate over it for blocks, or over `parts()` for blocks that are larger than memory; one of the two, once. Leaving the
 * loop (`break`, `return`, an error) leaves the subscription at once. What was not taken waits in memory up to
 * `receivedBytes` for all subscriptions of one connection: then the connection stops reading, so take from all of them.
 *
 * The iterators throw a BlockfeedError when the subscription ends against your will: `reset`, `diverged`, `unknown-feed`,
 * `bad-feed`, `unreachable`, `bad-server`, `closed` and others that a server may say; what came before is handed out first.
 */
export class Subscription implements AsyncIterable<Block> {
  readonly #reader: FeedReader;
  #iterated = false;
  /** The end of what was handed out: nothing beyond it can be durable with anybody. */
  #handedOutTo: number | undefined;

  /** Subscriptions are made by `client.subscribe`. */
  constructor(reader: FeedReader) {
    this.#reader = reader;
  }

  /** What the server answered when it was first requested. Rejects as the iterators throw. */
  get opened(): Promise<Opened> {
    return this.#reader.opened;
  }

  /** The offset of the next message to come from the server; undefined before it has answered. */
  get next(): number | undefined {
    return this.#reader.next;
  }

  /** How many messages exist in the feed that have not come yet, as of the server's last word; undefined where unknown. */
  get lag(): number | undefined {
    return this.#reader.lag;
  }

  /** How often it went on after its connection broke. */
  get reconnects(): number {
    return this.#reader.reconnects;
  }

  /** The blocks. */
  [Symbol.asyncIterator](): AsyncGenerator<Block, void, undefined> {
    const gather = new Gather();
    const ack = (to: number) => this.#reader.ack(to);
    return this.#take((next) => {
      const gathered = gather.take(next);
      if (gathered === undefined) return undefined;
      const { feed, epoch } = this.#identity();
      return new Block(feed, epoch, gathered, ack);
    });
  }

  /**
   * The parts of blocks as they come, and the gaps between; a part with `cut` is the last of its block, and may have no
   * lines. None has more than 65,536 bytes, or one line. In message delivery a part is one message, or several that came at
   * the same time.
   */
  parts(): AsyncGenerator<Part | Gap, void, undefined> {
    return this.#take((next) => next);
  }

  /**
   * Tells the server that everything before `to` is durable with you; as `block.ack()`. Throws `bad-ack` when that is
   * beyond what was handed out, or no offset.
   */
  ack(to: number): void {
    if (!isOffset(to) || to > (this.#handedOutTo ?? -1))
      throw new BlockfeedError(
        'bad-ack',
        `${to} is acked, but what was handed out ends at ${this.#handedOutTo ?? 'nothing'}`,
        {
          hint: 'Ack the `to` of a block or part that came.',
          about: this.#reader.requested,
        },
      );
    this.#reader.ack(to);
  }

  /**
   * Leaves gracefully: the messages there are of the block that is filling come as a block with cut `end`, the server waits
   * up to 5 s for its ack, and then the iteration ends. Go on iterating until it does.
   */
  leave(): void {
    this.#reader.leave();
  }

  async *#take<Taken>(make: (next: Part | Gap) => Taken | undefined): AsyncGenerator<Taken, void, undefined> {
    if (this.#iterated) throw closed('the subscription is being iterated over already, or was');
    this.#iterated = true;
    let firstReceivedMicros: number | undefined;
    try {
      for (;;) {
        const taken = this.#reader.take();
        if (taken === undefined) await this.#reader.filled();
        else if ('item' in taken) {
          const { item } = taken;
          if (item.kind === 'part') {
            firstReceivedMicros ??= item.beganMicros;
            this.#handedOutTo = item.to;
            if (item.cut !== undefined) {
              this.#reader.acks.handOut(item.to, Math.max(0, item.receivedMicros - firstReceivedMicros));
              firstReceivedMicros = undefined;
            }
          }
          const made = make(item);
          if (made !== undefined) yield made;
        } else if (taken.ended === undefined) return;
        else throw taken.ended.error;
      }
    } finally {
      this.#reader.drop();
      this.#reader.discard();
    }
  }

  #identity(): { readonly feed: string; readonly epoch: string } {
    const { identity } = this.#reader;
    assert(identity !== undefined, 'that a block comes of a feed that was named');
    return identity;
  }
}
