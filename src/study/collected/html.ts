// Collected folders as one page: what was found, in words and numbers, then the figures.
import { html, htmlTable, type Markup } from '../html/markup.ts';
import { figurePlace, pageText } from '../html/page.ts';
import { formatMicros } from '../page/format.ts';
import { collectedFigures } from './figures.ts';
import { folderLabels } from './names.ts';
import type { CollectedFolder, CollectedStudy } from './result.ts';
import { blocksWords, instant, many, oddWords, pauseWords, periodWords, reconnectWords, timeRows } from './words.ts';

/** The text of report.html. */
export async function collectedPage(study: CollectedStudy): Promise<string> {
  const figures = collectedFigures(study);
  const names = folderLabels(study.folders);
  const source = html`<code>${study.command}</code>`;
  const body = html`<main>
<header>
<p class="over">blockfeed study</p>
<h1>How the blocks came</h1>
<dl class="facts"><dt>Command</dt><dd><code>${study.command}</code></dd>
<dt>Read</dt><dd>${many(study.folders.length, 'journal')}, nothing else</dd></dl>
</header>
<h2>Folders</h2>
${study.folders.map((folder, index) => folderCard(folder, names[index] as string))}
${figures.length === 0 ? html`<h2>Plots</h2><p>There is no block, so there is nothing to draw.</p>` : html`<h2>Plots</h2>`}
${figures.map((figure) => figurePlace(figure, source))}
<h2>How to read this</h2>
<ul class="notes">
<li>Times of messages are by the feed's clock, times of receipt by the collector's: where the two differ, ages are wrong by the difference.</li>
<li>${reconnectWords}</li>
</ul>
<footer>Made by blockfeed. This page holds all of its data and asks the network for nothing. Plots by uPlot (MIT licence).</footer>
</main>`;
  return await pageText({ title: 'blockfeed study of collected blocks', body, figures, data: study });
}

function folderCard(folder: CollectedFolder, name: string): Markup {
  const { path, messages, firstReceived, lastReceived, pauses } = folder;
  if (firstReceived === undefined || lastReceived === undefined)
    return html`<article class="card wide"><h3>${name}</h3><p class="quiet-text"><code>${path}</code></p><p>No block.</p></article>`;
  const rows = timeRows.flatMap(([which, title, meaning]) => {
    const { count, mean, p50, p90, p99, p999, max } = folder[which];
    return count === 0 ? [] : [[title, ...[mean, p50, p90, p99, p999, max].map((each) => formatMicros(each)), meaning]];
  });
  const columns = ['a block’s', '#mean', '#p50', '#p90', '#p99', '#p99.9', '#max', ''];
  return html`<article class="card wide">
<h3>${name}</h3>
<p class="quiet-text"><code>${path}</code></p>
<p>${blocksWords(folder)}.</p>
<p>${periodWords(firstReceived, lastReceived, messages)}.</p>
${oddWords(folder).map((words) => html`<p>${words}</p>`)}
${htmlTable(columns, [{ rows }])}
${
  pauses.length === 0
    ? undefined
    : html`<details><summary>${many(pauses.length, 'pause')}</summary>${htmlTable(
        ['from (UTC)', 'pause'],
        [{ rows: pauses.map((pause) => [instant(pause.fromMicros), pauseWords(pause)]) }],
      )}</details>`
}
</article>`;
}
