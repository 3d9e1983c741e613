// The small table under the pointer: the values at the nearest place that was measured.
import type uPlot from 'uplot';
import { colourOf } from './colours.ts';
import type { Figure, Panel } from './figure.ts';
import { formatAlong } from './format.ts';

/** The place nearest to `left` that can be pointed at, in pixels. */
export function nearestPlace(plot: uPlot, panel: Panel, left: number): number {
  let nearest = left;
  let distance = Number.POSITIVE_INFINITY;
  for (const x of panel.measured ?? panel.x) {
    const at = plot.valToPos(x, 'x');
    if (Math.abs(at - left) >= distance) continue;
    distance = Math.abs(at - left);
    nearest = at;
  }
  return nearest;
}

/** Fills and places the table at the cursor, or hides it. */
export function showValues(plot: uPlot, figure: Figure, panel: Panel, box: HTMLElement): void {
  const { idx, left = -1 } = plot.cursor;
  const x = idx == null ? undefined : panel.x[idx];
  const rows = x === undefined || left < 0 ? [] : rowsAt(plot, figure, panel, idx as number);
  box.hidden = rows.length === 0;
  if (x === undefined || rows.length === 0) return;
  const head = document.createElement('p');
  head.textContent = `${figure.x.label}: ${formatAlong(figure.x, x, 4)}`;
  head.dataset.value = String(x);
  const table = document.createElement('table');
  table.append(...rows);
  box.replaceChildren(head, table);
  const room = plot.over.clientWidth;
  const toTheLeft = left > room / 2;
  box.style.left = toTheLeft ? '' : `${left + 14}px`;
  box.style.right = toTheLeft ? `${room - left + 14}px` : '';
}

function rowsAt(plot: uPlot, figure: Figure, panel: Panel, index: number): HTMLElement[] {
  const rows: HTMLElement[] = [];
  panel.series.forEach(({ label, colour, style, y, low, high }, place) => {
    const value = y[index] ?? null;
    if (value === null || plot.series[place + 1]?.show === false) return;
    const row = document.createElement('tr');
    const swatch = document.createElement('i');
    swatch.className = `swatch ${style} ${colourOf(colour)}`;
    const [from, to] = [low?.[index] ?? null, high?.[index] ?? null];
    const around =
      from === null || to === null || from === to
        ? ''
        : `${formatAlong(figure.y, from, 3)} to ${formatAlong(figure.y, to, 3)}`;
    const number = cell(formatAlong(figure.y, value, 4));
    number.dataset.value = String(value);
    const name = cell(label);
    name.prepend(swatch);
    row.append(name, number, cell(around));
    rows.push(row);
  });
  return rows;
}

function cell(text: string): HTMLElement {
  const made = document.createElement('td');
  made.textContent = text;
  return made;
}
