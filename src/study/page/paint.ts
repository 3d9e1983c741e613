// Paints what uPlot does not draw: bands along lines, whiskers at points, vertical marks with words.
import type uPlot from 'uplot';
import { colourNamed, colourOf } from './colours.ts';
import type { Mark, Panel, Series } from './figure.ts';

/** The bands, behind everything. */
export function paintBands(plot: uPlot, panel: Panel): void {
  inside(plot, (context) => {
    panel.series.forEach((series, index) => {
      if (hasPoints(series) || !isShown(plot, index)) return;
      const along = edges(plot, panel, series);
      if (along.length < 2) return;
      context.beginPath();
      for (const { x, high } of along) context.lineTo(x, high);
      for (const { x, low } of along.reverse()) context.lineTo(x, low);
      context.closePath();
      context.globalAlpha = 0.14;
      context.fillStyle = colourNamed(colourOf(series.colour));
      context.fill();
    });
  });
}

/** Whiskers and marks, above the lines. */
export function paintAbove(plot: uPlot, panel: Panel): void {
  inside(plot, (context) => {
    panel.series.forEach((series, index) => {
      if (!hasPoints(series) || !isShown(plot, index)) return;
      context.strokeStyle = colourNamed(colourOf(series.colour));
      context.lineWidth = devicePixelRatio;
      context.setLineDash([]);
      context.beginPath();
      const half = 3 * devicePixelRatio;
      for (const { x, low, high } of edges(plot, panel, series)) {
        context.moveTo(x, low);
        context.lineTo(x, high);
        for (const y of [low, high]) {
          context.moveTo(x - half, y);
          context.lineTo(x + half, y);
        }
      }
      context.stroke();
    });
    paintMarks(plot, panel.marks, context);
  });
}

function paintMarks(plot: uPlot, marks: readonly Mark[], context: CanvasRenderingContext2D): void {
  const { left, top, width, height } = plot.bbox;
  const ratio = devicePixelRatio;
  context.font = `600 ${11 * ratio}px system-ui, sans-serif`;
  context.textBaseline = 'top';
  context.textAlign = 'left';
  marks.forEach((mark, index) => {
    const x = plot.valToPos(mark.x, 'x', true);
    context.strokeStyle = colourNamed(colourOf(mark.colour));
    context.lineWidth = 1.5 * ratio;
    context.setLineDash([5 * ratio, 4 * ratio]);
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x, top + height);
    context.stroke();
    context.setLineDash([]);
    if (mark.label === '') return;
    const wide = context.measureText(mark.label).width + 10 * ratio;
    const tall = 17 * ratio;
    // The label stands on the side that has room. Labels stand one below the other, so that two at one x can both be
    // read.
    const boxLeft = x + wide + 3 * ratio > left + width ? x - wide - 3 * ratio : x + 3 * ratio;
    const boxTop = top + (4 + index * 20) * ratio;
    context.fillStyle = colourNamed('card');
    context.globalAlpha = 0.92;
    context.fillRect(boxLeft, boxTop, wide, tall);
    context.globalAlpha = 1;
    context.fillStyle = colourNamed(colourOf(mark.colour));
    context.fillText(mark.label, boxLeft + 5 * ratio, boxTop + 3.5 * ratio);
  });
}

interface Edge {
  readonly x: number;
  readonly low: number;
  readonly high: number;
}

/** The range around a series where it has one, in pixels of the canvas. */
function edges(plot: uPlot, { x }: Panel, { y, low, high }: Series): Edge[] {
  const found: Edge[] = [];
  if (low === undefined || high === undefined) return found;
  const scale = plot.scales.y;
  const floor = scale?.distr === 3 ? (scale.min ?? 0) : Number.NEGATIVE_INFINITY;
  y.forEach((value, index) => {
    const [at, from, to] = [x[index], low[index] ?? null, high[index] ?? null];
    if (value === null || at === undefined || from === null || to === null) return;
    const xAt = plot.valToPos(at, 'x', true);
    // A logarithmic axis cannot show an interval that reaches below zero. There it ends at the plot's floor.
    const pixels = (of: number) => plot.valToPos(Math.max(of, floor), 'y', true);
    found.push({ x: xAt, low: pixels(from), high: pixels(to) });
  });
  return found;
}

function hasPoints({ style }: Series): boolean {
  return style === 'points' || style === 'dots';
}

function isShown(plot: uPlot, index: number): boolean {
  return plot.series[index + 1]?.show !== false;
}

/** Paints within the plot's frame and leaves the context as it was. */
function inside(plot: uPlot, paint: (context: CanvasRenderingContext2D) => void): void {
  const { left, top, width, height } = plot.bbox;
  plot.ctx.save();
  plot.ctx.beginPath();
  plot.ctx.rect(left, top, width, height);
  plot.ctx.clip();
  paint(plot.ctx);
  plot.ctx.restore();
}
