// The machine's clock and its timers.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('the time', () => {
  it('is that of the wall, in whole microseconds', () => {
    for (let count = 0; count < 20_000; count++) {
      const before = Date.now();
      const nowMicros = systemClock.nowMicros();
      expect(nowMicros).toSatisfy(Number.isSafeInteger);
      expect(nowMicros / 1_000).toBeGreaterThan(before - 1);
      expect(nowMicros / 1_000).toBeLessThan(Date.now() + 2);
    }
  });

  it('that silences are measured by does not follow the wall', () => {
    const before = systemClock.monotonicMs();
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
    expect(systemClock.monotonicMs() - before).toBeLessThan(60_000);
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
