// Runs that something else disturbed are made again, at most so often.
import { describe, expect, it } from 'vitest';
import { Disturbed } from '../../src/study/disturbed.ts';
import type { Measurement } from '../../src/study/result.ts';
import { madeUpResult } from '../support/studyResult.ts';

const [some] = madeUpResult({
  sizes: [1],
  clients: [1],
  deliveries: ['block'],
  rates: ['max'],
  rounds: 1,
}).measurements;

function run(order: number, speed?: number, othersCpu?: number): Measurement {
  return { ...(some as Measurement), order, speed, othersCpu };
}

describe('a run', () => {
  it('counts where nothing disturbed it, and where nothing is known of that', () => {
    const disturbed = new Disturbed(2);
    for (const each of [run(1, 0.8, 0.15), run(2, 1, 0), run(3)]) expect(disturbed.settle(each)).toBe(each);
  });

  it.each([
    ['processors were slow', 0.79, 0],
    ['others took processor time', 1, 0.16],
  ])('is made again where %s, and the undisturbed try counts', (_why, speed, othersCpu) => {
    const disturbed = new Disturbed(2);
    expect(disturbed.settle(run(1, speed, othersCpu))).toBeUndefined();
    expect(disturbed.settle(run(2, speed, othersCpu))).toBeUndefined();
    const again = run(1, 1, 0);
    expect(disturbed.settle(again)).toBe(again);
  });

  it('that is disturbed each time counts with its least disturbed try, when it was made again often enough', () => {
    const disturbed = new Disturbed(2);
    const best = run(1, 0.7, 0);
    expect(disturbed.settle(run(1, 0.5, 0))).toBeUndefined();
    expect(disturbed.settle(best)).toBeUndefined();
    expect(disturbed.settle(run(1, 0.75, 0.5))).toBe(best);
  });

  it('that is to be made again counts with its least disturbed try until it is', () => {
    const disturbed = new Disturbed(2);
    expect(disturbed.unsettled()).toEqual([]);
    const [first, second, other] = [run(1, 0.5, 0), run(1, 0.7, 0), run(2, 0.6, 0)];
    for (const each of [first, second, other]) expect(disturbed.settle(each)).toBeUndefined();
    expect(disturbed.unsettled()).toEqual([second, other]);
    expect(disturbed.count).toBe(2);
    disturbed.settle(run(1, 0.6, 0));
    expect(disturbed.unsettled()).toEqual([other]);
    disturbed.settle(run(2, 1, 0));
    expect(disturbed.unsettled()).toEqual([]);
    expect(disturbed.count).toBe(0);
  });

  it('is never made again where no repeats are requested', () => {
    const slow = run(1, 0.3, 1);
    expect(new Disturbed(0).settle(slow)).toBe(slow);
  });
});
