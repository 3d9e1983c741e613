// A sink that prints blocks for people (or, as JSON lines, for programs) and keeps no record of its own: what the console
// and the text file have in common.
//
// The line of a block stands above its messages, and says what is known only at its end, so the messages wait here. A
// block of more than 1 MiB is printed in parts: `part user from 60` and what is there, and last the block's line with the rest.
import { crc32 } from 'node:zlib';
import { type Clock, systemClock } from '../../base/clock.ts';
import { readLineHead } from '../../protocol/message.ts';
import { formatBlock, formatBlockJson, formatGap, formatGapJson, formatMessages } from '../format.ts';
import { blockLimits } from '../limits.ts';
import type { BlockFacts, Sink } from '../sink.ts';

/** Where the text goes. Writes of several sinks do not mix. */
export interface Outlet {
  /** Resolves when the text was taken; rejects with `storage`. */
  write(text: string): Promise<void>;
  /** Resolves when what was written is as durable as it gets there. */
  sync(): Promise<void>;
}

export interface PrintingOptions {
  /** Each block and gap as one line of JSON, without its messages. @default false */
  readonly json?: boolean;
  /** Gives the times in the JSON. @default the machine's */
  readonly clock?: Clock;
}

export function printingSink(outlet: Outlet, feed: string, options: PrintingOptions): Sink {
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
    position: undefined,
    async start() {
      // Nothing is kept, so a start changes nothing.
    },
    async append(lines) {
      if (lines.length === 0) return;
      checksum = crc32(lines, checksum);
      if (json) return;
      const copy = Buffer.from(lines);
      held.push(copy);
      length += copy.length;
      if (length <= blockLimits.heldBytes.default) return;
      const part = Buffer.concat(held);
      await write(`part ${feed} from ${readLineHead(part, 0).offset}\n${formatMessages(part)}`);
    },
    async seal(block: BlockFacts) {
      const record = formatBlockJson(feed, block, checksum, clock.nowMicros());
      checksum = 0;
      await write(json ? `${record}\n` : `${formatBlock(feed, block)}\n${formatMessages(Buffer.concat(held))}`);
      return record;
    },
    async gap(from, to) {
      const record = formatGapJson(feed, from, to, clock.nowMicros());
      await write(`${json ? record : formatGap(feed, from, to)}\n`);
      return record;
    },
    sync: () => outlet.sync(),
    async close() {
      held = [];
    },
  };
}
