// Which signals stop a command, and which of them do not wait.
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { onStopSignal } from '../../src/cli/signals.ts';

const exit = vi.spyOn(process, 'exit');

beforeEach(() => void exit.mockImplementation((() => undefined) as unknown as typeof process.exit));
afterEach(() => void exit.mockReset());

/** The signals that `stop` was called with, and a clock. */
function listening(): { readonly stops: string[]; nowMs: number } {
  const state = { stops: [] as string[], nowMs: 0 };
  onTestFinished(
    onStopSignal(
      (signal) => state.stops.push(signal),
      () => state.nowMs,
    ),
  );
  return state;
}

test('one stop that comes as several signals is one stop', () => {
  const state = listening();
  process.emit('SIGINT', 'SIGINT');
  state.nowMs = 499;
  process.emit('SIGINT', 'SIGINT');
  process.emit('SIGTERM', 'SIGTERM');
  expect(state.stops).toEqual(['SIGINT']);
  expect(exit).not.toHaveBeenCalled();
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s stops, and half a second later does not wait: exit code %i', (signal, code) => {
  const state = listening();
  process.emit(signal, signal);
  expect(state.stops).toEqual([signal]);
  state.nowMs = 500;
  process.emit(signal, signal);
  expect(state.stops).toEqual([signal]);
  expect(exit).toHaveBeenCalledExactlyOnceWith(code);
});
