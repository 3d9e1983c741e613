// Draws one panel of a figure with uPlot, in the current colours.
import uPlot from 'uplot';
import { colourNamed, colourOf } from './colours.ts';
import type { Axis, Figure, Panel } from './figure.ts';
import { formatAlong } from './format.ts';
import { nearestPlace, showValues } from './hover.ts';
import { paintAbove, paintBands } from './paint.ts';
import { type AxisRange, logTicks, percentileTicks } from './scales.ts';

export interface Frame {
  readonly x: AxisRange;
  readonly y: AxisRange;
  readonly hidden: ReadonlySet<string>;
}

/** Draws the panel into `place`, as wide as that is. */
export function drawPanel(figure: Figure, panel: Panel, frame: Frame, place: HTMLElement): uPlot {
  const values = document.createElement('div');
  values.className = 'values';
  values.hidden = true;
  const time = figure.x.scale === 'time';
  const drawn = time ? inMilliseconds(panel) : panel;
  const options: uPlot.Options = {
    ...sizeIn(place),
    ...(time ? { ms: 1 as const, tzDate: (stamp: number) => uPlot.tzDate(new Date(stamp), 'Etc/UTC') } : {}),
    padding: [10, 26, 0, 0],
    legend: { show: false },
    scales: { x: scaleOf(figure.x, frame.x), y: scaleOf(figure.y, frame.y) },
    axes: [axisOf(figure.x, frame.x, 'x'), axisOf(figure.y, frame.y, 'y')],
    series: [{}, ...panel.series.map((series) => seriesOf(series, frame.hidden))],
    cursor: {
      y: false,
      drag: { x: false, y: false, setScale: false },
      points: { size: 10, fill: (_, index) => colourNamed(colourOf(panel.series[index - 1]?.colour ?? 'quiet')) },
      move: (plot, left, top) => [left < 0 ? left : nearestPlace(plot, drawn, left), top],
    },
    hooks: {
      ready: [(plot) => plot.over.append(values)],
      drawAxes: [(plot) => paintBands(plot, drawn)],
      draw: [(plot) => paintAbove(plot, drawn)],
      setCursor: [(plot) => showValues(plot, figure, panel, values)],
    },
  };
  return new uPlot(options, [[...drawn.x], ...panel.series.map(({ y }) => [...y])] as uPlot.AlignedData, place);
}

/** The time axes of uPlot count milliseconds. */
function inMilliseconds(panel: Panel): Panel {
  const [x, marks] = [panel.x.map((at) => at / 1_000), panel.marks.map((mark) => ({ ...mark, x: mark.x / 1_000 }))];
  return panel.measured === undefined
    ? { ...panel, x, marks }
    : { ...panel, x, marks, measured: panel.measured.map((at) => at / 1_000) };
}

export function sizeIn(place: HTMLElement): { width: number; height: number } {
  const width = Math.max(220, place.clientWidth);
  return { width, height: Math.round(Math.min(380, Math.max(250, width * 0.62))) };
}

function seriesOf(series: Panel['series'][number], hidden: ReadonlySet<string>): uPlot.Series {
  const { label, colour, style } = series;
  const stroke = colourNamed(colourOf(colour));
  const isAlone = series.y.filter((value) => value !== null).length === 1;
  const dashes = { points: [], dots: [], line: [], dashed: [7, 5], dotted: [2, 4] }[style];
  return {
    label,
    stroke,
    show: !hidden.has(series.of ?? label),
    width: style === 'points' || (style === 'line' && series.of === undefined) ? 1.75 : 1.25,
    ...(style === 'dots' ? { paths: () => null } : {}),
    dash: dashes,
    // Other series have values between its own.
    spanGaps: true,
    points: {
      show: style === 'points' || style === 'dots' || isAlone,
      size: 7,
      width: 1.5,
      stroke,
      fill: colourNamed('card'),
    },
  };
}

function scaleOf({ scale }: Axis, { min, max }: AxisRange): uPlot.Scale {
  const isLog = scale === 'log' || scale === 'percentile';
  const factor = scale === 'time' ? 1 / 1_000 : 1;
  return {
    time: scale === 'time',
    ...(isLog ? { distr: 3 as const, log: 10 as const } : {}),
    auto: false,
    range: [min * factor, max * factor],
  };
}

function axisOf(axis: Axis, range: AxisRange, side: 'x' | 'y'): uPlot.Axis {
  const muted = colourNamed('muted');
  const line = { stroke: colourNamed('grid'), width: 1 };
  const font = '12px system-ui, sans-serif';
  const looks: uPlot.Axis = { stroke: muted, grid: line, ticks: { ...line, size: 4 }, font, labelFont: font, gap: 6 };
  const placed: uPlot.Axis =
    side === 'x' ? { ...looks, label: axis.label, labelSize: 26, size: 34 } : { ...looks, size: widthFor };
  const named: uPlot.Axis = { values: (_, ticks) => ticks.map((tick) => formatAlong(axis, tick, 3)) };
  switch (axis.scale) {
    case 'time':
      return { ...placed, size: 46, values: timeNames };
    case 'linear':
      return { ...placed, ...named };
    case 'log':
      return {
        ...placed,
        ...named,
        splits: (plot) => logTicks(range, (side === 'x' ? plot.width / 48 : plot.height / 28) | 0),
        filter: (_, ticks) => ticks,
      };
    case 'percentile':
      return {
        ...placed,
        ...named,
        splits: (plot) => percentileTicks(range, plot.width - besideWidth),
        filter: (_, ticks) => ticks,
      };
  }
}

/** About the width beside a plot: the values along its y axis, and room for the last tick's name. */
const besideWidth = 90;

const [second, day] = [1_000, 86_400_000];
const [date, none] = ['\n{YYYY}-{MM}-{DD}', null];

/**
 * The names of ticks, by their least distance in milliseconds: the usual name, then names for ticks that begin another
 * year, month, day and so on.
 */
const timeNames: uPlot.Axis.Values = [
  [365 * day, '{YYYY}', none, none, none, none, none, none, 1],
  [28 * day, '{YYYY}-{MM}', none, none, none, none, none, none, 1],
  [day, '{MM}-{DD}', '\n{YYYY}', none, none, none, none, none, 1],
  [60 * second, '{HH}:{mm}', date, none, date, none, none, none, 1],
  [second, '{HH}:{mm}:{ss}', date, none, date, none, none, none, 1],
  [0.001, '{HH}:{mm}:{ss}.{fff}', date, none, date, none, none, none, 1],
];

/** The width of the longest value along the axis. */
function widthFor(plot: uPlot, values: string[] | null): number {
  plot.ctx.save();
  plot.ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
  const widest = Math.max(0, ...(values ?? []).map((text) => plot.ctx.measureText(text).width));
  plot.ctx.restore();
  return Math.ceil(widest / devicePixelRatio) + 16;
}
