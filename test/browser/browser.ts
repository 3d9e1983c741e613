// Debian's Chromium, and pages that have the built client library: what a browser test starts, gone when it is over.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { posix } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { launchChromium } from '../support/chromium.ts';

const root = new URL('../../', import.meta.url);
const contentTypes: Readonly<Record<string, string>> = {
  js: 'text/javascript',
  mjs: 'text/javascript',
  html: 'text/html',
};

/** As a bundler would do it: the browser's platform file in the place of `#platform`. */
const libraryPage = `<!doctype html>
<script type="importmap">{ "imports": { "blockfeed": "/dist/index.js", "#platform": "/dist/client/platform.browser.js" } }</script>
<script type="module" src="/test/browser/take.mjs"></script>`;

let browser: Browser | undefined;
let origin = '';
const pages = createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://x');
  const path = posix.normalize(pathname).slice(1);
  const isOurs = /^(dist|examples|test\/browser)\//.test(path);
  const body =
    path === '' ? libraryPage : isOurs ? await readFile(new URL(path, root)).catch(() => undefined) : undefined;
  const type = contentTypes[path === '' ? 'html' : (path.split('.').at(-1) ?? '')] ?? 'text/plain';
  response.writeHead(body === undefined ? 404 : 200, { 'content-type': type }).end(body);
});

beforeAll(async () => {
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}/`;
  browser = await launchChromium();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  pages.closeAllConnections();
  await new Promise((resolve) => pages.close(resolve));
});

/** What a server is started with, so that these pages may read it. */
export function letsPagesRead(): string[] {
  return ['--origin', new URL(origin).origin];
}

/** A page at that path: `''` is one that can take blocks (take.mjs), a whole URL is one that is elsewhere. What goes wrong in it fails the test when it ends. */
export async function openPage(path = ''): Promise<Page> {
  if (browser === undefined) throw new Error('the browser did not start');
  const page = await browser.newPage();
  const errors: Error[] = [];
  page.on('pageerror', (error) => errors.push(error));
  onTestFinished(async () => {
    await page.close();
    if (errors.length > 0) throw errors[0];
  });
  await page.goto(URL.canParse(path) ? path : `${origin}${path}`);
  return page;
}
