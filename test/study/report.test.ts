// What a report says, held against the result it was made from.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { Panel } from '../../src/study/page/figure.ts';
import { formatCount, formatMicros, formatWhole } from '../../src/study/page/format.ts';
import { csv } from '../../src/study/report/csv.ts';
import { costFigures } from '../../src/study/report/figures/cost.ts';
import { latencyFigures } from '../../src/study/report/figures/latency.ts';
import { plainWidth } from '../../src/study/report/plain.ts';
import { reportTable, writeReport } from '../../src/study/report/report.ts';
import type { StudyResult } from '../../src/study/result.ts';
import { madeUpResult } from '../support/studyResult.ts';
import { readCsv } from './csv.ts';

const result = madeUpResult({
  clients: [1, 10],
  rates: [0.5, 1_000, 'max'],
  sizes: [1, 5, 50, 1_000],
  messageBytes: [60, 900],
});

test('every number of every run is in measurements.csv, and its curves in result.json', async () => {
  const files = await written(result);
  const rows = readCsv(files['measurements.csv'] ?? '');
  expect(rows).toHaveLength(result.measurements.length);
  result.measurements.forEach((measurement, index) => {
    const row = rows[index] ?? {};
    const { point, took, latency, wait, span, requestToReceipt, eventLoopDelay } = measurement;
    expect(row).toMatchObject({
      delivery: point.delivery,
      rate: String(point.rate),
      size: String(point.size),
      clients: String(point.clients),
      message_bytes: String(point.messageBytes),
      round: String(measurement.round),
      order: String(measurement.order),
      kept_up: String(measurement.keptUp),
      event_loop_delay_p99_us: String(eventLoopDelay?.p99),
    });
    for (const [name, quantiles] of Object.entries({ took, latency, wait, span, request_to_receipt: requestToReceipt }))
      for (const which of ['mean', 'min', 'p50', 'p90', 'p99', 'p999', 'max'] as const)
        expect(row[`${name}_${which}_us`]).toBe(quantiles === undefined ? '' : String(quantiles[which]));
    const numbers = new Set(Object.values(row));
    const { messagesPerSecond, bytesPerSecond, blockMicros, durationMicros, blocks, messages, bytes } = measurement;
    for (const each of [messagesPerSecond, bytesPerSecond, blockMicros, durationMicros, blocks, messages, bytes])
      expect(numbers).toContain(String(each));
  });
  expect(JSON.parse(files['result.json'] ?? '')).toEqual(JSON.parse(JSON.stringify(result)));
});

test('fits.csv has each fit with its intervals', async () => {
  const rows = readCsv((await written(result))['fits.csv'] ?? '');
  expect(
    rows.map((row) => [row.delivery, row.clients, row.per_block_us, row.per_message_low_us, row.prediction_error]),
  ).toEqual(
    result.fits.map((fit) =>
      [fit.delivery, fit.clients, fit.perBlock.value, fit.perMessage.low, fit.predictionError].map(String),
    ),
  );
});

test('the page holds the whole result', async () => {
  const page = (await written(result))['report.html'] ?? '';
  expect(embedded(page, 'data')).toEqual(JSON.parse(JSON.stringify(result)));
});

test('the points of every figure are medians of what was measured, with the least and the greatest', () => {
  const [total] = costFigures(result);
  const panel = panelOf(total?.choices, 'messages of 60 B', 'Block');
  const series = panel.series.find(({ label }) => label === '10 clients');
  for (const size of [1, 5, 50, 1_000]) {
    const times = result.measurements
      .filter(
        ({ point }) =>
          point.size === size &&
          point.clients === 10 &&
          point.rate === 'max' &&
          point.delivery === 'block' &&
          point.messageBytes === 60,
      )
      .map(({ blockMicros }) => (blockMicros / size) * 1_000_000)
      .sort((one, other) => one - other);
    const index = panel.x.indexOf(size);
    expect([series?.low?.[index], series?.y[index], series?.high?.[index]]).toEqual(times);
  }
});

test('total time for a fixed number of messages falls as the size grows', () => {
  const [total] = costFigures(result);
  for (const { series } of total?.choices.flatMap(({ panels }) => panels) ?? [])
    for (const { y, style } of series) {
      if (style !== 'dots') continue;
      const times = y.filter((each) => each !== null);
      expect(times).toEqual([...times].sort((one, other) => other - one));
    }
});

test('the fitted line is a + b·n at every size it is drawn at', () => {
  const figure = costFigures(result).find(({ id }) => id === 'time-per-block');
  const panel = panelOf(figure?.choices, 'messages of 900 B', 'Message');
  const fit = result.fits.find(
    (each) => each.delivery === 'message' && each.clients === 1 && each.messageBytes === 900,
  );
  const line = panel.series.find(({ label }) => label === '1 client, fitted');
  if (fit === undefined || line === undefined) throw new Error('the fit is not drawn');
  panel.x.forEach((size, index) => {
    expect(line.y[index]).toBe(fit.perBlock.value + fit.perMessage.value * size);
    expect(line.high?.[index]).toBe(fit.perBlock.high + fit.perMessage.high * size);
  });
});

test('at one message every T the wait for a block of n is drawn as (n − 1)·T', () => {
  const latency = latencyFigures(result).find(({ id }) => id === 'latency');
  const panel = panelOf(latency?.choices, '0.5 messages/s, messages of 60 B', 'Block');
  const guide = panel.series.find(({ label }) => label === '(n − 1) / rate');
  expect(guide?.y[panel.x.indexOf(5)]).toBe(4 * 2_000_000);
});

test('a quantile plot has the quantiles at their percentiles', () => {
  const figure = latencyFigures(result).find(({ id }) => id === 'took-quantiles');
  const choice = figure?.choices.find(({ label }) => label === 'the most the server gives, 1 client, messages of 60 B');
  const panel = choice?.panels[0];
  const line = panel?.series.find(({ label }) => label === '1 a block');
  const own = result.measurements
    .filter(
      ({ point }) =>
        point.delivery === 'block' &&
        point.size === 1 &&
        point.clients === 1 &&
        point.rate === 'max' &&
        point.messageBytes === 60,
    )
    .map(({ took }) => took)
    .sort((one, other) => one.p99 - other.p99)[1];
  const at = (place: number) => line?.y[panel?.x.indexOf(place) ?? -1];
  expect([at(2), at(10), at(100), at(1_000)]).toEqual([own?.p50, own?.p90, own?.p99, own?.p999]);
});

test('the table fits a hundred columns, sends no escapes, and has the medians', () => {
  const table = reportTable(result);
  for (const line of table.split('\n')) expect(line.length).toBeLessThanOrEqual(plainWidth);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
  expect(table).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  const of = result.measurements
    .filter(
      ({ point }) =>
        point.delivery === 'message' &&
        point.size === 50 &&
        point.clients === 10 &&
        point.rate === 'max' &&
        point.messageBytes === 900,
    )
    .map(({ messagesPerSecond, blockMicros }) => ({ messagesPerSecond, blockMicros }));
  const middle = (values: number[]): number => values.sort((one, other) => one - other)[1] as number;
  const [, part = ''] = table.split('Message delivery, 10 clients, the most the server gives, messages of 900 B\n');
  const row = part.split('\n').find((line) => line.trim().startsWith('50 '));
  expect(row).toContain(formatCount(middle(of.map(({ messagesPerSecond }) => messagesPerSecond))));
  expect(row).toContain(formatMicros(middle(of.map(({ blockMicros }) => blockMicros))));
  const words = table.replace(/\s+/g, ' ');
  for (const advice of result.advice) expect(words).toContain(advice.words);
});

test('no text can end the element of a page that it is in, or control the terminal', async () => {
  const nasty = `blockfeed study --out "</script><script>alert(1)</script>" <!-- ' & "x,\r\ny" \u001b[31m\u2028 ${'z'.repeat(300)}`;
  const nastyResult: StudyResult = {
    ...result,
    command: nasty,
    machine: { ...result.machine, cpu: nasty },
    advice: result.advice.map((each) => ({ ...each, words: nasty })),
    skipped: result.skipped.map((each) => ({ ...each, why: nasty })),
  };
  const page = (await written(nastyResult))['report.html'] ?? '';
  expect(page).not.toContain('<script>alert');
  expect(page).not.toContain('</script><script>');
  expect(page.match(/<\/script>/g)).toHaveLength(3);
  expect((embedded(page, 'data') as StudyResult).command).toBe(nasty);
  const table = reportTable(nastyResult);
  expect(table).not.toContain('\u001b');
  for (const line of table.split('\n')) expect(line.length).toBeLessThanOrEqual(plainWidth);
});

test('how many runs were disturbed is said in the table and on the page, and only where some were', async () => {
  expect(reportTable(result)).not.toContain('processors were slow');
  const [first, second, ...rest] = result.measurements;
  if (first === undefined || second === undefined) throw new Error('the result has too few measurements');
  const disturbed = { ...result, measurements: [{ ...first, speed: 0.5 }, { ...second, othersCpu: 0.5 }, ...rest] };
  const words = `In 2 of ${formatWhole(result.measurements.length)} runs the processors were slow`;
  expect(reportTable(disturbed)).toContain(words);
  expect((await written(disturbed))['report.html']).toContain(words);
  const inOneLine = (table: string) => table.replaceAll(/\s+/g, ' ');
  expect(inOneLine(reportTable(disturbed))).toContain('or --repeats 3, which makes such runs again');
  const again = reportTable({ ...disturbed, setup: { ...disturbed.setup, repeats: 3 } });
  expect(inOneLine(again)).toContain('made again up to 3 times');
});

test('any text in a CSV is read back as it was', () => {
  const texts = fc.array(fc.array(fc.string({ unit: 'binary' }), { minLength: 2, maxLength: 2 }), { minLength: 1 });
  fc.assert(
    fc.property(texts, (rows) => {
      const columns = [0, 1].map((index) => ({ name: `c${index}`, of: (row: readonly string[]) => row[index] }));
      expect(readCsv(csv(columns, rows)).map((row) => [row.c0, row.c1])).toEqual(rows);
    }),
  );
});

const partial: readonly (readonly [string, StudyResult])[] = [
  [
    'nothing',
    {
      ...result,
      measurements: [],
      fits: [],
      advice: [],
      skipped: [],
      predictionError: undefined,
      finishedAt: undefined,
    },
  ],
  [
    'one run of one point',
    madeUpResult({ sizes: [1], clients: [1], deliveries: ['block'], rates: ['max'], rounds: 1 }),
  ],
  ['one point of a rate', madeUpResult({ sizes: [5], clients: [3], deliveries: ['message'], rates: [2], rounds: 1 })],
  ['no fits and no advice', { ...result, fits: [], advice: [], predictionError: undefined }],
  [
    'nothing known of the server',
    {
      ...result,
      server: { url: 'ws://else.example/', own: false, clockOffsetMicros: -1_500, clockErrorMicros: 90 },
      measurements: result.measurements.map((each) => ({
        ...each,
        serverCpuPerMillion: undefined,
        clientCpuPerMillion: undefined,
        wireBytesPerMessage: undefined,
        serverRssBytes: undefined,
        eventLoopDelay: undefined,
      })),
    },
  ],
];

test.each(partial)('a result of %s has its table and files', async (_, some) => {
  const files = await written(some);
  expect(Object.keys(files).sort()).toEqual(['fits.csv', 'measurements.csv', 'report.html', 'result.json']);
  expect(readCsv(files['measurements.csv'] ?? '')).toHaveLength(some.measurements.length);
  for (const text of [reportTable(some), body(files['report.html'] ?? '')])
    expect(text).not.toMatch(/NaN|undefined|Infinity|\[object/);
});

/** The files of a report, by name. */
async function written(some: StudyResult): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'blockfeed-study-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const paths = await writeReport(some, join(folder, 'below', 'that'));
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [basename(path), await readFile(path, 'utf8')])),
  );
}

function embedded(page: string, id: string): unknown {
  return JSON.parse(new RegExp(`<script type="application/json" id="${id}">(.*?)</script>`, 's').exec(page)?.[1] ?? '');
}

/** What people see of a page. */
function body(page: string): string {
  return page.slice(page.indexOf('<main>'), page.indexOf('</main>'));
}

function panelOf(
  choices: readonly { label: string; panels: readonly Panel[] }[] | undefined,
  label: string,
  title: string,
): Panel {
  const panel = choices?.find((each) => each.label === label)?.panels.find((each) => each.title.startsWith(title));
  if (panel === undefined)
    throw new Error(`there is no panel ${title} of ${label}: ${choices?.map((each) => each.label)}`);
  return panel;
}
