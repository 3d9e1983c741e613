// Messages that came at the same time wait, and are handed out, as one part: none lost, none doubled, no time and no block's
// end forgotten, whenever its user takes.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AckedPlaces } from '../../src/client/ackedPlaces.ts';
import { FeedReader } from '../../src/client/feedReader.ts';
import type { Gap, Part } from '../../src/client/part.ts';
import { messageLine } from '../../src/protocol/message.ts';
import { epochs } from '../support/scriptedServer.ts';

type Step =
  | { readonly do: 'line'; readonly padding: number }
  | { readonly do: 'cut' | 'gap' | 'take' }
  | { readonly do: 'wait'; readonly micros: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('line'), padding: fc.integer({ min: 0, max: 100 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('line'), padding: fc.integer({ min: 20_000, max: 70_000 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('cut', 'gap', 'take') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait'), micros: fc.integer({ min: 1, max: 9 }) }) },
);

/** What came, one message, one block's end or one gap each, as it has to come out. */
interface Came {
  readonly text: string;
  readonly receivedMicros: number | undefined;
}

/** A reader in message delivery, and what it was handed. */
class Fed {
  readonly came: Came[] = [];
  readonly taken: (Part | Gap)[] = [];
  waitingBytes = 0;
  readonly #reader = new FeedReader(
    { type: 'subscribe', feed: 'user', from: 0, size: 5, delivery: 'message' },
    { onEvent: undefined, warn: () => {}, acked: new AckedPlaces() },
  );
  #now = 1_000;
  #next = 0;
  #isOpen = false;

  constructor() {
    this.#reader.host = {
      queued: (bytes) => {
        this.waitingBytes += bytes;
      },
      ackSoon: () => {},
      leave: () => {},
      drop: () => {},
      threw: () => {},
    };
    const [epoch] = epochs;
    this.#reader.subscribed({
      type: 'subscribed',
      id: 0,
      feed: 'user',
      epoch,
      from: 0,
      checked: false,
      anchorEvery: 4_096,
    });
  }

  act(step: Step): void {
    if (step.do === 'wait') this.#now += step.micros;
    else if (step.do === 'take') this.take();
    else if (step.do === 'line') {
      const line = messageLine(this.#next, this.#next * 10, `"${'x'.repeat(step.padding)}"`);
      this.#reader.line(new TextEncoder().encode(line), this.#now, this.#now);
      this.came.push({ text: line, receivedMicros: this.#now });
      this.#next++;
      this.#isOpen = true;
    } else if (step.do === 'gap') {
      this.#reader.gap(this.#next, this.#next + 1, 'retention', this.#now);
      if (this.#isOpen) this.came.push({ text: 'end: gap', receivedMicros: this.#now });
      this.came.push({ text: `gap ${this.#next}`, receivedMicros: undefined });
      this.#next++;
      this.#isOpen = false;
    } else if (this.#isOpen) {
      this.#reader.cut(this.#next, 'size', this.#now);
      this.came.push({ text: 'end: size', receivedMicros: this.#now });
      this.#isOpen = false;
    }
  }

  /** Whether there was something. */
  take(): boolean {
    const taken = this.#reader.take();
    if (taken === undefined || !('item' in taken)) return false;
    this.taken.push(taken.item);
    return true;
  }
}

/** What was taken, as `came` has it. */
function apart(taken: Part | Gap): Came[] {
  if (taken.kind === 'gap') return [{ text: `gap ${taken.from}`, receivedMicros: undefined }];
  const { receivedMicros, cut } = taken;
  const lines = new TextDecoder().decode(taken.lines).split(/(?<=\n)/);
  const texts = [...lines.filter((line) => line !== ''), ...(cut === undefined ? [] : [`end: ${cut}`])];
  return texts.map((text) => ({ text, receivedMicros }));
}

test('all that came comes out in order, with the time it came, whenever it is taken', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const fed = new Fed();
      for (const each of steps) fed.act(each);
      while (fed.take());
      expect(fed.taken.flatMap(apart)).toEqual(fed.came);
      expect(fed.waitingBytes).toBe(0);
      let next = 0;
      for (const each of fed.taken) {
        expect(each.from).toBe(next);
        next = each.to;
        if (each.kind !== 'part') continue;
        const count = each.to - each.from;
        expect([each.firstTime, each.lastTime]).toEqual(
          count === 0 ? [undefined, undefined] : [each.from * 10, (each.to - 1) * 10],
        );
        if (count > 1) expect(each.lines.length).toBeLessThanOrEqual(65_536);
      }
    }),
  );
});

test('a block that came at one time is one part, and counts as one while it waits', () => {
  const fed = new Fed();
  for (let message = 0; message < 500; message++) fed.act({ do: 'line', padding: 10 });
  fed.act({ do: 'cut' });
  const bytes = fed.came.reduce((sum, { text }) => sum + (text.startsWith('end') ? 0 : text.length), 0);
  expect(fed.waitingBytes - bytes).toBe(128);
  fed.take();
  expect(fed.taken).toMatchObject([{ from: 0, to: 500, cut: 'size' }]);
});

test('what was taken is not written to by what comes at the same time', () => {
  const fed = new Fed();
  for (let message = 0; message < 3; message++) fed.act({ do: 'line', padding: 10 });
  fed.take();
  for (let message = 0; message < 3; message++) fed.act({ do: 'line', padding: 10 });
  fed.act({ do: 'cut' });
  fed.take();
  expect(fed.taken).toMatchObject([
    { from: 0, to: 3, cut: undefined },
    { from: 3, to: 6, cut: 'size' },
  ]);
  expect(fed.taken.flatMap(apart)).toEqual(fed.came);
});
