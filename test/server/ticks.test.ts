// What many do once a second: each in its own phase, and no turn of the event loop for all of them.
import { describe, expect, it } from 'vitest';
import { Ticks } from '../../src/server/ticks.ts';
import { ManualClock } from '../support/manualClock.ts';

/** Fails the test where a tick throws. */
function unexpected(cause: unknown): void {
  throw cause;
}

describe('ticks', () => {
  it('come once a second for each, in the phase in which it came', () => {
    const clock = new ManualClock();
    const ticks = new Ticks(clock, unexpected);
    const ticked: [string, number][] = [];
    for (const name of ['first', 'second', 'third']) {
      ticks.add({ tick: (nowMs) => ticked.push([name, nowMs]) });
      clock.advance(300);
    }
    clock.advance(1_450);
    expect(ticked).toEqual([
      ['first', 1_000],
      ['second', 1_300],
      ['third', 1_600],
      ['first', 2_000],
      ['second', 2_300],
    ]);
  });

  it('of thousands that came at once take turns of 2 ms, and whoever waits gets its turn in between', async () => {
    const clock = new ManualClock();
    const ticks = new Ticks(clock, unexpected);
    let ticked = 0;
    let worst = 0;
    let inTurn = 0;
    // Each takes 0.01 ms.
    for (let count = 0; count < 10_000; count++)
      ticks.add({
        tick: () => {
          clock.standStill(0.01);
          ticked++;
          inTurn++;
        },
      });
    clock.advance(1_000);
    let turns = 0;
    for (; ticked < 10_000; turns++) {
      worst = Math.max(worst, inTurn);
      inTurn = 0;
      await new Promise(setImmediate);
    }
    expect(worst).toBeLessThanOrEqual(202);
    expect(turns).toBeGreaterThan(45);
    clock.advance(1_000);
    while (ticked < 20_000) await new Promise(setImmediate);
    expect(ticked).toBe(20_000);
  });

  it('that throw are told, and the others come all the same; who was deleted is not called, and nobody leaves no timer', () => {
    const clock = new ManualClock();
    const failures: unknown[] = [];
    const ticks = new Ticks(clock, (cause) => failures.push(cause));
    let ticked = 0;
    const failing = {
      tick: () => {
        throw new Error('defect');
      },
    };
    const other = { tick: () => ticked++ };
    ticks.add(failing);
    ticks.add(other);
    clock.advance(2_000);
    expect(failures).toHaveLength(2);
    expect(ticked).toBe(2);
    ticks.delete(failing);
    clock.advance(1_000);
    expect([failures.length, ticked]).toEqual([2, 3]);
    ticks.delete(other);
    expect(clock.pending).toBe(0);
    clock.advance(5_000);
    expect(ticked).toBe(3);
  });
});
