// A report's page: one file that needs no other, asks the network for nothing, and is not able to.
import { createHash } from 'node:crypto';
import type { Figure } from '../page/figure.ts';
import { embeddedJson, html, type Markup } from './markup.ts';
import { pageLibraryStyle, pageScript } from './script.ts';
import { pageStyle } from './style.ts';

export interface ReportPage {
  readonly title: string;
  /** The page's body, in which `figurePlace` stands where a figure is to be. */
  readonly body: Markup;
  readonly figures: readonly Figure[];
  /** Everything that the page was made from, for whoever gets only the page. */
  readonly data: unknown;
}

/** The page as the text of a file. */
export async function pageText(page: ReportPage): Promise<string> {
  const [script, libraryStyle] = [await pageScript(), await pageLibraryStyle()];
  const style = `${libraryStyle}\n${pageStyle}`;
  const policy = [
    "default-src 'none'",
    `script-src ${hashed(script)}`,
    // uPlot places its parts by the elements' style objects, which no policy forbids.
    `style-src ${hashed(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${page.title}</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}">
<style>${raw(style)}</style>
</head>
<body>
${page.body}
${embeddedJson('data', page.data)}
${embeddedJson('figures', page.figures)}
<script>${raw(script)}</script>
</body>
</html>
`.html;
}

/** Where a figure is drawn, with its title and words, and under it where its numbers come from. */
export function figurePlace({ id, title, words }: Figure, source: Markup): Markup {
  return html`<figure id="${id}" role="group" aria-label="${title}">
<h3>${title}</h3>
<p>${words}</p>
<div class="choices"></div>
<div class="panels"></div>
<div class="legend"></div>
<figcaption>${source}</figcaption>
</figure>`;
}

const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#4f46e5" d="M1 2h4v12H1zM6 5h4v9H6zM11 8h4v6h-4z"/></svg>';

function raw(text: string): Markup {
  return { html: text };
}

function hashed(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
