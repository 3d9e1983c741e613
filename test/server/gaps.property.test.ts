// B1 and GAP-1 at the wire while retention follows the readers: whatever is lost is told, whatever comes is contiguous,
// the bytes of the feed, and cut where the rule says.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sliceOf } from '../../src/feed/lines.ts';
import { MemoryFeed } from '../../src/feed/logs/memory.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import { createServer } from '../../src/server/index.ts';
import { cutsOf, type Line } from '../support/bruteForce.ts';
import { LaterFeed } from '../support/feeds.ts';
import { ManualClock, newYearMicros } from '../support/manualClock.ts';
import { policyFields, SessionPeer } from '../support/sessionPeer.ts';

type Step =
  | { readonly do: 'append'; readonly count: number; readonly length: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'forget'; readonly behind: number }
  | { readonly do: 'turns'; readonly count: number }
  | { readonly do: 'ack' | 'pause' | 'leave'; readonly reader: number }
  | { readonly do: 'join'; readonly reader: Plan };

interface Plan {
  readonly policy: Policy;
  readonly delivery: 'block' | 'message';
  readonly window: number;
  readonly back: number;
  /** So many messages after its start; 0: nowhere. */
  readonly length: number;
}

const anyPlan: fc.Arbitrary<Plan> = fc.record({
  policy: fc
    .record(
      {
        size: fc.constantFrom(1, 2, 5, 30, 5_000),
        waitMs: fc.constantFrom(1, 7, 50),
        bytes: fc.constantFrom(1_000, 5_000, 200_000),
      },
      { requiredKeys: [], noNullPrototype: true },
    )
    .filter((policy) => Object.keys(policy).length > 0),
  delivery: fc.constantFrom('block', 'message'),
  window: fc.constantFrom(1, 2, 8),
  back: fc.nat(60),
  length: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 80 })),
});

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      count: fc.integer({ min: 1, max: 40 }),
      length: fc.constantFrom(1, 100, 3_000, 90_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('forget' as const), behind: fc.nat(50) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 30 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('ack' as const, 'pause' as const, 'leave' as const),
      reader: fc.nat(5),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('join' as const), reader: anyPlan }) },
);

interface Joined {
  readonly plan: Plan;
  readonly peer: SessionPeer;
  readonly from: number;
  readonly until: number;
  left: boolean;
}

async function run(steps: readonly Step[], anchorEvery: number, isLater: boolean): Promise<void> {
  const clock = new ManualClock(newYearMicros + 123_000);
  const memory = new MemoryFeed('memory', { clock, anchorEvery });
  const server = createServer({ clock, feeds: { memory: isLater ? new LaterFeed(memory) : memory } });
  const { url } = await server.listen();
  const lines: Line[] = [];
  const readers: Joined[] = [];
  try {
    for (const step of steps) {
      for (const { peer } of readers) if (peer.webSocket.isPaused && step.do !== 'append') peer.webSocket.resume();
      if (step.do === 'append')
        for (let index = 0; index < step.count; index++) {
          const offset = memory.append('x'.repeat(step.length));
          const chunk = memory.read(offset);
          lines.push({ time: chunk.timeOf(offset), text: sliceOf(chunk, offset, offset + 1).toString() });
        }
      else if (step.do === 'pass') clock.advance(step.ms);
      else if (step.do === 'forget') memory.forget(memory.tail() - step.behind);
      else if (step.do === 'turns') for (let turn = 0; turn < step.count; turn++) await new Promise(setImmediate);
      else if (step.do === 'join') readers.push(await join(step.reader, url, memory));
      else {
        const reader = readers[step.reader % Math.max(1, readers.length)];
        if (reader === undefined) continue;
        if (step.do === 'pause') reader.peer.webSocket.pause();
        else if (step.do === 'ack') reader.peer.ack('memory', reader.peer.next('memory'));
        else leave(reader);
      }
    }
    clock.advance(200);
    for (const reader of readers) await check(reader, lines, cutsFor(reader.plan.policy, lines, memory), memory);
  } finally {
    for (const { peer } of readers) peer.close();
    const closed = server.close();
    server.terminate();
    await closed;
  }
}

async function join(plan: Plan, url: string, memory: MemoryFeed): Promise<Joined> {
  const peer = await SessionPeer.open(url);
  const asked = Math.max(0, memory.tail() - plan.back);
  const until = plan.length === 0 ? Number.POSITIVE_INFINITY : asked + plan.length;
  const { from } = await peer.subscribe({
    feed: 'memory',
    from: asked,
    window: plan.window,
    delivery: plan.delivery,
    ...(plan.length === 0 ? {} : { until }),
    ...policyFields(plan.policy),
  });
  expect(from).toBe(asked);
  return { plan, peer, from, until, left: false };
}

function leave(reader: Joined): void {
  if (!reader.left) reader.peer.say({ type: 'unsubscribe', feed: 'memory', flush: true });
  reader.left = true;
}

function cutsFor(policy: Policy, lines: readonly Line[], memory: MemoryFeed) {
  return cutsOf(lines, policy, memory.watermarkMicros(), memory.anchorEvery);
}

async function check(
  reader: Joined,
  lines: readonly Line[],
  cuts: ReturnType<typeof cutsOf>,
  memory: MemoryFeed,
): Promise<void> {
  const { peer, from, until } = reader;
  peer.webSocket.resume();
  peer.acksAll = true;
  peer.ack('memory', peer.next('memory'));
  const isOver = () => peer.said.some(({ type }) => type === 'unsubscribed' || type === 'error');
  if (!reader.left && until > memory.tail()) {
    const last = cuts.findLastIndex((cut) => cut !== undefined);
    await peer.until(() => peer.next('memory') >= Math.max(from, last));
    leave(reader);
  }
  await peer.until(isOver);
  let at = from;
  const came = peer.came('memory');
  for (const [index, item] of came.entries()) {
    const [begin, to] = 'gap' in item ? item.gap : [item.from, item.to];
    expect(begin).toBe(at);
    at = to;
    if ('gap' in item) {
      expect(to).toBeLessThanOrEqual(memory.earliest());
      if (to !== until) expect(to % memory.anchorEvery).toBe(0);
      continue;
    }
    expect(
      item.lines ===
        lines
          .slice(begin, to)
          .map(({ text }) => text)
          .join(''),
    ).toBe(true);
    expect(
      cuts.slice(begin + 1, to).filter((cut) => cut !== undefined),
      `inside [${begin},${to})`,
    ).toEqual([]);
    const next = came[index + 1];
    if (item.cut === 'gap') expect(next).toHaveProperty('gap');
    else if (item.cut === 'end') expect(next).toBeUndefined();
    else expect(item.cut).toBe(cuts[to]);
  }
  expect(at).toBeLessThanOrEqual(Math.max(from, Math.min(until, memory.tail())));
  if (until <= memory.tail() && until > from && !reader.left) expect(at).toBe(until);
}

describe('B1 and GAP-1: with retention at their heels', () => {
  for (const isLater of [false, true])
    it(`B1, B2, F5 and GAP-1: readers get what is there and are told what is not (a feed that answers ${isLater ? 'later' : 'at once'})`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(anyStep, { minLength: 3, maxLength: 40 }),
          anyPlan,
          fc.constantFrom(1, 16, 64, 4_096),
          async (steps, first, anchorEvery) =>
            await run([{ do: 'join', reader: first }, ...steps], anchorEvery, isLater),
        ),
        { numRuns: 60, timeout: 5_000, interruptAfterTimeLimit: 60_000 },
      );
    }, 120_000);
});
