// A folder as a collector leaves it, made by the real sink: blocks with the times of receipt that a test wants.
import { systemClock } from '../../src/base/clock.ts';
import { folderStore } from '../../src/blocks/sinks/folder.ts';
import type { Delivery } from '../../src/protocol/messages.ts';
import { joined, plainLine, storedFeed } from '../blocks/story.ts';

/** Something that a collector noted. */
export type Noted =
  | { readonly start: number }
  | { readonly gap: number }
  | {
      /** Messages in it; they follow on what was noted before. */
      readonly size: number;
      /** Of its first and its last byte, in microseconds after its last message's time. */
      readonly first: number;
      readonly last: number;
      readonly delivery?: Delivery;
    };

export interface Collected {
  readonly feed?: string;
  /** Time between two messages. */
  readonly stepMicros?: number;
  readonly noted: readonly Noted[];
}

/** Stores it all below `root`. */
export async function collect(
  root: string,
  { feed = 'user', stepMicros = 1_000_000, noted }: Collected,
): Promise<void> {
  let now = 0;
  const store = folderStore(root, { clock: { ...systemClock, nowMicros: () => now } });
  const sink = await store.open(storedFeed({ size: 5 }, { requested: feed, feed }));
  let next = 0;
  for (const each of noted) {
    if ('start' in each) {
      await sink.start(each.start);
      next = each.start;
    } else if ('gap' in each) {
      await sink.gap(next, next + each.gap);
      next += each.gap;
    } else {
      const lines = Array.from({ length: each.size }, (_, index) => plainLine(next + index, stepMicros));
      const bytes = joined(lines);
      const [firstTime, lastTime] = [lines[0]?.time ?? 0, lines.at(-1)?.time ?? 0];
      now = lastTime + each.last + 1;
      await sink.append(bytes);
      await sink.seal({
        from: next,
        to: next + each.size,
        cut: 'size',
        bytes: bytes.length,
        firstTime,
        lastTime,
        firstReceived: lastTime + each.first,
        lastReceived: lastTime + each.last,
        delivery: each.delivery ?? 'block',
      });
      next += each.size;
    }
  }
  await sink.sync();
  await sink.close();
  await store.close();
}
