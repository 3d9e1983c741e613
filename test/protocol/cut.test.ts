// The cut rule against a second reading of it. The reference below is written from the rules of PROTOCOL.md and over
// whole feeds: it looks at any message it likes, where the Cutter sees one after another and forgets.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anchorBefore, Cutter, frameStart } from '../../src/protocol/cut.ts';
import { makePolicy, type Policy } from '../../src/protocol/policy.ts';

/** What the rule looks at of a message; its offset is its place in the array. */
interface Sized {
  readonly time: number;
  readonly bytes: number;
}

/** What is said of a place between two messages: the frame ends there, and, unless it is a `part`, the block. */
type Ends = Map<number, 'size' | 'wait' | 'bytes' | 'part'>;

describe('the cutter and the rules, read twice', () => {
  it('B2, CUT-1, CUT-2, CUT-3, CUT-4, CUT-5, CUT-6 and FRAME-2: find the same ends', () => {
    fc.assert(
      fc.property(feedAndPolicy(), ({ feed, policy, anchorEvery }) => {
        const closed = (feed.at(-1)?.time ?? 0) + 5_000_000;
        expect(cutLate(policy, feed, 0, closed, anchorEvery)).toEqual(reference(policy, feed, closed, anchorEvery));
      }),
      { numRuns: 300 },
    );
  });

  it('B2: blocks end at the same places for who reads as messages come and for who reads later', () => {
    fc.assert(
      fc.property(feedAndPolicy(), fractionLists(), ({ feed, policy, anchorEvery }, fractions) => {
        // Three times before each message, and after the last, the feed says how far its time has gone on: not at all,
        // as far as it may, or somewhere between.
        const closed: number[][] = [];
        let known = 0;
        let drawn = 0;
        for (let offset = 0; offset <= feed.length; offset++) {
          const highest = feed[offset]?.time ?? known + 2_500_000;
          closed[offset] = [0, 1, 2].map(() => {
            known += Math.floor((highest - known) * (fractions[drawn++ % fractions.length] as number));
            return known;
          });
        }
        expect(cutLive(policy, feed, closed, anchorEvery)).toEqual(reference(policy, feed, known, anchorEvery));
      }),
      { numRuns: 300 },
    );
  });

  it('CUT-4: a start from where a frame begins before any offset finds the ends that a start from 0 finds', () => {
    fc.assert(
      fc.property(feedAndPolicy(), fc.nat(), fc.boolean(), ({ feed, policy, anchorEvery }, somewhere, knowsSlot) => {
        const offset = somewhere % (feed.length + 1);
        const slot = knowsSlot ? slotStart(policy, feed, offset) : undefined;
        const start = frameStart(policy, offset, anchorEvery, slot);
        expect(start).toBeLessThanOrEqual(offset);
        expect(offset - start).toBeLessThanOrEqual(anchorEvery);
        const closed = (feed.at(-1)?.time ?? 0) + 5_000_000;
        const all = reference(policy, feed, closed, anchorEvery);
        if (start > 0 && start < feed.length) expect([...all.keys()]).toContain(start);
        expect(cutLate(policy, feed, start, closed, anchorEvery)).toEqual(
          new Map([...all].filter(([end]) => end > start)),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('CUT-6: no block and no frame is empty, and what is taken is pending until it ends', () => {
    fc.assert(
      fc.property(feedAndPolicy(), ({ feed, policy, anchorEvery }) => {
        const cutter = new Cutter(policy, anchorEvery);
        expect(cutter.endAt(Number.POSITIVE_INFINITY)).toBeUndefined();
        let pending = 0;
        const faults: number[] = [];
        for (const [offset, { time, bytes }] of feed.entries()) {
          if (cutter.endBefore(time, bytes) !== undefined) {
            if (pending === 0 || cutter.endBefore(time, bytes) !== undefined) faults.push(offset);
            pending = 0;
          }
          pending = cutter.take(offset, time, bytes) === undefined ? pending + 1 : 0;
          if (cutter.pending !== pending) faults.push(offset);
        }
        expect(faults).toEqual([]);
        const slotEnd = cutter.slotEndMicros;
        expect(slotEnd === Number.POSITIVE_INFINITY).toBe(policy.waitMs === undefined || feed.length === 0);
        expect(cutter.endAt(slotEnd - 1)).toBeUndefined();
        expect(cutter.endAt(slotEnd)).toBe(pending > 0 && policy.waitMs !== undefined ? 'wait' : undefined);
        expect(cutter.endAt(slotEnd)).toBeUndefined();
      }),
    );
  });
});

describe('the cutter, by example', () => {
  const second = 1_000_000;

  it('CUT-1: size 5 ends behind offsets 4, 9, 14, at once', () => {
    expect(ends({ size: 5 }, messages(12, 0, 60))).toEqual([
      [5, 'size'],
      [10, 'size'],
    ]);
  });

  it('CUT-2: a message on the boundary of two slots belongs to the later one', () => {
    const feed = [999_999, second, second, 2 * second - 1].map((time) => ({ time, bytes: 60 }));
    expect(ends({ waitMs: 1_000 }, feed, 2 * second - 1)).toEqual([[1, 'wait']]);
    expect(ends({ waitMs: 1_000 }, feed, 2 * second)).toEqual([
      [1, 'wait'],
      [4, 'wait'],
    ]);
  });

  it('CUT-2: slots are counted from 1970, also before it', () => {
    const feed = [-second - 1, -second, -1, 0].map((time) => ({ time, bytes: 60 }));
    expect(ends({ waitMs: 1_000 }, feed)).toEqual([
      [1, 'wait'],
      [3, 'wait'],
    ]);
  });

  it('CUT-2: an empty slot is no block', () => {
    const feed = [0, 7 * second].map((time) => ({ time, bytes: 60 }));
    expect(ends({ waitMs: 1_000 }, feed)).toEqual([[1, 'wait']]);
  });

  it('CUT-3: a block may have exactly its bytes; one more byte ends it before', () => {
    expect(ends({ bytes: 1_000 }, [500, 500, 1].map(atOnce))).toEqual([[2, 'bytes']]);
    expect(ends({ bytes: 1_000 }, [500, 501, 499].map(atOnce))).toEqual([[1, 'bytes']]);
  });

  it('CUT-3: a message of more than its bytes is a block of its own', () => {
    expect(ends({ bytes: 1_000 }, [10, 900_000, 10, 10].map(atOnce))).toEqual([
      [1, 'bytes'],
      [2, 'bytes'],
    ]);
  });

  it('CUT-3: bytes are counted from the last cut of any kind', () => {
    expect(ends({ bytes: 1_000, size: 2 }, [500, 500, 500, 500, 500].map(atOnce))).toEqual([
      [2, 'size'],
      [4, 'size'],
    ]);
  });

  it('CUT-4: a policy of bytes cuts before every anchor, cut size', () => {
    expect(ends({ bytes: 1_073_741_824 }, messages(2_049, 0, 60), 0, 1_024)).toEqual([
      [1_024, 'size'],
      [2_048, 'size'],
    ]);
  });

  it('CUT-4: above an anchor the ends are the same whatever was there before it, as retention needs', () => {
    fc.assert(
      fc.property(feedAndPolicy(), fc.nat(), ({ feed, policy, anchorEvery }, somewhere) => {
        const earliest = anchorBefore(somewhere % (feed.length + 1), anchorEvery);
        const closed = (feed.at(-1)?.time ?? 0) + 5_000_000;
        const all = reference(policy, feed, closed, anchorEvery);
        // The block that was open there is over with a gap; from there on nothing is different.
        const blocks = (ends: Ends) => [...ends].filter(([end, name]) => end > earliest && name !== 'part');
        expect(blocks(cutLate(policy, feed, earliest, closed, anchorEvery))).toEqual(blocks(all));
      }),
      { numRuns: 300 },
    );
  });

  it('CUT-5: where several hold the cut is size before wait before bytes', () => {
    const feed = [0, 0, second, second].map((time) => ({ time, bytes: 500 }));
    expect(ends({ size: 2, waitMs: 1_000, bytes: 1_000 }, feed)).toEqual([
      [2, 'size'],
      [4, 'size'],
    ]);
    expect(ends({ size: 100, waitMs: 1_000, bytes: 1_000 }, feed)).toEqual([[2, 'wait']]);
  });

  it('FRAME-2: a block longer than a frame goes on in the next, and its bytes are counted on', () => {
    const feed = [32_768, 32_768, 32_768, 32_768].map(atOnce);
    expect(ends({ size: 100 }, feed)).toEqual([[2, 'part']]);
    expect(ends({ size: 100, bytes: 98_304 }, feed)).toEqual([
      [2, 'part'],
      [3, 'bytes'],
    ]);
  });

  it('FRAME-2: a line longer than a frame has one of its own', () => {
    expect(ends({ size: 100 }, [100, 1_000_000, 1_000_000, 100].map(atOnce))).toEqual([
      [1, 'part'],
      [2, 'part'],
      [3, 'part'],
    ]);
  });

  it('FRAME-2: a frame ends at an anchor, but only once the block goes on', () => {
    expect(ends({ size: 10_000 }, messages(256, 0, 60), 0, 256)).toEqual([]);
    expect(ends({ size: 10_000 }, messages(257, 0, 60), 0, 256)).toEqual([[256, 'part']]);
    expect(ends({ waitMs: 1_000 }, [...messages(256, 0, 60), { time: second, bytes: 60 }], 0, 256)).toEqual([
      [256, 'wait'],
    ]);
  });

  it('CUT-2: a feed that is closed for ever ends the last slot, and no block of a policy without one', () => {
    const closedForEver = Number.POSITIVE_INFINITY;
    expect(ends({ size: 5, waitMs: 1_000 }, messages(3, 0, 60), closedForEver)).toEqual([[3, 'wait']]);
    expect(ends({ size: 5 }, messages(3, 0, 60), closedForEver)).toEqual([]);
  });

  it('slots are exact at the largest times there are', () => {
    const waitMs = 7;
    const last = Number.MAX_SAFE_INTEGER - (Number.MAX_SAFE_INTEGER % 7_000);
    const feed = [last - 1, last, Number.MAX_SAFE_INTEGER].map((time) => ({ time, bytes: 60 }));
    expect(ends({ waitMs }, feed)).toEqual([[1, 'wait']]);
  });
});

/** The ends of the feed by the rules alone. `closed`: no message earlier than that can still appear. */
function reference(policy: Policy, feed: readonly Sized[], closed: number, anchorEvery: number): Ends {
  const { size, waitMs, bytes } = policy;
  const slot = (time: number) => BigInt(time) / (BigInt(waitMs as number) * 1_000n);
  const slotIsOver = (place: number) => {
    if (waitMs === undefined) return false;
    const next = feed[place]?.time ?? closed;
    return slot((feed[place - 1] as Sized).time) < slot(next);
  };
  const lengths = [0];
  for (const message of feed) lengths.push((lengths.at(-1) as number) + message.bytes);
  const bytesBetween = (from: number, to: number) => (lengths[to] as number) - (lengths[from] as number);

  const ends: Ends = new Map();
  let blockStart = 0;
  let frameBegin = 0;
  for (let place = 1; place <= feed.length; place++) {
    const wouldBe = Math.min(place + 1, feed.length);
    const rules = {
      size: place % (size ?? feed.length + 1) === 0 || (bytes !== undefined && place % anchorEvery === 0),
      wait: slotIsOver(place),
      bytes: place < feed.length && bytes !== undefined && bytesBetween(blockStart, wouldBe) > bytes,
      part: place < feed.length && (place % anchorEvery === 0 || bytesBetween(frameBegin, wouldBe) > 65_536),
    };
    const end = (['size', 'wait', 'bytes', 'part'] as const).find((name) => rules[name]);
    if (end === undefined) continue;
    ends.set(place, end);
    frameBegin = place;
    if (end !== 'part') blockStart = place;
  }
  return ends;
}

/** The ends that a reader finds to whom the messages from `start` are there already. */
function cutLate(policy: Policy, feed: readonly Sized[], start: number, closed: number, anchorEvery: number): Ends {
  const nothingSaid = Array.from({ length: feed.length }, () => []);
  return cutLive(policy, feed, [...nothingSaid, [closed]], anchorEvery, start);
}

/** The ends that a reader finds who hears, before each message, the closed times of `closed[offset]`. */
function cutLive(
  policy: Policy,
  feed: readonly Sized[],
  closed: readonly number[][],
  anchorEvery: number,
  start = 0,
): Ends {
  const cutter = new Cutter(policy, anchorEvery);
  const found: Ends = new Map();
  for (let offset = start; offset <= feed.length; offset++) {
    for (const micros of closed[offset] ?? []) {
      const end = cutter.endAt(micros);
      if (end !== undefined) found.set(offset, end);
    }
    const message = feed[offset];
    if (message === undefined) continue;
    const before = cutter.endBefore(message.time, message.bytes);
    if (before !== undefined) found.set(offset, before);
    const behind = cutter.take(offset, message.time, message.bytes);
    if (behind !== undefined) found.set(offset + 1, behind);
  }
  return found;
}

/** The offset of the first message of the slot in which the message before `offset` lies. */
function slotStart(policy: Policy, feed: readonly Sized[], offset: number): number {
  const before = feed[offset - 1];
  if (policy.waitMs === undefined || before === undefined) return 0;
  const slotMicros = policy.waitMs * 1_000;
  return feed.findIndex((message) => message.time >= before.time - (before.time % slotMicros));
}

function ends(policy: Policy, feed: readonly Sized[], closed = 0, anchorEvery = 4_096): [number, string][] {
  return [...cutLate(makePolicy(policy), feed, 0, closed, anchorEvery)];
}

function messages(count: number, time: number, bytes: number): Sized[] {
  return Array.from({ length: count }, () => ({ time, bytes }));
}

function atOnce(bytes: number): Sized {
  return { time: 0, bytes };
}

/** How far the closed time goes on each time, of what it may: often not at all, often all the way. */
function fractionLists(): fc.Arbitrary<number[]> {
  return fc.array(fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })), {
    minLength: 1,
    maxLength: 50,
  });
}

// Policies of small numbers and feeds made for them: runs of equal messages, whose lengths divide the limits, whose steps
// in time divide the slots, and which are together long enough to pass several anchors.
function feedAndPolicy(): fc.Arbitrary<{ feed: Sized[]; policy: Policy; anchorEvery: number }> {
  const policy = fc
    .record(
      {
        size: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(4_095, 4_096, 4_097, 6_000, 2_147_483_647)),
        waitMs: fc.constantFrom(1, 2, 7, 1_000),
        bytes: fc.constantFrom(1_000, 1_001, 4_096, 65_536, 70_000, 1_048_576, 1_073_741_824),
      },
      { requiredKeys: [], noNullPrototype: true },
    )
    .map(makePolicy);
  const run = fc.record({
    count: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 1, max: 30 }) },
      { weight: 2, arbitrary: fc.constantFrom(4_094, 4_095, 4_096) },
    ),
    gap: fc.constantFrom(0, 1, 999, 1_000, 1_001, 7_000, 1_000_000, 3_500_000),
    step: fc.constantFrom(0, 0, 1, 500, 1_000, 7_000),
    bytes: fc.oneof(
      fc.constantFrom(40, 64, 128, 250, 500, 1_000, 1_001, 16_384, 65_535, 65_536, 65_537, 1_000_000),
      fc.integer({ min: 40, max: 2_000 }),
    ),
  });
  const times = fc.constantFrom(0, 1, 999_999, 1_763_820_000_123_456, 1_763_820_000_000_000);
  const anchorEvery = fc.constantFrom(1, 16, 64, 512, 4_096);
  const runs = fc.array(run, { maxLength: 12 });
  return fc.record({ policy, anchorEvery, first: times, runs }).map(({ policy, anchorEvery, first, runs }) => {
    const feed: Sized[] = [];
    let time = first;
    for (const { count, gap, step, bytes } of runs) {
      time += gap;
      for (let index = 0; index < count; index++) {
        feed.push({ time, bytes });
        time += step;
      }
    }
    return { feed, policy, anchorEvery };
  });
}
