// The machine's clock: whole microseconds, beside the wall whatever the wall does.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('the time', () => {
  it('is a whole number of microseconds, always', () => {
    for (let count = 0; count < 20_000; count++)
      if (!Number.isSafeInteger(systemClock.nowMicros())) expect.unreachable('a time that is no integer');
    vi.spyOn(performance, 'now').mockReturnValue(1_234.567_890_123);
    for (const wallMs of [0, 1, 1_763_820_000_123, 8_640_000_000_000]) {
      vi.spyOn(Date, 'now').mockReturnValue(wallMs);
      expect(systemClock.nowMicros()).toSatisfy(Number.isSafeInteger);
    }
  });

  it('follows the wall when it is set, forward and back, and when the machine slept', () => {
    const wall = vi.spyOn(Date, 'now');
    const monotonic = vi.spyOn(performance, 'now').mockReturnValue(10_000);
    const at = (wallMs: number, monotonicMs: number) => {
      wall.mockReturnValue(wallMs);
      monotonic.mockReturnValue(monotonicMs);
      return systemClock.nowMicros();
    };
    expect(at(1_700_000_000_000, 10_000)).toBe(1_700_000_000_000_000);
    expect(at(1_700_000_001_000, 11_000)).toBe(1_700_000_001_000_000);
    // An hour asleep: the monotonic clock stood still.
    expect(at(1_700_003_601_000, 11_000)).toBe(1_700_003_601_000_000);
    // Set back by a day.
    expect(at(1_699_917_201_000, 11_000)).toBe(1_699_917_201_000_000);
  });

  it('counts microseconds between the milliseconds of the wall, and does not jump with their rounding', () => {
    const wall = vi.spyOn(Date, 'now').mockReturnValue(1_700_000_000_000);
    const monotonic = vi.spyOn(performance, 'now').mockReturnValue(500_000);
    systemClock.nowMicros();
    monotonic.mockReturnValue(500_000.25);
    expect(systemClock.nowMicros()).toBe(1_700_000_000_000_250);
    monotonic.mockReturnValue(500_002.5);
    wall.mockReturnValue(1_700_000_000_003);
    expect(systemClock.nowMicros()).toBe(1_700_000_000_002_500);
  });

  it('is that of the wall', () => {
    const before = Date.now();
    const nowMs = systemClock.nowMicros() / 1_000;
    expect(nowMs).toBeGreaterThan(before - 10);
    expect(nowMs).toBeLessThan(Date.now() + 10);
  });
});

describe('a timer', () => {
  it('acts once, when its time has come and not before', () => {
    vi.useFakeTimers();
    const act = vi.fn();
    const timer = systemClock.after(1_000, act);
    vi.advanceTimersByTime(999);
    expect(act).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10_000);
    expect(act).toHaveBeenCalledOnce();
    timer.cancel();
  });

  it('that was cancelled does not act, and cancelling again is harmless', () => {
    vi.useFakeTimers();
    const act = vi.fn();
    const timer = systemClock.after(1_000, act);
    timer.cancel();
    timer.cancel();
    vi.advanceTimersByTime(10_000);
    expect(act).not.toHaveBeenCalled();
  });

  it('of no wait or less acts after the call has returned', () => {
    vi.useFakeTimers();
    const acts: string[] = [];
    systemClock.after(0, () => acts.push('at 0'));
    systemClock.after(-5, () => acts.push('before 0'));
    acts.push('returned');
    vi.advanceTimersByTime(1);
    expect(acts).toEqual(['returned', 'at 0', 'before 0']);
  });

  it('of more than 24 days waits as long as a timer can, and does not act at once', () => {
    vi.useFakeTimers();
    const act = vi.fn();
    systemClock.after(2 ** 40, act);
    vi.advanceTimersByTime(2_147_483_646);
    expect(act).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(act).toHaveBeenCalledOnce();
  });
});
