// Studies as processes: what everyone finds first, a server that stalls, and studies that are interrupted.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { isDisturbed } from '../../src/study/disturbed.ts';
import { studyClock } from '../../src/study/experiment/clock.ts';
import { Load } from '../../src/study/experiment/load.ts';
import { feedOf } from '../../src/study/experiment/plan.ts';
import type { Measurement, Point, StudyResult } from '../../src/study/result.ts';
import { Distribution } from '../../src/study/statistics/distribution.ts';
import { median } from '../../src/study/statistics/fit.ts';
import { Running, Serving, temporaryFolder, until } from '../end-to-end/processes.ts';

// A study makes runs again during which others were busy, and beside other tests that is many of them.
vi.setConfig({ testTimeout: 240_000 });

/** `blockfeed study ARGS… --json`, to its end. */
async function study(...args: readonly string[]): Promise<StudyResult> {
  const running = new Running(['study', ...args, '--json']);
  expect(await running.ended, running.stderr.tail).toBe(0);
  expect(running.stdout.all).toHaveLength(1);
  return JSON.parse(running.stdout.all[0] as string) as StudyResult;
}

function of(result: StudyResult, wanted: Partial<Measurement['point']>): Measurement[] {
  return result.measurements.filter(({ point }) =>
    Object.entries(wanted).every(([key, value]) => point[key as keyof typeof point] === value),
  );
}

describe('what everyone finds first', () => {
  // That the time falls as the sizes grow is measured, not tested: scripts/study-check.mjs.
  test('what a block costs besides its messages is shared by them: fewer bytes a message as the size grows', async () => {
    const sizes = [1, 4, 16, 64];
    const result = await study(
      ...['--size', sizes.join(','), '--clients', '1,3', '--rate', 'max', '--delivery', 'block', '--measure', '150ms'],
    );
    for (const clients of [1, 3]) {
      const bytes = sizes.map((size) => {
        const runs = of(result, { size, clients });
        expect(runs).toHaveLength(3);
        return median(runs.map(({ wireBytesPerMessage = Number.NaN }) => wireBytesPerMessage));
      });
      expect(bytes.toSorted((left, right) => right - left)).toEqual(bytes);
    }
    expect(result.fits.map(({ clients }) => clients)).toEqual([1, 3]);
    expect(result.predictionError).toBeGreaterThan(0);
    expect(result.finishedAt).toBeDefined();
    expect(result.server.own).toBe(true);
    for (const each of result.measurements) {
      expect(each.serverCpuPerMillion).toBeGreaterThan(0);
      expect(each.clientCpuPerMillion).toBeGreaterThan(0);
      // Its lines, and of blocks of one about as much again around them.
      expect(each.wireBytesPerMessage).toBeGreaterThan(128);
      expect(each.wireBytesPerMessage).toBeLessThan(400);
      expect(each.serverRssBytes).toBeGreaterThan(10_000_000);
    }
  });

  test('at one message every T a block of n spans (n-1) T, and takes as long where each message comes by itself', async () => {
    const everyMicros = 10_000;
    const result = await study(
      ...['--size', '1,5,20', '--clients', '2', '--rate', '100', '--delivery', 'block,message', '--rounds', '1'],
      ...['--latency', 'p90=150ms'],
    );
    for (const size of [1, 5, 20]) {
      const wanted = (size - 1) * everyMicros;
      for (const delivery of ['block', 'message'] as const) {
        const [measurement] = of(result, { size, delivery });
        expect(Math.abs((measurement?.span.p50 ?? 0) - wanted)).toBeLessThanOrEqual(wanted / 1_000);
        const took = measurement?.took.p50 ?? 0;
        if (delivery === 'message') expect(Math.abs(took - wanted)).toBeLessThan(everyMicros);
        else expect(took).toBeLessThan(everyMicros);
        // The first message of a block waits for the last, the others less: the mean is half of it.
        expect(measurement?.wait?.p50).toBeGreaterThanOrEqual(wanted * 0.999);
        expect(measurement?.latency?.mean).toBeGreaterThanOrEqual(wanted * 0.45);
        expect(measurement?.keptUp).toBe(true);
      }
    }
    expect(result.fits).toEqual([]);
    expect(result.predictionError).toBeUndefined();
    expect(result.advice.map(({ size, delivery }) => [delivery, size])).toEqual([
      ['block', 5],
      ['message', 5],
    ]);
  });
});

test('a server that stalls for 1 s shows in p99.9 at its due size, and in p90 at its due share', async () => {
  const serving = await Serving.start({});
  // The clients as a study runs them, but here, where it is known that they measure when the server stalls.
  const point: Point = { delivery: 'block', size: 10, clients: 1, rate: 1_000, messageBytes: 128 };
  const load = new Load({
    say: 'open',
    url: serving.url,
    feed: feedOf(point, studyClock.nowMicros()),
    from: 'latest',
    dueEveryMicros: 1_000,
    size: 10,
    delivery: 'block',
    window: 8,
    clients: 1,
    clockOffsetMicros: 0,
  });
  await load.open();
  await load.warmUp(100_000);
  const measured = load.measure(4_000_000);
  const stopped = performance.now();
  serving.signal('SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  serving.signal('SIGCONT');
  const stallMicros = (performance.now() - stopped) * 1_000;
  await measured;
  const latency = Distribution.decode((await load.stop()).latency).quantiles();
  // A tenth of the messages of 4 s, 0.4 s of them, were due in the stall's beginning and waited for more than the rest of it.
  expect(latency.p90).toBeGreaterThan(0.75 * (stallMicros - 400_000));
  expect(latency.p999).toBeGreaterThan(0.85 * stallMicros);
  expect(latency.p999).toBeLessThan(1.5 * stallMicros);
  expect(latency.p50).toBeLessThan(0.4 * stallMicros);
});

test('a server elsewhere is studied as one that is not our own, and its clock is compared', async () => {
  const serving = await Serving.start({});
  const grid = ['--size', '10', '--clients', '1', '--rate', '1000', '--delivery', 'block', '--rounds', '1'];
  const { measurements, server } = await study(serving.url, ...grid, '--measure', '300ms');
  expect(measurements).toHaveLength(1);
  expect(measurements[0]?.keptUp).toBe(true);
  expect(measurements[0]?.serverCpuPerMillion).toBeUndefined();
  expect(server.own).toBe(false);
  expect(server.url).toBe(serving.url);
  expect(Math.abs(server.clockOffsetMicros)).toBeLessThanOrEqual(server.clockErrorMicros + 2_000);
});

test('a study that is interrupted reports what there is, and goes on with --resume', async () => {
  const out = join(await temporaryFolder(), 'study');
  const grid = [
    '--size',
    '1,10',
    '--clients',
    '1',
    '--rate',
    'max',
    '--delivery',
    'block',
    '--measure',
    '300ms',
    '--rounds',
    '8',
  ];
  const first = new Running(['study', ...grid, '--out', out]);
  const path = join(out, 'result.json');
  await until(() => existsSync(path) && JSON.parse(readFileSync(path, 'utf8')).measurements.length > 0);
  expect(await first.end('SIGINT')).toBe(0);
  const saved = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')) as StudyResult;
  expect(saved.finishedAt).toBeUndefined();
  expect(saved.measurements.length).toBeGreaterThan(0);
  expect(saved.measurements.length).toBeLessThan(16);
  expect(first.stdout.all.join('\n')).toContain('not finished');

  const whole = await study('--resume', '--out', out);
  expect(whole.finishedAt).toBeDefined();
  expect(whole.measurements.slice(0, saved.measurements.length)).toEqual(saved.measurements);
  // Disturbed runs are made again later, so not all are in their place.
  const orders = whole.measurements.map(({ order }) => order).sort((left, right) => left - right);
  expect(orders).toEqual(Array.from({ length: 16 }, (_, index) => index));
  expect(JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'))).toEqual(whole);

  // What says what to measure may be given again as it was; what was found may be looked at with another goal.
  const again = await study('--resume', ...grid, '--cpu', '--out', out);
  expect(again.measurements).toEqual(whole.measurements);
  expect(again.goals).toEqual([{ kind: 'cpu' }]);
  const others: readonly (readonly [flags: readonly string[], words: string])[] = [
    [[...grid.slice(0, -1), '9'], 'was begun with rounds 8, not 9'],
    [['--seed', '2'], 'was begun with sizes 1,10, not '],
    [['ws://127.0.0.1:1'], 'was begun with a server of its own'],
    [['--out', join(out, 'none')], 'there is no study in '],
  ];
  for (const [flags, words] of others) {
    const refused = new Running(['study', '--resume', '--out', out, ...flags]);
    expect(await refused.ended).toBe(2);
    expect(refused.stderr.tail).toContain(words);
  }
  writeFileSync(path, '{"version":1');
  const broken = new Running(['study', '--resume', '--out', out]);
  expect(await broken.ended).toBe(1);
  expect(broken.stderr.tail).toContain(`${path} is not the result of a study: `);
});

test('a study of which every run was disturbed reports them where it is interrupted, and makes them again where it goes on', async () => {
  const busy = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  onTestFinished(() => void busy.kill('SIGKILL'));
  const out = join(await temporaryFolder(), 'study');
  const path = join(out, 'result.json');
  const grid = ['--size', '1,10', '--clients', '1', '--rate', '1000', '--delivery', 'block', '--measure', '100ms'];
  const first = new Running(['study', ...grid, '--rounds', '200', '--repeats', '100', '--out', out]);
  const saved = () => JSON.parse(readFileSync(path, 'utf8')) as StudyResult;
  await until(() => existsSync(path) && saved().measurements.some(isDisturbed));
  expect(await first.end('SIGINT')).toBe(0);
  expect(first.stdout.all.join(' ')).toMatch(/In \d+ of \d+ runs the processors were slow or other programs ran/);
  const interrupted = saved();
  const disturbed = interrupted.measurements.filter(isDisturbed);
  expect(disturbed.length).toBeGreaterThan(0);
  expect(interrupted.finishedAt).toBeUndefined();

  // Goes on with no end of tries, so it ends only by what is not disturbed, or is interrupted again: all it had is still there.
  const second = new Running(['study', '--resume', '--out', out]);
  await until(() => saved().measurements.length > interrupted.measurements.length);
  expect(await second.end('SIGINT')).toBe(0);
  const orders = saved().measurements.map(({ order }) => order);
  expect(new Set(orders).size).toBe(orders.length);
  for (const { order } of interrupted.measurements) expect(orders).toContain(order);
});

test('a grid of more runs than can be made is refused before anything is', async () => {
  const sizes = Array.from({ length: 200 }, (_, index) => index + 1).join(',');
  const refused = new Running(['study', '--size', sizes, '--clients', sizes, '--rounds', '1000']);
  expect(await refused.ended).toBe(2);
  expect(refused.stderr.tail).toContain('160,000,000 runs are requested, at most 100,000 are made');
});

test('a server that is not there, and one that makes no feeds on request, end it with a line', async () => {
  const nobody = new Running(['study', 'ws://127.0.0.1:1', '--rounds', '1']);
  expect(await nobody.ended).toBe(1);
  expect(nobody.stderr.tail).toMatch(/ws:\/\/127\.0\.0\.1:1 does not answer/);
  const serving = await Serving.start({}, { flags: ['--ad-hoc', 'off'] });
  const refused = new Running(['study', serving.url, '--size', '1', '--clients', '1', '--rounds', '1']);
  expect(await refused.ended).toBe(1);
  expect(refused.stderr.tail).toMatch(/error: .*/);
});

test('folders that collectors wrote are reported and charted, and flags of an experiment are refused beside them', async () => {
  const folder = await temporaryFolder();
  const serving = await Serving.start({ quick: 'counter?rate=1000' });
  const collecting = new Running([
    'collect',
    serving.url,
    'quick:10',
    '--blocks',
    '5',
    '--out',
    join(folder, 'blocks'),
  ]);
  expect(await collecting.ended, collecting.stderr.tail).toBe(0);
  const studied = new Running(['study', join(folder, 'blocks'), '--out', join(folder, 'charts')]);
  expect(await studied.ended, studied.stderr.tail).toBe(0);
  expect(studied.stdout.all.join('\n')).toContain('quick');
  expect(readFileSync(join(folder, 'charts', 'report.html'), 'utf8')).toMatch(/^<!doctype html>/i);
  const refused = new Running(['study', join(folder, 'blocks'), '--warm-up', '1s']);
  expect(await refused.ended).toBe(2);
  expect(refused.stderr.tail).toContain('--warm-up says what to measure');
});
