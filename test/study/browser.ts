// A report opened from its file in Debian's Chromium, watched for everything that it must not do.
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { launchChromium } from '../support/chromium.ts';

let browser: Browser | undefined;

beforeAll(async () => {
  browser = await launchChromium();
}, 60_000);

afterAll(() => browser?.close());

/** How the page is looked at. */
export interface Look {
  readonly width: number;
  readonly scheme: 'light' | 'dark';
}

/** The page of that file, drawn. The test fails when it writes to its console, or requests anything but itself. */
export async function openReport(path: string, { width, scheme }: Look): Promise<Page> {
  if (browser === undefined) throw new Error('the browser did not start');
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
  const said: string[] = [];
  const requested: string[] = [];
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => said.push(String(error.stack)));
  page.on('request', (request) => requested.push(request.url()));
  onTestFinished(async () => {
    await page.close();
    expect(said).toEqual([]);
    expect(requested.filter((url) => !url.startsWith('data:'))).toEqual([url]);
  });
  const url = pathToFileURL(path).href;
  await page.goto(url);
  await page.locator('html[data-drawn=true]').waitFor({ state: 'attached' });
  return page;
}

/** Share of a canvas that is not of its one background colour, for each plot that is seen. */
export function inkOf(page: Page): Promise<number[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('canvas')].map((canvas) => {
      const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(
        0,
        0,
        canvas.width,
        canvas.height,
      );
      let inked = 0;
      for (let at = 3; at < data.length; at += 4) if ((data[at] ?? 0) > 0) inked++;
      return inked / (data.length / 4);
    }),
  );
}
