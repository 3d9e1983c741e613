// Wall time to the microsecond, held beside a wall that counts whole milliseconds, may be set, and runs at a speed of its own.
import { execFileSync, fork } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { WallClock } from '../../src/base/wallClock.ts';

/** Two clocks of a machine, of which every look takes some time. */
class Machine {
  /** What passed, in ms. */
  elapsedMs = 1_000;
  /** Wall minus monotonic. */
  distanceMs = 1_700_000_000_000.375;
  lookMs = 0.0001;
  /** How much faster the wall runs. */
  drift = 0;
  /** What both clocks are rounded down to. */
  roundMs = 0;
  looks = 0;

  get wallMs(): number {
    return this.elapsedMs * (1 + this.drift) + this.distanceMs;
  }

  clock(): WallClock {
    return new WallClock({
      monotonicMs: () => this.#look(this.elapsedMs),
      wallMs: () => Math.floor(this.#look(this.wallMs)),
    });
  }

  #look(ms: number): number {
    this.looks++;
    this.elapsedMs += this.lookMs;
    return this.roundMs === 0 ? ms : Math.floor(ms / this.roundMs) * this.roundMs;
  }
}

/** How far the clock is off, in microseconds. */
function offBy(machine: Machine, clock: WallClock): number {
  const told = clock.nowMicros();
  return Math.abs(told - machine.wallMs * 1_000);
}

describe('wall time', () => {
  it('is right within some microseconds from the first look on, wherever in a millisecond that falls', () => {
    for (let part = 0; part < 50; part++) {
      const machine = new Machine();
      machine.distanceMs += part / 50;
      const clock = machine.clock();
      for (let look = 0; look < 5; look++) {
        machine.elapsedMs += 0.77;
        expect(offBy(machine, clock)).toBeLessThan(11);
      }
    }
  });

  it('costs two looks at clocks, but for the first and one in ten seconds', () => {
    const machine = new Machine();
    const clock = machine.clock();
    clock.nowMicros();
    machine.looks = 0;
    for (let look = 0; look < 1_000; look++) {
      machine.elapsedMs += 1;
      clock.nowMicros();
    }
    // Some fall so near the begin of a millisecond that what is known must be held to it.
    expect(machine.looks).toBeLessThan(2_100);
  });

  it('follows the wall when it is set, forward and back, by much or little, and when the machine slept', () => {
    const machine = new Machine();
    const clock = machine.clock();
    clock.nowMicros();
    for (const stepMs of [3_600_000, -3_600_000, 86_400_000, -1.5, 40, -40, 0.4]) {
      machine.distanceMs += stepMs;
      // The least is found when it is looked again; the others at once.
      machine.elapsedMs += 11_000;
      expect(offBy(machine, clock), String(stepMs)).toBeLessThan(11);
    }
  });

  it('goes back only where the wall was set back, and stands still while it is corrected by less than a millisecond', () => {
    const machine = new Machine();
    const clock = machine.clock();
    let before = clock.nowMicros();
    for (let look = 0; look < 20_000; look++) {
      machine.elapsedMs += 0.313;
      if (look % 100 === 0) machine.distanceMs -= 0.2;
      const now = clock.nowMicros();
      expect(now).toBeGreaterThanOrEqual(before);
      before = now;
    }
    machine.distanceMs -= 5;
    expect(clock.nowMicros()).toBeLessThan(before);
  });

  it('keeps up with a wall that runs faster or slower by 100 millionths, looked at often or seldom', () => {
    for (const drift of [0.0001, -0.0001])
      for (const everyMs of [0.05, 7.3, 4_000]) {
        const machine = new Machine();
        machine.drift = drift;
        const clock = machine.clock();
        clock.nowMicros();
        let worst = 0;
        for (let look = 0; look < 20_000; look++) {
          machine.elapsedMs += everyMs;
          worst = Math.max(worst, offBy(machine, clock));
        }
        // The wall moved on by two seconds meanwhile. Between two looks far apart nobody can know better than the millisecond.
        expect(worst, `${drift} ${everyMs}`).toBeLessThan(everyMs < 1 ? 60 : 1_050);
      }
  });

  it('is a whole number that does not go back and is near the wall, also where both clocks are coarse or stand still', () => {
    for (const roundMs of [0.1, 1, 16, 100]) {
      const machine = new Machine();
      machine.roundMs = roundMs;
      const clock = machine.clock();
      let before = clock.nowMicros();
      for (let look = 0; look < 3_000; look++) {
        machine.elapsedMs += 0.9;
        const now = clock.nowMicros();
        expect(Number.isSafeInteger(now) && now >= before).toBe(true);
        expect(Math.abs(now - machine.wallMs * 1_000)).toBeLessThan(2_000 * Math.max(1, roundMs) + 2_000);
        before = now;
      }
    }
    const still = new WallClock({ monotonicMs: () => 5, wallMs: () => 1_700_000_000_000 });
    expect(still.nowMicros()).toBe(1_700_000_000_000_500);
  });
});

describe('of one machine', () => {
  /** Wall minus monotonic clock of the system in microseconds, as the process with that program prints it. */
  const distanceOf = async (): Promise<number> =>
    await new Promise((resolve, reject) => {
      const child = fork(new URL('distance.mjs', import.meta.url));
      child.once('message', (distance) => resolve(Number(distance)));
      child.once('error', reject);
    });

  it('ten processes tell the same time within 0.1 ms, and it is that of the wall', async () => {
    const distances = await Promise.all(Array.from({ length: 10 }, distanceOf));
    const script =
      'import time; print(min((c - a, (2 * w - a - c) / 2000) for a, w, c in ((time.monotonic_ns(), time.time_ns(), time.monotonic_ns()) for _ in range(9999)))[1])';
    const wall = Number(execFileSync('/usr/bin/python3', ['-c', script], { encoding: 'utf8' }));
    expect(Math.max(...distances) - Math.min(...distances)).toBeLessThan(100);
    for (const distance of distances) expect(Math.abs(distance - wall)).toBeLessThan(100);
  });
});
