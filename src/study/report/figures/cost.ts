// The figures of what blocks cost where nothing waits: time per block, per message and for a million messages,
// throughput, CPU.
import type { Axis, Choice, Figure, Panel } from '../../page/figure.ts';
import type { Estimate, Fit, Measurement, StudyResult } from '../../result.ts';
import { ascending } from '../../statistics/ascending.ts';
import { deliveries, type MeasuredPoint, measuredPoints, type Spread, spreadOf } from '../points.ts';
import { bytesWords, clientsWords, deliveryWords, sizeWords } from '../words.ts';
import { type Curve, mostLines, panelOf } from './panel.ts';

/** The classic chart shows the time for this many messages. */
const totalMessages = 1_000_000;

const sizes: Axis = { label: 'Block size (messages)', scale: 'log', unit: 'count' };
const rounds = 'Points are medians of the rounds, whiskers reach from the least to the greatest.';
const fittedKey = { style: 'line', label: 'fitted a + b·n, with its 95 % interval shaded' } as const;

/** A figure of a block's cost. `of` turns the mean time of a block, or the fitted one, into the value that is drawn. */
interface CostView {
  readonly id: string;
  readonly title: string;
  readonly words: string;
  readonly y: string;
  readonly of: (blockMicros: number, size: number) => number;
}

const costViews: readonly CostView[] = [
  {
    id: 'total-time',
    title: 'Time for a million messages',
    words: `How long one client takes for ${totalMessages.toLocaleString('en-US')} messages, in blocks of each size. A larger block shares its fixed cost among more messages; past the bend only the messages themselves cost. ${rounds}`,
    y: 'Time for a million messages',
    of: (micros, size) => (micros / size) * totalMessages,
  },
  {
    id: 'time-per-block',
    title: 'Time per block',
    words: `From one block's end to the next, for one client. Small blocks all cost about the same, a; large ones cost b more for each message. ${rounds}`,
    y: 'Time per block',
    of: (micros) => micros,
  },
  {
    id: 'time-per-message',
    title: 'Time per message',
    words: `The time per block, divided among its messages: a / n + b. It falls until only b is left. ${rounds}`,
    y: 'Time per message',
    of: (micros, size) => micros / size,
  },
];

/** The figures that have something to draw. */
export function costFigures(result: StudyResult): Figure[] {
  const points = measuredPoints(result.measurements).filter(({ point }) => point.rate === 'max');
  return [
    ...costViews.map((view) => costFigure(view, points, result.fits)),
    throughputFigure(points),
    cpuFigure(points),
  ].filter((figure) => figure.choices.length > 0);
}

function costFigure(view: CostView, points: readonly MeasuredPoint[], fits: readonly Fit[]): Figure {
  const { id, title, words, of } = view;
  const hasFits = fits.length > 0;
  const curve = (label: string, colour: number, own: readonly MeasuredPoint[]): Curve => {
    const measured = along(own, 'size', ({ blockMicros, point }) => of(blockMicros, point.size));
    const fit = fits.find((each) => own.some(({ point }) => isOf(each, point)));
    if (fit === undefined) return { label, colour, measured };
    return { label, colour, measured, model: { label: `${label}, fitted`, at: (size) => modelled(fit, size, of) } };
  };
  return {
    id,
    title,
    words,
    x: sizes,
    y: { label: view.y, scale: 'log', unit: 'micros' },
    keys: hasFits ? [fittedKey] : [],
    choices: byMessageBytes(points, (own) => byClients(own, curve)),
  };
}

/** Low and high take both a and b at the ends of their intervals: no narrower than the interval of the sum. */
function modelled({ perBlock, perMessage }: Fit, size: number, of: CostView['of']): Estimate {
  const at = (end: keyof Estimate): number => of(perBlock[end] + perMessage[end] * size, size);
  return { value: at('value'), low: at('low'), high: at('high') };
}

function isOf(fit: Fit, point: MeasuredPoint['point']): boolean {
  return fit.delivery === point.delivery && fit.clients === point.clients && fit.messageBytes === point.messageBytes;
}

function throughputFigure(points: readonly MeasuredPoint[]): Figure {
  const drawn = someOf(ascending(points.map(({ point }) => point.size)));
  const rows = byMessageBytes(points, (own) =>
    byDelivery(own, (ofDelivery) =>
      drawn.map((size, colour) => ({
        label: sizeWords(size),
        colour,
        measured: along(
          ofDelivery.filter(({ point }) => point.size === size),
          'clients',
          ({ messagesPerSecond }) => messagesPerSecond,
        ),
      })),
    ),
  );
  return {
    id: 'throughput',
    title: 'Throughput against clients',
    words: `Messages a second, of all clients together, at the most the server gives. A line that rises in step with the clients shares nothing scarce; a flat line has reached the limit. ${rounds}`,
    x: { label: 'Clients', scale: 'log', unit: 'count' },
    y: { label: 'Messages a second', scale: 'log', unit: 'perSecond' },
    keys: [],
    choices: rows,
  };
}

function cpuFigure(points: readonly MeasuredPoint[]): Figure {
  const choices: Choice[] = [];
  const sides = [
    ['Server', ({ serverCpuPerMillion }: Measurement) => serverCpuPerMillion],
    ['Clients', ({ clientCpuPerMillion }: Measurement) => clientCpuPerMillion],
  ] as const;
  for (const [side, figure] of sides) {
    const curve = (label: string, colour: number, own: readonly MeasuredPoint[]): Curve => ({
      label,
      colour,
      measured: along(own, 'size', figure),
    });
    for (const { label, panels } of byMessageBytes(points, (own) => byClients(own, curve)))
      choices.push({ label: label === '' ? side : `${side}, ${label}`, panels });
  }
  return {
    id: 'cpu',
    title: 'CPU per million messages',
    words: `Seconds of processor time for a million delivered messages. ${rounds}`,
    x: sizes,
    y: { label: 'CPU seconds per million messages', scale: 'log', unit: 'seconds' },
    keys: [],
    choices,
  };
}

function byMessageBytes(
  points: readonly MeasuredPoint[],
  panelsOf: (points: readonly MeasuredPoint[]) => Panel[],
): Choice[] {
  const all = ascending(points.map(({ point }) => point.messageBytes));
  return all
    .map((messageBytes) => ({
      label: all.length > 1 ? bytesWords(messageBytes) : '',
      panels: panelsOf(points.filter(({ point }) => point.messageBytes === messageBytes)),
    }))
    .filter(({ panels }) => panels.length > 0);
}

function byDelivery(
  points: readonly MeasuredPoint[],
  curvesOf: (points: readonly MeasuredPoint[]) => readonly Curve[],
): Panel[] {
  return deliveries
    .map((delivery) =>
      panelOf(deliveryWords(delivery), curvesOf(points.filter(({ point }) => point.delivery === delivery))),
    )
    .filter((panel) => panel !== undefined);
}

function byClients(
  points: readonly MeasuredPoint[],
  curve: (label: string, colour: number, points: readonly MeasuredPoint[]) => Curve,
): Panel[] {
  const all = ascending(points.map(({ point }) => point.clients));
  return byDelivery(points, (ofDelivery) =>
    all
      .map((clients, colour) =>
        curve(
          clientsWords(clients),
          colour,
          ofDelivery.filter(({ point }) => point.clients === clients),
        ),
      )
      .filter(({ measured }) => measured.size > 0),
  );
}

/** The figure's spread at each size or number of clients. A logarithmic axis can show only values above zero. */
function along(
  points: readonly MeasuredPoint[],
  x: 'size' | 'clients',
  figure: (measurement: Measurement) => number | undefined,
): Map<number, Spread> {
  const found = new Map<number, Spread>();
  for (const each of points) {
    const spread = spreadOf(each, figure);
    if (spread !== undefined && spread.median > 0) found.set(each.point[x], spread);
  }
  return found;
}

/** At most eight of the values, evenly spaced, with the first and the last. */
export function someOf<Value>(values: readonly Value[]): Value[] {
  if (values.length <= mostLines) return [...values];
  const step = (values.length - 1) / (mostLines - 1);
  return Array.from({ length: mostLines }, (_, index) => values[Math.round(index * step)] as Value);
}
