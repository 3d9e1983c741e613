// The script of a report's page: draws the figures that are embedded in it as data, each in its place.
import 'uplot/dist/uPlot.min.css';
import type uPlot from 'uplot';
import { colourOf } from './colours.ts';
import type { Choice, Figure } from './figure.ts';
import { drawPanel, sizeIn } from './plot.ts';
import { rangeOf } from './scales.ts';

/** Each draws one figure anew, in the current colours and widths. */
const drawers: (() => void)[] = [];
const drawAll = (): void => {
  for (const draw of drawers) draw();
};

const figures: readonly Figure[] = JSON.parse(document.getElementById('figures')?.textContent ?? '[]');
for (const figure of figures) {
  const place = document.getElementById(figure.id);
  if (place !== null) mount(figure, place);
}
drawAll();
document.documentElement.dataset.drawn = 'true';

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
// A printed page is light, and as wide as the paper. Its plots must be drawn for that before it is laid out.
addEventListener('beforeprint', () => forPaper(true));
addEventListener('afterprint', () => forPaper(false));
matchMedia('print').addEventListener('change', ({ matches }) => forPaper(matches));

function forPaper(isPaper: boolean): void {
  if (isPaper) document.documentElement.dataset.paper = 'true';
  else delete document.documentElement.dataset.paper;
  drawAll();
}

function mount(figure: Figure, place: HTMLElement): void {
  const [panels, choices, legend] = [part(place, 'panels'), part(place, 'choices'), part(place, 'legend')];
  const hidden = new Set<string>();
  let chosen = figure.choices[0] as Choice;
  let plots: uPlot[] = [];

  const draw = (): void => {
    for (const plot of plots) plot.destroy();
    const [x, y] = [rangeOf(chosen, 'x', figure.x), rangeOf(chosen, 'y', figure.y)];
    const places = chosen.panels.map((panel) => panelPlace(panel.title));
    panels.replaceChildren(...places.map(({ whole }) => whole));
    plots =
      x === undefined || y === undefined
        ? []
        : chosen.panels.map((panel, index) =>
            drawPanel(figure, panel, { x, y, hidden }, (places[index] as PanelPlace).canvas),
          );
    legend.replaceChildren(...legendOf(figure, chosen, hidden, draw));
  };
  drawers.push(draw);

  // A single choice needs no button, but its label says what the figure shows.
  if (figure.choices.length === 1 && chosen.label !== '') choices.append(onlyChoice(chosen.label));
  if (figure.choices.length > 1) for (const choice of figure.choices) choices.append(choiceButton(choice));

  function choiceButton(choice: Choice): HTMLElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = choice.label;
    button.ariaPressed = String(choice === chosen);
    button.addEventListener('click', () => {
      chosen = choice;
      for (const other of choices.children) other.ariaPressed = String(other === button);
      draw();
    });
    return button;
  }
  let width = panels.clientWidth;
  new ResizeObserver(() => {
    if (panels.clientWidth === width) return;
    width = panels.clientWidth;
    for (const plot of plots) if (plot.root.parentElement !== null) plot.setSize(sizeIn(plot.root.parentElement));
  }).observe(panels);
}

interface PanelPlace {
  readonly whole: HTMLElement;
  readonly canvas: HTMLElement;
}

function panelPlace(title: string): PanelPlace {
  const whole = document.createElement('div');
  whole.className = 'panel';
  const head = document.createElement('h4');
  head.textContent = title;
  const canvas = document.createElement('div');
  canvas.className = 'plot';
  whole.append(head, canvas);
  return { whole, canvas };
}

function legendOf(figure: Figure, choice: Choice, hidden: Set<string>, draw: () => void): HTMLElement[] {
  const items: HTMLElement[] = [];
  const seen = new Set<string>();
  for (const { label, colour, style, of } of choice.panels.flatMap(({ series }) => series)) {
    if (of !== undefined || seen.has(label)) continue;
    seen.add(label);
    const button = document.createElement('button');
    button.type = 'button';
    button.ariaPressed = String(!hidden.has(label));
    button.title = hidden.has(label) ? 'Show' : 'Hide';
    button.append(swatch(`${style} ${colourOf(colour)}`), label);
    button.addEventListener('click', () => {
      if (!hidden.delete(label)) hidden.add(label);
      draw();
    });
    items.push(button);
  }
  for (const { style, label } of figure.keys) {
    const key = document.createElement('span');
    key.append(swatch(`${style} quiet`), label);
    items.push(key);
  }
  return items;
}

function onlyChoice(label: string): HTMLElement {
  const made = document.createElement('span');
  made.textContent = label;
  return made;
}

function swatch(classes: string): HTMLElement {
  const made = document.createElement('i');
  made.className = `swatch ${classes}`;
  return made;
}

function part(place: HTMLElement, name: string): HTMLElement {
  const found = place.querySelector<HTMLElement>(`.${name}`);
  if (found === null) throw new Error(`the figure ${place.id} has no ${name}`);
  return found;
}
