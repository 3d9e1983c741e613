// What one run comes to, of what its clients report.
import { expect, test } from 'vitest';
import { measurementOf } from '../../src/study/experiment/measurement.ts';
import type { ClientCount } from '../../src/study/experiment/meter.ts';
import type { LoadReport } from '../../src/study/experiment/orders.ts';
import { Distribution } from '../../src/study/statistics/distribution.ts';

const none = new Distribution().encode();

function report(clients: readonly ClientCount[]): LoadReport {
  const messages = clients.reduce((sum, client) => sum + client.messages, 0);
  return {
    clients,
    delivered: messages,
    received: messages,
    missing: 0,
    cpuMicros: 500_000,
    elapsedMicros: 1_000_000,
    speed: 1,
    took: none,
    span: none,
    requestToReceipt: none,
    wait: none,
    latency: none,
  };
}

function client(blocks: number, durationMicros: number): ClientCount {
  return { blocks, messages: blocks * 10, bytes: blocks * 1_280, durationMicros };
}

const run = {
  point: { delivery: 'message', size: 10, clients: 3, messageBytes: 128, rate: 'max' },
  round: 0,
  order: 0,
  warmUpMicros: 0,
  measureMicros: 1_000_000,
} as const;

test('a block’s time is the mean over all blocks: a client that got few does not count as much as one that got many', () => {
  const reports = [report([client(900, 900_000), client(90, 900_000)]), report([client(10, 900_000)])];
  const measured = measurementOf(run, reports, undefined, undefined);
  expect(measured.blocks).toBe(1_000);
  expect(measured.blockMicros).toBe(2_700);
  expect(measured.clientMessagesPerSecond).toEqual({ min: 100 / 0.9, median: 900 / 0.9, max: 9_000 / 0.9 });
  // Three clients that take one block in 2,700 µs each.
  expect(measured.messagesPerSecond).toBeCloseTo((3 * 10 * 1e6) / 2_700, 6);
});

test('a client without a block is there, and disturbs nothing', () => {
  const measured = measurementOf(run, [report([client(10, 1_000), client(0, 0)])], undefined, undefined);
  expect(measured).toMatchObject({ blockMicros: 100, messages: 100, messagesPerSecond: 100_000, keptUp: true });
  expect(measured.clientMessagesPerSecond.min).toBe(0);
});
