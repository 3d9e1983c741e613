// A sink that tells blocks to people (or, as JSON lines, to programs) and keeps no record of its own: what the console
// and the text file have in common.
//
// The line of a block stands above its messages, and says what is known only at its end, so the messages wait here. A
// block of more than 1 MiB is told in parts: `part user from 60` and what is there, and last the block's line with the rest.
import { crc32 } from 'node:zlib';
import { type Clock, systemClock } from '../../base/clock.ts';
import { readLineHead } from '../../protocol/message.ts';
import type { BlockFacts, Sink } from '../sink.ts';
import { tellBlock, tellBlockJson, tellGap, tellGapJson, tellMessages } from '../tell.ts';

/** Where told text goes. Writes of several sinks do not mix. */
export interface Outlet {
  /** Resolves when the text was taken; rejects with `storage`. */
  write(text: string): Promise<void>;
  /** Resolves when what was written is as durable as it gets there. */
  sync(): Promise<void>;
}

export interface TellingOptions {
  /** Each block and gap as one line of JSON, without its messages. @default false */
  readonly json?: boolean;
  /** Gives the times in the JSON. @default the machine's */
  readonly clock?: Clock;
}

const heldBytes = 1_048_576;

export function tellingSink(outlet: Outlet, feed: string, options: TellingOptions): Sink {
  const { json = false, clock = systemClock } = options;
  let held: Buffer[] = [];
  let length = 0;
  let checksum = 0;

  async function write(text: string): Promise<void> {
    held = [];
    length = 0;
    await outlet.write(text);
  }

  return {
    place: undefined,
    async start() {
      // Nothing is kept that a start would have to be told apart from.
    },
    async append(lines) {
      if (lines.length === 0) return;
      checksum = crc32(lines, checksum);
      if (json) return;
      const copy = Buffer.from(lines);
      held.push(copy);
      length += copy.length;
      if (length <= heldBytes) return;
      const part = Buffer.concat(held);
      await write(`part ${feed} from ${readLineHead(part, 0).offset}\n${tellMessages(part)}`);
    },
    async seal(block: BlockFacts) {
      const record = tellBlockJson(feed, block, checksum, clock.nowMicros());
      checksum = 0;
      await write(json ? `${record}\n` : `${tellBlock(feed, block)}\n${tellMessages(Buffer.concat(held))}`);
      return record;
    },
    async gap(from, to) {
      const record = tellGapJson(feed, from, to, clock.nowMicros());
      await write(`${json ? record : tellGap(feed, from, to)}\n`);
      return record;
    },
    sync: () => outlet.sync(),
    async close() {
      held = [];
    },
  };
}
