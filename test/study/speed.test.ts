// Slow processors are found by work that is always the same.
import { setTimeout as later } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { SpeedLooks, Speeds } from '../../src/study/experiment/speed.ts';

test('the slowest process counts, as a share of the best that any ever was', () => {
  const speeds = new Speeds();
  expect(speeds.slowest([8, 10])).toBe(0.8);
  expect(speeds.slowest([5, 4])).toBe(0.4);
  expect(speeds.slowest([20])).toBe(1);
  expect(speeds.slowest([10])).toBe(0.5);
});

test('a process says how fast it was, whether or not it came to look meanwhile', async () => {
  const looks = new SpeedLooks();
  // Its event loop has not turned, so this look is made by `take`.
  looks.start();
  expect(looks.take()).toBeGreaterThan(0);
  await later(20);
  expect(looks.take()).toBeGreaterThan(0);
  looks.stop();
  expect(looks.take()).toBeGreaterThan(0);
});
