// What the tests of this room store: a feed's lines, and the blocks of a policy over them, cut here by a second and plainer
// reading of the cut rule than the product's.
import fc from 'fast-check';
import type { BlockFacts, Sink, StoredFeed } from '../../src/blocks/sink.ts';
import type { Cut } from '../../src/protocol/cut.ts';
import { messageLine } from '../../src/protocol/message.ts';
import type { Policy } from '../../src/protocol/policy.ts';

export interface Line {
  readonly offset: number;
  readonly time: number;
  readonly bytes: Buffer;
}

/** Something that is done to a sink between two syncs. */
export type Step =
  | { readonly does: 'start'; readonly from: number }
  | { readonly does: 'block'; readonly lines: readonly Line[]; readonly cut: Cut }
  | { readonly does: 'gap'; readonly from: number; readonly to: number };

export function storedFeed(policy: Policy, changes: Partial<StoredFeed> = {}): StoredFeed {
  const epoch = '00112233445566778899aabbccddeeff';
  return {
    requested: 'user',
    feed: 'user',
    epoch,
    specification: 'user?rate=1',
    anchorEvery: 4_096,
    policy,
    ...changes,
  };
}

/** The line at `offset` of the feed that all these tests use where they make their own lines. */
export function plainLine(offset: number, stepMicros = 1_000_000): Line {
  return makeLine(offset, 1_767_225_600_000_000 + offset * stepMicros, `{"n":${offset}}`);
}

export function makeLine(offset: number, time: number, data: string): Line {
  return { offset, time, bytes: Buffer.from(messageLine(offset, time, data)) };
}

export function plainLines(from: number, to: number): Line[] {
  return Array.from({ length: to - from }, (_, index) => plainLine(from + index));
}

export function joined(lines: readonly Line[]): Buffer {
  return Buffer.concat(lines.map((line) => line.bytes));
}

export function factsOf(lines: readonly Line[], cut: Cut): BlockFacts {
  const first = lines[0] as Line;
  const last = lines[lines.length - 1] as Line;
  return {
    from: first.offset,
    to: last.offset + 1,
    cut,
    bytes: joined(lines).length,
    firstTime: first.time,
    lastTime: last.time,
    firstReceived: first.time + 5,
    lastReceived: last.time + 7,
    delivery: 'block',
  };
}

/** Applies a step to a sink; a block in appends of `appendLines` lines, in memory that is used again at once. */
export async function apply(sink: Sink, step: Step, appendLines = 3): Promise<void> {
  if (step.does === 'start') return sink.start(step.from);
  if (step.does === 'gap') {
    await sink.gap(step.from, step.to);
    return;
  }
  for (let at = 0; at < step.lines.length; at += appendLines) {
    const memory = joined(step.lines.slice(at, at + appendLines));
    await sink.append(memory);
    memory.fill(0x21);
  }
  await sink.seal(factsOf(step.lines, step.cut));
}

/** Where blocks end, by the words of the cut rule: the cut before each offset from 1 to the number of lines, or none. */
function cutsOf(lines: readonly Line[], policy: Policy): (Cut | undefined)[] {
  const found: (Cut | undefined)[] = [undefined];
  let bytes = 0;
  lines.forEach((line, index) => {
    const before = lines[index - 1];
    if (before !== undefined) {
      const offset = line.offset;
      const { size, waitMs } = policy;
      const slot = (time: number): number => (waitMs === undefined ? 0 : Math.floor(time / (waitMs * 1_000)));
      let cut: Cut | undefined;
      if (policy.bytes !== undefined && bytes + line.bytes.length > policy.bytes) cut = 'bytes';
      if (slot(before.time) !== slot(line.time)) cut = 'wait';
      if ((size !== undefined && offset % size === 0) || (policy.bytes !== undefined && offset % 4_096 === 0))
        cut = 'size';
      if (cut !== undefined) bytes = 0;
      found[index] = cut;
    }
    bytes += line.bytes.length;
  });
  return found;
}

const anyPolicy: fc.Arbitrary<Policy> = fc
  .record({
    size: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
    waitMs: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
    bytes: fc.option(fc.integer({ min: 1_000, max: 2_000 }), { nil: undefined }),
  })
  .filter(({ size, waitMs, bytes }) => size !== undefined || waitMs !== undefined || bytes !== undefined)
  .map((stated) => Object.fromEntries(Object.entries(stated).filter(([, value]) => value !== undefined)));

/** A feed from offset 0: times that never go back, several messages of one time, data of any text. */
const anyLines: fc.Arbitrary<Line[]> = fc
  .array(
    fc.record({
      step: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 9_000 })),
      data: fc.oneof(
        fc.constant('1'),
        fc.json({ maxDepth: 1 }),
        fc.integer({ min: 0, max: 900 }).map((n) => `"${'é'.repeat(n / 2)}"`),
      ),
    }),
    { minLength: 8, maxLength: 60 },
  )
  .map((parts) => {
    let time = 1_767_225_600_000_000;
    return parts.map(({ step, data }, offset) => {
      time += step;
      return makeLine(offset, time, data);
    });
  });

export interface Story {
  readonly policy: Policy;
  /** The whole feed, from offset 0. */
  readonly feed: readonly Line[];
  readonly steps: readonly Step[];
}

/**
 * What a collector may live through: it starts anywhere, is left at any message (a block cut by end) and goes on, meets
 * gaps, and starts anew further on. The last block has ended for certain.
 */
export const anyStory: fc.Arbitrary<Story> = fc
  .record({
    policy: anyPolicy,
    feed: anyLines,
    from: fc.nat({ max: 20 }),
    ends: fc.uniqueArray(fc.nat({ max: 60 }), { maxLength: 3 }),
    jumps: fc.uniqueArray(
      fc.record({ at: fc.nat({ max: 60 }), by: fc.integer({ min: 1, max: 5 }), lost: fc.boolean() }),
      {
        maxLength: 2,
        selector: ({ at }) => at,
      },
    ),
  })
  .map(({ policy, feed, from, ends, jumps }) => {
    const cuts = cutsOf(feed, policy);
    const start = Math.min(from, feed.length - 1);
    const steps: Step[] = [{ does: 'start', from: start }];
    let lines: Line[] = [];
    const block = (cut: Cut): void => {
      if (lines.length > 0) steps.push({ does: 'block', lines, cut });
      lines = [];
    };
    for (let offset = start; offset < feed.length; offset++) {
      const cut = cuts[offset];
      if (cut !== undefined) block(cut);
      const jump = jumps.find(({ at }) => at === offset);
      if (jump !== undefined && offset + jump.by < feed.length) {
        block(jump.lost ? 'gap' : 'end');
        const to = offset + jump.by;
        steps.push(jump.lost ? { does: 'gap', from: offset, to } : { does: 'start', from: to });
        offset = to;
      } else if (ends.includes(offset)) block('end');
      lines.push(feed[offset] as Line);
    }
    return { policy, feed, steps };
  });
