// Who runs when: live before late, and the late with a share of their own. Time is what the tasks say that they take.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Task } from '../../src/frames/task.ts';
import { Turns } from '../../src/frames/turns.ts';

let nowMs = 0;
/** The test is over: nobody goes on. */
let isOver = false;
beforeEach(() => {
  nowMs = 0;
  isOver = false;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
});
afterEach(async () => {
  isOver = true;
  for (let count = 0; count < 10; count++) await turn();
  vi.restoreAllMocks();
});

/** Tasks that write down who ran. */
function stage() {
  const turns = new Turns();
  const ran: string[] = [];
  const task = (name: string, tookMs: number, then: (self: Task) => boolean = () => false): Task => {
    const self: Task = {
      queued: false,
      run() {
        ran.push(name);
        nowMs += tookMs;
        return !isOver && then(self);
      },
    };
    return self;
  };
  return { turns, ran, task };
}

const turn = async (): Promise<void> => await new Promise(setImmediate);

describe('turns', () => {
  it('C2: who is live goes before who is late, and whom something was made for before the others who are late', async () => {
    const { turns, ran, task } = stage();
    turns.addLate(task('late', 0.1));
    turns.addNext(task('next', 0.1));
    turns.add(task('live', 0.1));
    await turn();
    expect(ran).toEqual(['live', 'next', 'late']);
  });

  it('C2: a turn ends after 2 ms, and whoever comes live meanwhile goes first in the next', async () => {
    const { turns, ran, task } = stage();
    const live = task('live', 0.1);
    for (let index = 0; index < 5; index++)
      turns.addLate(
        task(`late ${index}`, 1, () => {
          if (index === 1) turns.add(live);
          return false;
        }),
      );
    await turn();
    expect(ran).toEqual(['late 0', 'late 1']);
    await turn();
    expect(ran.slice(2)).toEqual(['live', 'late 2', 'late 3']);
  });

  it('C2: the late have a quarter of each turn, however much is live', async () => {
    const { turns, ran, task } = stage();
    for (let index = 0; index < 20; index++)
      turns.add(
        task('live', 0.25, (self) => {
          turns.add(self);
          return false;
        }),
      );
    turns.addLate(
      task('late', 0.25, (self) => {
        turns.addLate(self);
        return false;
      }),
    );
    for (let count = 0; count < 4; count++) await turn();
    expect(ran.filter((name) => name === 'late')).toHaveLength(8);
    expect(ran.filter((name) => name === 'live')).toHaveLength(24);
  });

  it('C2: a live one has half a millisecond, and who has not done by then is late', async () => {
    const { turns, ran, task } = stage();
    const until: number[] = [];
    let times = 0;
    turns.add(
      task('much', 0.5, () => {
        until.push(turns.untilMs);
        return ++times < 3;
      }),
    );
    turns.add(task('little', 0.1));
    await turn();
    expect(ran).toEqual(['much', 'little', 'much', 'much']);
    expect(until).toEqual([0.5, 2, 2]);
  });

  it('C2: one who is late makes something before the next one begins, unless it takes more than 10 ms', async () => {
    const { turns, ran, task } = stage();
    let times = 0;
    turns.addLate(task('first', 2, () => ++times < 3));
    turns.addLate(task('dear', 2, () => true));
    turns.addLate(task('last', 2));
    for (let count = 0; count < 12; count++) await turn();
    expect(ran.slice(0, 9)).toEqual([...Array(3).fill('first'), ...Array(5).fill('dear'), 'last']);
    // It is not forgotten.
    expect(ran.slice(9)).toEqual(Array(3).fill('dear'));
  });

  it('what has no task of its own is done among the late, and settles as it does', async () => {
    const { turns, ran, task } = stage();
    const done = turns.late((untilMs) => `until ${untilMs}`);
    const failed = expect(
      turns.late(() => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    turns.add(task('live', 0.1));
    expect(await done).toBe('until 2');
    await failed;
    expect(ran).toEqual(['live']);
  });

  it('a task that throws keeps nobody else from its turn', async () => {
    const { turns, ran, task } = stage();
    // The exception is the caller's of the turn: here it is caught, as a process may do that goes on.
    const scheduled: (() => void)[] = [];
    const spy = vi.spyOn(globalThis, 'setImmediate').mockImplementation(((call: () => void) => {
      scheduled.push(call);
    }) as typeof setImmediate);
    const failing = task('failing', 0.1, () => {
      throw new Error('no');
    });
    turns.add(failing);
    turns.addLate(task('late', 0.1));
    expect(scheduled.shift()).toThrow('no');
    scheduled.shift()?.();
    turns.add(task('live', 0.1));
    scheduled.shift()?.();
    spy.mockRestore();
    expect(ran).toEqual(['failing', 'late', 'live']);
    expect(failing.queued).toBe(false);
  });

  it('thousands wait in the order in which they came', async () => {
    const { turns, ran, task } = stage();
    const names = Array.from({ length: 5_000 }, (_, index) => `${index}`);
    for (const name of names) turns.addLate(task(name, 0.5));
    while (ran.length < names.length) await turn();
    expect(ran).toEqual(names);
  });
});
