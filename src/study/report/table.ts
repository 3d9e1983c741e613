// A study's result for the terminal: the measurements, the fits, and the advice last, where the eye is.
import {
  formatBytes,
  formatCount,
  formatMicros,
  formatMicrosInterval,
  formatShare,
  significant,
} from '../page/format.ts';
import type { Fit, Measurement, Quantiles, StudyResult } from '../result.ts';
import { plainTable, wrapped } from './plain.ts';
import { bySetting, type MeasuredPoint, measuredPoints, type Spread, spreadOf } from './points.ts';
import { disturbedWords, machineWords, rateWords, serverWords } from './words.ts';

/** The result as plain text of at most a hundred columns, ending with a newline. */
export function reportTable(result: StudyResult): string {
  const lines = [
    ...wrapped(result.command, '', '  '),
    ...wrapped(`${result.startedAt}, ${machineWords(result.machine)}`),
    ...wrapped(`Server: ${serverWords(result.server)}`, '', '  '),
    ...(result.finishedAt === undefined ? ['The study was not finished: this is what was measured so far.'] : []),
    '',
    ...measured(result),
    ...disturbed(result),
    ...skipped(result),
    ...fitted(result),
    ...advised(result),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function measured({ measurements }: StudyResult): string[] {
  if (measurements.length === 0) return ['Nothing was measured.', ''];
  const lines: string[] = [];
  for (const { words, points } of bySetting(measuredPoints(measurements)))
    lines.push(...wrapped(words), ...indented(settingTable(points)), '');
  if (measurements.some(({ keptUp }) => !keptUp))
    lines.push('! the server did not keep up with the rate: fewer than 95 % of the messages due came', '');
  return lines;
}

/** A column of the table of one setting. Empty columns are left out. */
interface TableColumn {
  readonly name: string;
  readonly of: (point: MeasuredPoint) => string | undefined;
}

const tableColumns: readonly TableColumn[] = [
  { name: '#size', of: ({ point }) => formatCount(point.size) },
  { name: '#messages/s', of: median(({ messagesPerSecond }) => messagesPerSecond, formatCount) },
  { name: '#±', of: (each) => plusMinus(spreadOf(each, ({ messagesPerSecond }) => messagesPerSecond)) },
  {
    name: '#MB/s',
    of: median(
      ({ bytesPerSecond }) => bytesPerSecond,
      (value) => significant(value / 1e6, 3),
    ),
  },
  { name: '#block', of: median(({ blockMicros }) => blockMicros, formatMicros) },
  { name: '#took p50', of: quantile(({ took }) => took, 'p50') },
  { name: '#p99', of: quantile(({ took }) => took, 'p99') },
  { name: '#latency p50', of: quantile(({ latency }) => latency, 'p50') },
  { name: '#p99', of: quantile(({ latency }) => latency, 'p99') },
  { name: '#CPU s/M srv', of: median(({ serverCpuPerMillion }) => serverCpuPerMillion, short) },
  { name: '#cli', of: median(({ clientCpuPerMillion }) => clientCpuPerMillion, short) },
  { name: '', of: ({ rounds }) => (rounds.some(({ keptUp }) => !keptUp) ? '!' : undefined) },
];

function settingTable(points: readonly MeasuredPoint[]): string[] {
  const shown = tableColumns.filter(({ of }) => points.some((each) => of(each) !== undefined));
  const rows = points.map((each) => shown.map(({ of }) => of(each) ?? '–'));
  return plainTable(
    shown.map(({ name }) => name),
    rows.map((row) => row.map((text, index) => (shown[index]?.name === '' && text === '–' ? '' : text))),
  );
}

function median(figure: (round: Measurement) => number | undefined, format: (value: number) => string) {
  return (point: MeasuredPoint): string | undefined => {
    const spread = spreadOf(point, figure);
    return spread === undefined ? undefined : format(spread.median);
  };
}

function quantile(of: (round: Measurement) => Quantiles | undefined, which: 'p50' | 'p99') {
  return median((round) => {
    const quantiles = of(round);
    return quantiles === undefined || quantiles.count === 0 ? undefined : quantiles[which];
  }, formatMicros);
}

function short(value: number): string {
  return significant(value, 3);
}

/** Half of the range of the rounds, as a share of their median. */
export function plusMinus(spread: Spread | undefined): string | undefined {
  if (spread === undefined || spread.low === spread.high || spread.median === 0) return undefined;
  return formatShare((spread.high - spread.low) / 2 / spread.median);
}

function disturbed(result: StudyResult): string[] {
  const words = disturbedWords(result);
  return words === undefined ? [] : [...wrapped(words), ''];
}

function skipped({ skipped: left }: StudyResult): string[] {
  if (left.length === 0) return [];
  const whys = new Map<string, number>();
  for (const { why } of left) whys.set(why, (whys.get(why) ?? 0) + 1);
  const rows = [...whys].flatMap(([why, count]) => wrapped(`${count} × ${why}`, '  ', '    '));
  return ['Left out', ...rows, ''];
}

function fitted({ fits, predictionError }: StudyResult): string[] {
  if (fits.length === 0) return [];
  const severalBytes = new Set(fits.map(({ messageBytes }) => messageBytes)).size > 1;
  const columns = ['delivery', '#clients', ...(severalBytes ? ['#bytes'] : [])];
  const rows = fits.map((fit) => [
    fit.delivery,
    formatCount(fit.clients),
    ...(severalBytes ? [formatBytes(fit.messageBytes)] : []),
    ...fitCells(fit),
  ]);
  const error =
    predictionError === undefined
      ? []
      : wrapped(
          `Sizes left out of the fit are predicted with a median error of ${formatShare(predictionError)}.`,
          '  ',
        );
  return [
    'A block of n messages costs a + b·n (95 % intervals in brackets)',
    ...indented(plainTable([...columns, '#a, per block', '', '#b, per message', '', '#R²', '#error'], rows)),
    ...error,
    '',
  ];
}

export function fitCells({ perBlock, perMessage, rSquared, predictionError }: Fit): string[] {
  return [
    ...formatMicrosInterval(perBlock.value, perBlock.low, perBlock.high),
    ...formatMicrosInterval(perMessage.value, perMessage.low, perMessage.high),
    rSquared.toFixed(4),
    formatShare(predictionError),
  ];
}

function advised({ advice }: StudyResult): string[] {
  if (advice.length === 0) return [];
  return [
    'Advice',
    ...advice.flatMap((each) => [
      ...wrapped(
        `${each.delivery} delivery, ${each.clients} ${each.clients === 1 ? 'client' : 'clients'}, ${rateWords(each.rate)}:`,
        '  ',
      ),
      ...wrapped(each.words, '    '),
    ]),
  ];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
