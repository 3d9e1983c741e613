// What a client counts, given the times of its parts.
import { describe, expect, it } from 'vitest';
import type { Part } from '../../src/client/part.ts';
import { Distributions, Meter } from '../../src/study/experiment/meter.ts';

const none = new Uint8Array();

/** A block [from, to) of a feed with a message every `every` microseconds, that came whole at a time. */
function block(from: number, to: number, every: number, receivedMicros: number, beganMicros = receivedMicros): Part {
  return {
    kind: 'part',
    from,
    to,
    lines: none,
    cut: 'size',
    beganMicros,
    receivedMicros,
    firstTime: from * every,
    lastTime: (to - 1) * every,
  };
}

function paced(every: number, clockOffsetMicros = 0): { meter: Meter; distributions: Distributions } {
  const distributions = new Distributions();
  return {
    distributions,
    meter: new Meter({ window: 8, dueEveryMicros: every, clockOffsetMicros }, distributions, 0),
  };
}

describe('the latency of a message', () => {
  it('is counted from the time it was due to the time its block was there', () => {
    const { meter, distributions } = paced(400);
    meter.begin(0);
    meter.take(block(0, 5, 400, 1_700), 1_700);
    expect(distributions.latency.quantiles()).toMatchObject({ count: 5, min: 100, max: 1_700, p50: 900 });
    expect(distributions.wait.quantiles()).toMatchObject({ count: 1, max: 1_700 });
  });

  it('counts for every message that a stall held up, not only for the first', () => {
    const { meter, distributions } = paced(1_000);
    meter.begin(0);
    // Blocks of ten each come at once, but those due from 100 ms to 1.1 s all come at 1.1 s.
    for (let from = 0; from < 4_000; from += 10) {
      const due = (from + 9) * 1_000;
      const received = due >= 100_000 && due < 1_100_000 ? 1_100_000 : due;
      meter.take(block(from, from + 10, 1_000, received), received);
    }
    const { count, p50, p90, p999 } = distributions.latency.quantiles();
    expect(count).toBe(4_000);
    // A quarter of the messages waited for up to a second: those with more than 0.6 s are a tenth.
    expect(p50).toBeLessThan(10_000);
    expect(Math.abs(p90 - 600_000)).toBeLessThan(15_000);
    expect(Math.abs(p999 - 996_000)).toBeLessThan(15_000);
  });

  it('is counted for messages due while it was measured only, wherever their block begins and ends', () => {
    const { meter, distributions } = paced(1_000);
    meter.begin(2_000);
    meter.take(block(0, 5, 1_000, 4_100), 4_100);
    expect(distributions.latency.count).toBe(3);
    meter.end(7_000);
    meter.take(block(5, 10, 1_000, 9_100), 9_100);
    expect(distributions.latency.count).toBe(5);
    expect(meter.isComplete).toBe(true);
  });

  it('is at least the time that was waited for a message that never came', () => {
    const { meter, distributions } = paced(1_000);
    meter.begin(0);
    meter.take(block(0, 5, 1_000, 4_000), 4_000);
    meter.end(10_000);
    expect(meter.isComplete).toBe(false);
    meter.countMissing(2_000_000);
    expect(meter.missing).toBe(5);
    expect(distributions.latency.quantiles()).toMatchObject({ count: 10 });
    expect(Math.abs(distributions.latency.quantiles().max - 1_995_000)).toBeLessThan(2_000);
  });

  it('is measured by our clock where the server has another', () => {
    const { meter, distributions } = paced(1_000, 500_000);
    meter.begin(-500_000);
    meter.take(block(0, 1, 1_000, -499_900), -499_900);
    expect(distributions.latency.quantiles()).toMatchObject({ count: 1, max: 100 });
  });
});

describe('the count of a client', () => {
  it('goes from the end of one block to the end of another', () => {
    const { meter } = paced(1_000);
    meter.take(block(0, 5, 1_000, 4_000), 4_000);
    meter.begin(5_000);
    for (let from = 5; from < 25; from += 5) meter.take(block(from, from + 5, 1_000, (from + 4) * 1_000), 0);
    expect(meter.count()).toEqual({ blocks: 3, messages: 15, bytes: 0, durationMicros: 15_000 });
    expect(meter.delivered).toBe(20);
  });

  it('measures a block from its first byte, and from the ack that made room for it', () => {
    const distributions = new Distributions();
    const meter = new Meter({ window: 2, dueEveryMicros: undefined, clockOffsetMicros: 0 }, distributions, 0);
    meter.begin(1);
    meter.take(block(0, 5, 1, 100, 90), 110);
    meter.take(block(5, 10, 1, 200, 180), 210);
    // The place of the first block was freed at 110, that of the second at 210.
    meter.take(block(10, 15, 1, 300, 270), 310);
    meter.take(block(15, 20, 1, 500, 470), 510);
    expect(distributions.took.quantiles()).toMatchObject({ count: 3, min: 20, max: 30 });
    expect(distributions.requestToReceipt.quantiles()).toMatchObject({ count: 3, min: 190, max: 290 });
    expect(distributions.span.quantiles()).toMatchObject({ min: 4, max: 4 });
  });
});
