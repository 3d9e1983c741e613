// B1 and B2 at the wire: whoever reads, from where, when, in which delivery, however slowly and with whatever acks, gets
// the blocks that the cut rule says, byte for byte.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryFeed } from '../../src/feed/logs/memory.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import { createServer } from '../../src/server/index.ts';
import { blocksOf, type Line, latestOf, linesOf } from '../support/bruteForce.ts';
import { LaterFeed } from '../support/feeds.ts';
import { ManualClock, newYearMicros } from '../support/manualClock.ts';
import { PlainPeer } from '../support/plainPeer.ts';
import { eventually } from '../support/server.ts';
import { policyFields, SessionPeer } from '../support/sessionPeer.ts';

type Step =
  | { readonly do: 'append'; readonly count: number; readonly length: number; readonly text: string }
  | { readonly do: 'pass'; readonly micros: number }
  | { readonly do: 'boundary'; readonly waitMs: number }
  | { readonly do: 'back'; readonly ms: number }
  | { readonly do: 'turns'; readonly count: number }
  | { readonly do: 'join'; readonly reader: ReaderPlan };

interface ReaderPlan {
  readonly policy: number;
  readonly way: 'block' | 'message' | 'plain' | 'plain lines';
  readonly place: 'latest' | 'tail' | 'earliest' | 'offset' | 'count' | 'time';
  readonly at: number;
  readonly window: number;
  /** For each block whether it is acked at once, or kept until the window is full. */
  readonly acks: readonly boolean[];
  /** For each block whether reading pauses behind it until the next step. */
  readonly pauses: readonly boolean[];
}

const anyPolicy: fc.Arbitrary<Policy> = fc
  .record(
    {
      size: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(1_000)),
      waitMs: fc.constantFrom(1, 2, 5, 10, 50),
      bytes: fc.integer({ min: 1_000, max: 3_000 }),
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  .filter((policy) => Object.keys(policy).length > 0);

const anyReader: fc.Arbitrary<ReaderPlan> = fc.record({
  policy: fc.nat(2),
  way: fc.constantFrom('block', 'message', 'plain', 'plain lines'),
  place: fc.constantFrom('latest', 'tail', 'earliest', 'offset', 'count', 'time'),
  at: fc.nat(1_000),
  window: fc.constantFrom(1, 2, 8, 1_000),
  acks: fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
  pauses: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
});

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      count: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 60 })),
      length: fc.oneof(fc.constant(1), fc.nat(700), fc.constant(1_100)),
      text: fc.constantFrom('x', 'ä', '\u{1f40c}', '"\\\n'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      micros: fc.oneof(fc.integer({ min: 1, max: 999 }), fc.integer({ min: 1_000, max: 60_000 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('boundary' as const), waitMs: fc.constantFrom(1, 2, 5, 10, 50) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('back' as const), ms: fc.integer({ min: 1, max: 100 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 20 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('join' as const), reader: anyReader }) },
);

/** A reader of either kind that can be checked at the end. */
interface Joined {
  readonly plan: ReaderPlan;
  readonly policy: Policy;
  readonly from: number;
  readonly session: SessionPeer | undefined;
  readonly plain: PlainPeer | undefined;
}

async function run(
  policies: readonly Policy[],
  steps: readonly Step[],
  anchorEvery: number,
  isLater: boolean,
): Promise<void> {
  const clock = new ManualClock(newYearMicros + 123_456);
  const memory = new MemoryFeed('memory', { clock, anchorEvery });
  const feed = isLater ? new LaterFeed(memory) : memory;
  const server = createServer({ clock, feeds: { memory: feed } });
  const { url } = await server.listen();
  const readers: Joined[] = [];
  try {
    const append = ({ count, length, text }: Extract<Step, { do: 'append' }>) => {
      for (let index = 0; index < count; index++) memory.append(text.repeat(length / text.length));
    };
    const join = async (plan: ReaderPlan) => {
      readers.push(
        await joined(plan, policies[plan.policy % policies.length] as Policy, url, memory, await linesOf(memory)),
      );
    };
    for (const step of steps) {
      for (const { session } of readers) session?.webSocket.resume();
      if (step.do === 'append') append(step);
      else if (step.do === 'pass') clock.advance(step.micros / 1_000);
      else if (step.do === 'boundary') clock.advance(step.waitMs - ((clock.nowMicros() / 1_000) % step.waitMs));
      else if (step.do === 'back') clock.set(clock.nowMicros() - step.ms * 1_000);
      else if (step.do === 'join') await join(step.reader);
      else for (let turn = 0; turn < step.count; turn++) await new Promise(setImmediate);
    }
    // A clock that went back is set right, and every slot and its timer, which began by the wrong clock, have time to end.
    clock.set(memory.watermarkMicros());
    clock.advance(120);
    clock.advance(1);
    const lines = await linesOf(memory);
    for (const reader of readers) await check(reader, lines, memory);
    for (const { session, plain } of readers) (session ?? plain)?.close();
    await eventually(() => server.stats().connections === 0);
    expect(server.stats()).toMatchObject({ subscriptions: 0, unsentBytes: 0, cachedBytes: 0, gatheredBytes: 0 });
    // The server's own tick, and nothing else.
    expect(clock.pending).toBe(1);
  } finally {
    for (const { session, plain } of readers) (session ?? plain)?.close();
    const closed = server.close();
    server.terminate();
    await closed;
  }
}

async function joined(
  plan: ReaderPlan,
  policy: Policy,
  url: string,
  memory: MemoryFeed,
  lines: Line[],
): Promise<Joined> {
  const tail = memory.tail();
  const offset = plan.at % (tail + 3);
  const time = memory.watermarkMicros() - plan.at * 100;
  const byTime = lines.findIndex((line) => line.time >= time);
  const filling = latestOf(lines, policy, memory.watermarkMicros(), memory.anchorEvery);
  const expected = {
    latest: filling,
    tail,
    earliest: 0,
    offset,
    count: Math.max(0, tail - plan.at - 1),
    time: byTime < 0 ? tail : byTime,
  }[plan.place];
  if (plan.way === 'plain' || plan.way === 'plain lines') {
    const place = {
      latest: 'latest',
      tail: 'tail',
      earliest: 'earliest',
      offset: `${offset}`,
      count: `${-plan.at - 1}`,
      time: `${expected}`,
    };
    const query = new URLSearchParams({ from: place[plan.place] });
    if (plan.way === 'plain lines') {
      if (policy.size !== undefined) query.set('size', `${policy.size}`);
      if (policy.waitMs !== undefined) query.set('wait', `${policy.waitMs}ms`);
      if (policy.bytes !== undefined) query.set('bytes', `${policy.bytes}`);
    }
    const plain = await PlainPeer.open(`${url}/feeds/memory?${query}`);
    // Where lines have no blocks, the block that is filling is the next message.
    const from = plan.way === 'plain' && plan.place === 'latest' ? tail : expected;
    return { plan, policy, from, session: undefined, plain };
  }
  const session = await SessionPeer.open(url);
  let blocks = 0;
  let kept = 0;
  session.onBlock = ({ to }) => {
    const isAcked = plan.acks[blocks % plan.acks.length] as boolean;
    const pauses = plan.pauses[blocks % plan.pauses.length] as boolean;
    blocks++;
    kept++;
    if (isAcked || kept === plan.window) {
      session.ack('memory', to);
      kept = 0;
    }
    if (pauses) session.webSocket.pause();
  };
  const place = {
    latest: 'latest',
    tail: 'tail',
    earliest: 'earliest',
    offset,
    count: -plan.at - 1,
    time: { time },
  } as const;
  const { from } = await session.subscribe({
    feed: 'memory',
    from: place[plan.place],
    window: plan.window,
    delivery: plan.way,
    ...policyFields(policy),
  });
  expect(from, `${plan.place} of ${JSON.stringify(policy)}`).toBe(expected);
  return { plan, policy, from, session, plain: undefined };
}

async function check({ plan, policy, from, session, plain }: Joined, lines: Line[], memory: MemoryFeed): Promise<void> {
  const { blocks, rest } = blocksOf(lines, policy, memory.watermarkMicros(), from, memory.anchorEvery);
  if (plain !== undefined) {
    const expected =
      plan.way === 'plain' ? lines.slice(from).map(({ text }) => text) : blocks.map((block) => block.lines);
    const length = expected.join('').length;
    await plain.until(() => plain.frames.join('').length >= length);
    // A block that passes an anchor comes in several frames.
    const frames = [...plain.frames];
    const came = expected.map((block) => {
      let text = '';
      while (text.length < block.length && frames.length > 0) text += frames.shift();
      return text;
    });
    expect(came).toEqual(expected);
    // What is left is the beginning of the block that is filling, up to an anchor.
    const begun = plan.way === 'plain' ? '' : (rest?.lines ?? '');
    expect(begun.startsWith(frames.join(''))).toBe(true);
    return;
  }
  if (session === undefined) return;
  session.onBlock = ({ to }) => session.ack('memory', to);
  session.webSocket.resume();
  const last = session.blocks('memory').at(-1);
  if (last !== undefined) session.ack('memory', last.to);
  await session.until(() => session.blocks('memory').length >= blocks.length);
  if (plan.way === 'message' && rest !== undefined) await session.until(() => session.next('memory') === lines.length);
  session.say({ type: 'unsubscribe', feed: 'memory', flush: true });
  await session.hears('unsubscribed');
  const came = session.blocks('memory').map(({ from, to, cut, lines }) => ({ from, to, cut, lines }));
  // A block of several frames may have been sent in part: then it ends where it stands.
  const lastCame = came.at(-1);
  const isLong =
    rest !== undefined &&
    (Math.floor(rest.from / memory.anchorEvery) !== Math.floor((rest.to - 1) / memory.anchorEvery) ||
      Buffer.byteLength(rest.lines) > 65_536);
  const ended = isLong && lastCame?.cut === 'end' ? lastCame : rest;
  if (rest !== undefined && ended !== undefined) {
    expect(ended.to).toBeLessThanOrEqual(rest.to);
    expect(rest.lines.startsWith(ended.lines)).toBe(true);
  }
  expect(came).toEqual(ended === undefined ? blocks : [...blocks, ended]);
}

const anyScript = fc.record({
  policies: fc.array(anyPolicy, { minLength: 1, maxLength: 3 }),
  steps: fc.array(anyStep, { minLength: 1, maxLength: 25 }),
  anchorEvery: fc.constantFrom(16, 128, 4_096),
  last: fc.array(anyReader, { minLength: 1, maxLength: 3 }),
});

describe('B1, B2: the blocks of a policy', () => {
  for (const isLater of [false, true])
    it(`B1, B2, F4, FRAME-4 and PLAIN-1: are the cut rule's, whoever reads (a feed that answers ${isLater ? 'later' : 'at once'})`, async () => {
      await fc.assert(
        fc.asyncProperty(anyScript, async ({ policies, steps, anchorEvery, last }) => {
          const joins = last.map((reader) => ({ do: 'join', reader }) as const);
          await run(policies, [...steps, ...joins], anchorEvery, isLater);
        }),
        { numRuns: 60, timeout: 5_000, interruptAfterTimeLimit: 60_000 },
      );
    }, 120_000);
});
