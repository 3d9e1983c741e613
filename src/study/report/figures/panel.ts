// Makes a panel of measured curves: all its series share one ascending x, as the page draws them.
import type { Mark, Panel, Series } from '../../page/figure.ts';
import type { Estimate } from '../../result.ts';
import { ascending } from '../../statistics/ascending.ts';
import type { Spread } from '../points.ts';

/** The most lines of a panel: the page has no more colours that can be told apart. */
export const mostLines = 8;

/** A line of a panel: what was measured, and what a model predicts. */
export interface Curve {
  readonly label: string;
  readonly colour: number;
  readonly measured: ReadonlyMap<number, Spread>;
  readonly model?: { readonly label: string; readonly at: (x: number) => Estimate };
  /** A second, dashed line of the same curve. */
  readonly beside?: { readonly label: string; readonly measured: ReadonlyMap<number, Spread> };
}

/** A line that was not measured, behind the others. */
export interface Guide {
  readonly label: string;
  readonly style: 'dashed' | 'dotted';
  readonly at: (x: number) => number | undefined;
}

/** Steps of a model's line from the smallest to the largest x, enough to look like a curve. */
const modelSteps = 24;

/** The panel of these curves; undefined where nothing was measured. */
export function panelOf(
  title: string,
  curves: readonly Curve[],
  { marks = [], guides = [] }: { readonly marks?: readonly Mark[]; readonly guides?: readonly Guide[] } = {},
): Panel | undefined {
  const measured = ascending(curves.flatMap((curve) => [...curve.measured.keys()]));
  if (measured.length === 0) return undefined;
  const drawsLines = guides.length > 0 || curves.some(({ model }) => model !== undefined);
  const x = drawsLines ? ascending([...measured, ...between(measured)]) : measured;
  const series: Series[] = guides.map(({ label, style, at }) => ({
    label,
    colour: 'quiet',
    style,
    y: x.map((each) => at(each) ?? null),
  }));
  for (const { label, colour, measured: values, model, beside } of curves) {
    if (model !== undefined) {
      const [least, most] = [Math.min(...values.keys()), Math.max(...values.keys())];
      const fitted = x.map((each) => (each < least || each > most ? undefined : model.at(each)));
      series.push({
        label: model.label,
        of: label,
        colour,
        style: 'line',
        y: fitted.map((each) => each?.value ?? null),
        low: fitted.map((each) => each?.low ?? null),
        high: fitted.map((each) => each?.high ?? null),
      });
    }
    series.push({ label, colour, style: model === undefined ? 'points' : 'dots', ...spreadsAlong(x, values) });
    if (beside !== undefined)
      series.push({
        label: beside.label,
        of: label,
        colour,
        style: 'dashed',
        y: x.map((each) => beside.measured.get(each)?.median ?? null),
      });
  }
  return { title, x, measured, series, marks };
}

function spreadsAlong(x: readonly number[], values: ReadonlyMap<number, Spread>) {
  const at = x.map((each) => values.get(each));
  return {
    y: at.map((each) => each?.median ?? null),
    low: at.map((each) => each?.low ?? null),
    high: at.map((each) => each?.high ?? null),
  };
}

/** Evenly spaced on a logarithmic axis. */
function between(measured: readonly number[]): number[] {
  const [least, most] = [measured[0] as number, measured[measured.length - 1] as number];
  if (least <= 0 || least === most) return [];
  return Array.from({ length: modelSteps - 1 }, (_, step) => least * (most / least) ** ((step + 1) / modelSteps));
}
