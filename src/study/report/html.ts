// A study's result as one page: the advice first, then the figures, then every number.

import { formatMinutes } from '../../protocol/units.ts';
import { html, htmlTable, type Markup } from '../html/markup.ts';
import { figurePlace, pageText } from '../html/page.ts';
import { formatBytes, formatCount, formatMicros, formatShare, formatWhole, significant } from '../page/format.ts';
import type { Advice, StudyResult } from '../result.ts';
import { costFigures } from './figures/cost.ts';
import { latencyFigures } from './figures/latency.ts';
import { bySetting, type MeasuredPoint, measuredPoints, spreadOf } from './points.ts';
import { fitCells, plusMinus } from './table.ts';
import {
  advisedSizes,
  bytesWords,
  clientsWords,
  disturbedWords,
  formatGoal,
  goalUnit,
  goalWords,
  machineWords,
  rateWords,
  serverWords,
  settingWords,
} from './words.ts';

/** The text of report.html. */
export async function reportPage(result: StudyResult): Promise<string> {
  const figures = [...costFigures(result), ...latencyFigures(result)];
  const source = html`<code>${result.command}</code><br>${machineWords(result.machine)}; ${result.startedAt.slice(0, 10)}`;
  const body = html`<main>
<header>
<p class="over">blockfeed study</p>
<h1>What block size, for how many clients</h1>
${unfinished(result)}
${facts(result)}
</header>
${adviceSection(result)}
${figures.length === 0 ? html`<h2>Plots</h2><p>There is nothing to draw.</p>` : html`<h2>Plots</h2>`}
${figures.map((figure) => figurePlace(figure, source))}
${fitSection(result)}
${measurementSection(result)}
${skippedSection(result)}
${methodSection(result)}
<footer>Made by blockfeed. This page holds all of its data and asks the network for nothing. Plots by uPlot (MIT licence).</footer>
</main>`;
  return await pageText({ title: `blockfeed study, ${result.startedAt.slice(0, 10)}`, body, figures, data: result });
}

function unfinished({ finishedAt }: StudyResult): Markup | undefined {
  return finishedAt === undefined
    ? html`<p class="lead">The study was not finished: this is what was measured so far.</p>`
    : undefined;
}

function facts(result: StudyResult): Markup {
  const { measurements, finishedAt, startedAt, seed } = result;
  const points = measuredPoints(measurements).length;
  const micros = finishedAt === undefined ? undefined : (Date.parse(finishedAt) - Date.parse(startedAt)) * 1_000;
  const disturbed = disturbedWords(result);
  const when = `${startedAt.replace('T', ' ').slice(0, 16)} UTC${micros === undefined ? '' : `, ${formatMinutes(micros)}`}`;
  return html`<dl class="facts">
<dt>Command</dt><dd><code>${result.command}</code></dd>
<dt>Machine</dt><dd>${machineWords(result.machine)}</dd>
<dt>Server</dt><dd>${serverWords(result.server)}</dd>
<dt>When</dt><dd>${when}</dd>
<dt>Measured</dt><dd>${formatWhole(points)} points, ${formatWhole(measurements.length)} runs in random order (seed ${seed})</dd>
${disturbed === undefined ? undefined : html`<dt>Disturbed</dt><dd>${disturbed}</dd>`}
</dl>`;
}

function adviceSection({ advice }: StudyResult): Markup {
  if (advice.length === 0) return html`<h2>Advice</h2><p>There is none: too little was measured to compare sizes.</p>`;
  return html`<h2>Advice</h2>
<div class="advice">${advice.map(adviceCard)}</div>`;
}

function adviceCard(advice: Advice): Markup {
  const { goal, delivery, clients, rate, messageBytes, size, words } = advice;
  const where = `${delivery} delivery, ${clientsWords(clients)}, ${rateWords(rate)}, ${bytesWords(messageBytes)}`;
  const rows = advisedSizes(advice).map(({ size: each, gives }) => {
    const isChosen = each === size;
    return html`<tr class="${isChosen ? 'chosen' : 'other'}"><td class="number">${formatWhole(each)}</td><td class="number">${formatGoal(goal, gives.value)}</td><td class="number">${formatGoal(goal, Math.max(0, gives.low))}</td><td class="number">${formatGoal(goal, gives.high)}</td></tr>`;
  });
  return html`<article class="card">
<p class="goal">${goalWords(goal)}</p>
<p class="where">${where}</p>
<p class="size">${size === undefined ? 'no size' : formatWhole(size)} <small>${size === undefined ? 'reaches it' : size === 1 ? 'message a block' : 'messages a block'}</small></p>
<p>${words}</p>
${
  rows.length === 0
    ? undefined
    : html`<details open><summary>What it gives, and its neighbours</summary><div class="scroll"><table><thead><tr><th class="number">size</th><th class="number">${goalUnit(goal)}</th><th class="number">low</th><th class="number">high</th></tr></thead><tbody>${rows}</tbody></table></div></details>`
}
</article>`;
}

function fitSection({ fits, predictionError }: StudyResult): Markup | undefined {
  if (fits.length === 0) return undefined;
  const rows = fits.map((fit) => [
    fit.delivery,
    formatWhole(fit.clients),
    formatBytes(fit.messageBytes),
    ...fitCells(fit),
  ]);
  const fitHeadings = [
    'delivery',
    '#clients',
    '#message',
    '#a, per block',
    '95 %',
    '#b, per message',
    '95 %',
    '#R²',
    '#prediction error',
  ];
  const residualRows = fits.flatMap((fit) =>
    fit.residuals.map(({ size, measured, fitted }) => {
      const left = fit.heldOut.find((each) => each.size === size);
      return [
        fit.delivery,
        formatWhole(fit.clients),
        formatBytes(fit.messageBytes),
        formatWhole(size),
        formatMicros(measured),
        formatMicros(fitted),
        signedShare(measured / fitted - 1),
        formatMicros(left?.predicted),
        left === undefined ? '–' : signedShare(left.predicted / left.measured - 1),
      ];
    }),
  );
  const residualColumns = [
    'delivery',
    '#clients',
    '#message',
    '#size',
    '#measured',
    '#fitted',
    '#residual',
    '#predicted without it',
    '#error',
  ];
  return html`<h2>The fit: a + b·n</h2>
<p>A block of n messages costs a, whatever is in it, and b for each message. ${
    predictionError === undefined
      ? ''
      : `Each size was also predicted from a fit on the other sizes: the median error is ${formatShare(predictionError)}.`
  }</p>
<div class="card wide">${htmlTable(fitHeadings, [{ rows }])}</div>
<details><summary>Residuals and predictions of each size</summary>${htmlTable(residualColumns, [{ rows: residualRows }])}</details>`;
}

function signedShare(share: number): string {
  return `${share < 0 ? '−' : '+'}${formatShare(Math.abs(share))}`;
}

/** The columns of the table of measurements: medians of the rounds. */
const columns: readonly (readonly [name: string, of: (point: MeasuredPoint) => string])[] = [
  ['#size', ({ point }) => formatWhole(point.size)],
  ['#messages/s', (each) => formatCount(median(each, ({ messagesPerSecond }) => messagesPerSecond))],
  ['#±', (each) => plusMinus(spreadOf(each, ({ messagesPerSecond }) => messagesPerSecond)) ?? '–'],
  ['#MB/s', (each) => optional(median(each, ({ bytesPerSecond }) => bytesPerSecond / 1_000_000))],
  ['#block', (each) => formatMicros(median(each, ({ blockMicros }) => blockMicros))],
  ['#took p50', (each) => formatMicros(median(each, ({ took }) => took.p50))],
  ['#p99', (each) => formatMicros(median(each, ({ took }) => took.p99))],
  ['#latency p50', (each) => formatMicros(median(each, ({ latency }) => latency?.p50))],
  ['#p99', (each) => formatMicros(median(each, ({ latency }) => latency?.p99))],
  ['#p99.9', (each) => formatMicros(median(each, ({ latency }) => latency?.p999))],
  ['#CPU s/M server', (each) => optional(median(each, ({ serverCpuPerMillion }) => serverCpuPerMillion))],
  ['#clients', (each) => optional(median(each, ({ clientCpuPerMillion }) => clientCpuPerMillion))],
  ['', ({ rounds }) => (rounds.every(({ keptUp }) => keptUp) ? '' : 'did not keep up')],
];

function measurementSection({ measurements }: StudyResult): Markup | undefined {
  if (measurements.length === 0) return undefined;
  const all = measuredPoints(measurements);
  // Empty columns are left out.
  const shown = columns.filter(([, of]) => all.some((point) => !['', '–'].includes(of(point))));
  const groups = bySetting(all).map(({ words, points }) => ({
    heading: words,
    rows: points.map((point) => shown.map(([, of]) => of(point))),
  }));
  return html`<h2>Measurements</h2>
<p>Medians of the rounds; ± is half of their range. Every single run is in measurements.csv, and with its distributions in result.json and in this page's source.</p>
<div class="card wide">${htmlTable(
    shown.map(([name]) => name),
    groups,
  )}</div>`;
}

function median(point: MeasuredPoint, figure: Parameters<typeof spreadOf>[1]): number | undefined {
  return spreadOf(point, figure)?.median;
}

function optional(value: number | undefined): string {
  return value === undefined ? '–' : significant(value, 3);
}

function skippedSection({ skipped }: StudyResult): Markup | undefined {
  if (skipped.length === 0) return undefined;
  const rows = skipped.map(({ point, why }) => [settingWords(point), formatWhole(point.size), why]);
  return html`<h2>Left out</h2>
<div class="card wide">${htmlTable(['setting', '#size', 'why'], [{ rows }])}</div>`;
}

function methodSection({ server, setup }: StudyResult): Markup {
  const clock = server.own
    ? 'Server and clients ran on one machine, so they had one clock and shared its processors.'
    : `The server's clock was compared with this machine's: ${serverWords(server)}. Latencies have that error.`;
  return html`<h2>How to read this</h2>
<ul class="notes">
<li>Each point was run ${setup.rounds} ${setup.rounds === 1 ? 'time' : 'times'}, in random order among all others, after a warm-up of ${formatMicros(setup.warmUpMicros)}, for ${formatMicros(setup.measureMicros)} or longer; each client had ${setup.window} ${setup.window === 1 ? 'block' : 'blocks'} under way at once.</li>
<li>Time per block: from the end of a client's previous block to the end of this one, where clients take all they can get; the mean over all blocks.</li>
<li>Took: from a block's first byte to its last. Latency: from the time a message was due, whether or not the server was in time, to the time its block had come.</li>
<li>${clock}</li>
<li>The band along a fitted line takes both a and b at the ends of their intervals, so it is wider than the interval of their sum.</li>
</ul>`;
}
