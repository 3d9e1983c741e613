// The page of what was collected in a real browser.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collectedFigures } from '../../src/study/collected/figures.ts';
import { type CollectedStudy, studyCollected, writeCollectedReport } from '../../src/study/collected.ts';
import { inkOf, type Look, openReport } from './browser.ts';
import { collect, type Noted } from './collecting.ts';

const looks: readonly Look[] = [
  { width: 1_400, scheme: 'light' },
  { width: 390, scheme: 'dark' },
];
let folder = '';
let report = '';
let study: CollectedStudy;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blockfeed-study-'));
  const noted = (late: number): Noted[] => [
    { start: 0 },
    ...Array.from({ length: 200 }, (_, index): Noted => {
      const first = index > 120 && index < 140 ? late - (index - 120) * 40_000 : 300 + ((index * 7_919) % 900);
      return { size: 5, first, last: first + 40 + ((index * 104_729) % 5_000) };
    }),
  ];
  await collect(folder, { feed: 'user', stepMicros: 10_000, noted: noted(4_000_000) });
  await collect(folder, { feed: 'array', stepMicros: 12_000, noted: noted(0) });
  study = await studyCollected([folder]);
  await writeCollectedReport(study, join(folder, 'report'));
  report = join(folder, 'report', 'report.html');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(looks)('$scheme and $width wide, every chart is drawn and nothing is wider than the page', async (look) => {
  const page = await openReport(report, look);
  const ink = await inkOf(page);
  expect(ink).toHaveLength(collectedFigures(study).length);
  for (const share of ink) expect(share).toBeGreaterThan(0.01);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
});

test('pointing at a chart shows the slot and its values', async () => {
  const page = await openReport(report, { width: 1_400, scheme: 'light' });
  for (const figure of collectedFigures(study)) {
    const panel = figure.choices[0]?.panels[0];
    if (panel === undefined) throw new Error('the figure has no panel');
    const over = page.locator(`#${figure.id} .u-over`).first();
    await over.scrollIntoViewIfNeeded();
    const width = (await over.boundingBox())?.width ?? 0;
    for (const share of [0.05, 0.4, 0.62, 0.95]) {
      await over.hover({ position: { x: width * share, y: 60 }, force: true });
      const x = Number(await over.locator('.values p').getAttribute('data-value'));
      const shown = await over
        .locator('.values td[data-value]')
        .evaluateAll((cells) => cells.map((cell) => Number((cell as HTMLElement).dataset.value)));
      const index = panel.x.indexOf(x);
      expect(index).toBeGreaterThanOrEqual(0);
      expect(shown).toEqual(panel.series.map(({ y }) => y[index] ?? null).filter((value) => value !== null));
    }
  }
});
