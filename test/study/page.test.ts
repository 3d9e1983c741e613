// The report's page in a real browser: it draws, says on hover what the data say, and needs nobody.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Figure } from '../../src/study/page/figure.ts';
import { formatAlong } from '../../src/study/page/format.ts';
import { costFigures } from '../../src/study/report/figures/cost.ts';
import { latencyFigures } from '../../src/study/report/figures/latency.ts';
import { writeReport } from '../../src/study/report/report.ts';
import { madeUpResult } from '../support/studyResult.ts';
import { inkOf, type Look, openReport } from './browser.ts';

const result = madeUpResult({ clients: [1, 10], rates: [50, 1_000, 'max'], sizes: [1, 2, 5, 10, 50, 100, 1_000] });
const figures = [...costFigures(result), ...latencyFigures(result)];
const looks: readonly Look[] = [
  { width: 1_400, scheme: 'light' },
  { width: 1_400, scheme: 'dark' },
  { width: 390, scheme: 'light' },
  { width: 390, scheme: 'dark' },
];
let folder = '';
let report = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blockfeed-study-'));
  await writeReport(result, folder);
  report = join(folder, 'report.html');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(looks)('$scheme and $width wide, every plot is drawn and nothing is wider than the page', async (look) => {
  const page = await openReport(report, look);
  const panels = figures.reduce((sum, { choices }) => sum + (choices[0]?.panels.length ?? 0), 0);
  const ink = await inkOf(page);
  expect(ink).toHaveLength(panels);
  for (const share of ink) expect(share).toBeGreaterThan(0.01);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  const cut = await page.evaluate(() =>
    [...document.querySelectorAll('.uplot')]
      .filter(({ parentElement, clientWidth }) => clientWidth > (parentElement?.clientWidth ?? 0))
      .map(({ parentElement }) => parentElement?.closest('figure')?.id),
  );
  expect(cut).toEqual([]);
  const colours = await page.evaluate(() => {
    const { backgroundColor, color } = getComputedStyle(document.body);
    return [backgroundColor, color].map((text) => Number(/\d+/.exec(text)?.[0]));
  });
  expect((colours[0] ?? 0) > (colours[1] ?? 0)).toBe(look.scheme === 'light');
});

test.each(figures.map((figure) => [figure.id, figure] as const))(
  'pointing at %s shows the values of its data, at each place that was measured',
  async (_, figure) => {
    const page = await openReport(report, { width: 1_400, scheme: 'light' });
    const panel = figure.choices[0]?.panels[0];
    if (panel === undefined) throw new Error('the figure has no panel');
    const over = page.locator(`#${figure.id} .u-over`).first();
    await over.scrollIntoViewIfNeeded();
    const width = (await over.boundingBox())?.width ?? 0;
    const seen = new Set<number>();
    for (let step = 0; step < 24; step++) {
      await over.hover({ position: { x: 2 + ((width - 4) * step) / 23, y: 40 }, force: true });
      const values = over.locator('.values');
      const x = Number(await values.locator('p').getAttribute('data-value'));
      seen.add(x);
      expect(await values.locator('p').textContent()).toBe(`${figure.x.label}: ${formatAlong(figure.x, x, 4)}`);
      const rows = await values
        .locator('tr')
        .evaluateAll((all) =>
          all.map((row) => [
            row.children[0]?.textContent,
            Number((row.children[1] as HTMLElement).dataset.value),
            row.children[1]?.textContent,
          ]),
        );
      const index = panel.x.indexOf(x);
      const wanted = panel.series
        .filter(({ y }) => (y[index] ?? null) !== null)
        .map(({ label, y }) => [label, y[index], formatAlong(figure.y, y[index] as number, 4)]);
      expect(rows).toEqual(wanted);
    }
    const places = panel.measured ?? panel.x;
    for (const x of seen) expect(places).toContain(x);
    expect(seen.size).toBeGreaterThan(Math.min(places.length, 12) - 1);
  },
);

test('choosing another rate draws that rate, and a line can be hidden', async () => {
  const page = await openReport(report, { width: 1_400, scheme: 'light' });
  const latency = page.locator('#latency');
  const buttons = latency.locator('.choices button');
  expect(await buttons.allTextContents()).toEqual(['50 messages/s', '1,000 messages/s']);
  await buttons.nth(1).click();
  expect(await buttons.nth(1).getAttribute('aria-pressed')).toBe('true');
  await latency.locator('.u-over').first().hover();
  const guide = latency.locator('.values').first().locator('tr').first();
  expect(await guide.textContent()).toMatch(/\(n − 1\) \/ rate/);
  await latency.locator('.legend button').first().click();
  await latency.locator('.u-over').first().hover();
  expect(await guide.textContent()).not.toMatch(/\(n − 1\) \/ rate/);
});

test('the advised size is marked where the advice says', () => {
  const figure = figures.find(({ id }) => id === 'latency') as Figure;
  for (const choice of figure.choices)
    for (const [index, delivery] of (['block', 'message'] as const).entries()) {
      const rate = choice.label.startsWith('50') ? 50 : 1_000;
      const advised = result.advice.filter((each) => each.rate === rate && each.delivery === delivery);
      const marks = choice.panels[index]?.marks.map(({ x }) => x);
      expect(new Set(marks)).toEqual(new Set(advised.map(({ size }) => size).filter((size) => size !== undefined)));
    }
});

test('on paper it is light and as wide as the paper, also where the screen is dark', async () => {
  const page = await openReport(report, { width: 1_400, scheme: 'dark' });
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await page.locator('html[data-paper=true]').waitFor({ state: 'attached' });
  expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(255, 255, 255)');
  expect(await page.evaluate(() => document.querySelector('main')?.clientWidth)).toBe(700);
  for (const share of await inkOf(page)) expect(share).toBeGreaterThan(0.01);
  const widest = await page.evaluate(() =>
    Math.max(...[...document.querySelectorAll('canvas')].map((each) => each.getBoundingClientRect().right)),
  );
  expect(widest).toBeLessThanOrEqual(700);
});

test('the network is out of its reach', async () => {
  const page = await openReport(report, { width: 1_400, scheme: 'light' });
  const policy = await page.locator('meta[http-equiv=Content-Security-Policy]').getAttribute('content');
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|connect-src/);
});
