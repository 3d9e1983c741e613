// The figures of a feed with a rate: the latency that each block size gives, and the distribution of the times.
import type { Choice, Figure, Mark, Panel, Series } from '../../page/figure.ts';
import { formatMicros } from '../../page/format.ts';
import type { Advice, Goal, Measurement, Point, Quantiles, StudyResult } from '../../result.ts';
import { ascending } from '../../statistics/ascending.ts';
import { deliveries, type MeasuredPoint, measuredPoints, type Spread, spreadOf } from '../points.ts';
import { bytesWords, clientsWords, deliveryWords, quantileName, rateWords, sizeWords } from '../words.ts';
import { someOf } from './cost.ts';
import { type Guide, panelOf } from './panel.ts';

type LatencyGoal = Extract<Goal, { readonly kind: 'latency' }>;

/** The figures that have something to draw. */
export function latencyFigures(result: StudyResult): Figure[] {
  const points = measuredPoints(result.measurements);
  return [
    latencyFigure(points, result.advice),
    quantileFigure(points, {
      id: 'latency-quantiles',
      title: 'Latency, by percentile',
      words:
        'For each message, from the time it was due to the time its block had come: how many in a hundred, in a thousand, in ten thousand took less than that. ',
      of: ({ latency }) => latency,
    }),
    quantileFigure(points, {
      id: 'took-quantiles',
      title: 'Time a block took, by percentile',
      words: 'For each block, from its first byte to its last. ',
      of: ({ took }) => took,
    }),
  ].filter((figure) => figure.choices.length > 0);
}

function latencyFigure(points: readonly MeasuredPoint[], advice: readonly Advice[]): Figure {
  const paced = points.filter(({ point }) => point.rate !== 'max');
  const goal = advice.map(latencyGoalOf).find((each) => each !== undefined);
  const quantile = goal?.quantile ?? 'p99';
  const clients = ascending(paced.map(({ point }) => point.clients));
  const choices = settings(paced, ({ rate, messageBytes }) => ({ rate, messageBytes })).map(
    ({ label, setting, own }) => ({
      label,
      panels: deliveries
        .map((delivery) => {
          const ofDelivery = own.filter(({ point }) => point.delivery === delivery);
          const curves = clients.map((count, colour) => {
            const ofClients = ofDelivery.filter(({ point }) => point.clients === count);
            return {
              label: clientsWords(count),
              colour,
              measured: along(ofClients, ({ latency }) => latency?.[quantile]),
              beside: {
                label: `${clientsWords(count)}, median`,
                measured: along(ofClients, ({ latency }) => latency?.p50),
              },
            };
          });
          const isHere = (each: Advice): boolean =>
            each.delivery === delivery && each.rate === setting.rate && each.messageBytes === setting.messageBytes;
          return panelOf(
            deliveryWords(delivery),
            curves.filter(({ measured }) => measured.size > 0),
            { marks: marksOf(advice.filter(isHere), clients), guides: guidesOf(setting.rate as number, goal) },
          );
        })
        .filter((panel) => panel !== undefined),
    }),
  );
  return {
    id: 'latency',
    title: 'Latency against block size, at a given rate',
    words: `From the time a message was due to the time its block had come. The solid line is ${quantileName(quantile)}, the dashed line the median. A block has come when its last message has, so its first message waits (n − 1) / rate. The vertical line is the advised size. Where the server did not keep up with the rate, the latency grows with the time that is measured.`,
    x: { label: 'Block size (messages)', scale: 'log', unit: 'count' },
    y: { label: `Latency ${quantileName(quantile)}`, scale: 'log', unit: 'micros' },
    keys: [{ style: 'dashed', label: 'the median' }],
    choices: choices.filter(({ panels }) => panels.length > 0),
  };
}

function latencyGoalOf({ goal }: Advice): LatencyGoal | undefined {
  return goal.kind === 'latency' ? goal : undefined;
}

/** The advised sizes. A size that is advised for several numbers of clients has one mark. */
function marksOf(advice: readonly Advice[], clients: readonly number[]): Mark[] {
  const marks: Mark[] = [];
  for (const size of ascending(advice.map((each) => each.size).filter((each) => each !== undefined))) {
    const having = ascending(advice.filter((each) => each.size === size).map((each) => each.clients));
    const [only] = having;
    const isOne = having.length === 1 && only !== undefined;
    const label = isOne && clients.length > 1 ? `advised for ${clientsWords(only)}: ${size}` : `advised: ${size}`;
    marks.push({ x: size, label, colour: isOne ? clients.indexOf(only) : 'quiet' });
  }
  return marks;
}

function guidesOf(rate: number, goal: LatencyGoal | undefined): Guide[] {
  const fill: Guide = {
    label: '(n − 1) / rate',
    style: 'dotted',
    at: (size) => (size >= 1.5 ? ((size - 1) / rate) * 1_000_000 : undefined),
  };
  if (goal === undefined) return [fill];
  return [fill, { label: `the goal, ${formatMicros(goal.limitMicros)}`, style: 'dashed', at: () => goal.limitMicros }];
}

interface QuantileView {
  readonly id: string;
  readonly title: string;
  readonly words: string;
  readonly of: (measurement: Measurement) => Quantiles | undefined;
}

/**
 * One line for each size, in a choice for each setting of everything else. Curves of several rounds cannot be averaged,
 * so the middle one is drawn.
 */
function quantileFigure(points: readonly MeasuredPoint[], view: QuantileView): Figure {
  const { id, title, words, of } = view;
  const withCurves = points.filter(({ rounds }) => rounds.some((round) => (of(round)?.count ?? 0) > 0));
  const sizes = someOf(ascending(withCurves.map(({ point }) => point.size)));
  const groups = settings(withCurves, ({ rate, clients, messageBytes }) => ({ rate, clients, messageBytes }));
  const choices: Choice[] = groups.map(({ label, own }) => ({
    label,
    panels: deliveries
      .map((delivery) => {
        const curves = sizes.flatMap((size, colour) => {
          const point = own.find((each) => each.point.delivery === delivery && each.point.size === size);
          const quantiles = point === undefined ? undefined : middleOf(point, of);
          return quantiles === undefined ? [] : [{ label: sizeWords(size), colour, quantiles }];
        });
        return quantilePanel(deliveryWords(delivery), curves);
      })
      .filter((panel) => panel !== undefined),
  }));
  return {
    id,
    title,
    words: `${words}Where there are several rounds, the one with the median p99 is drawn.`,
    x: { label: 'Percentile', scale: 'percentile', unit: 'percentile' },
    y: { label: 'Time', scale: 'log', unit: 'micros' },
    keys: [],
    choices: choices.filter(({ panels }) => panels.length > 0),
  };
}

/** The distribution of the round whose p99 is the median of all. */
function middleOf({ rounds }: MeasuredPoint, of: QuantileView['of']): Quantiles | undefined {
  const all = rounds
    .map(of)
    .filter((each) => each !== undefined && each.count > 0)
    .sort((one, other) => (one?.p99 ?? 0) - (other?.p99 ?? 0));
  return all[(all.length - 1) >> 1];
}

/** A panel of distributions along the percentiles; undefined where there is none. */
export function quantilePanel(
  title: string,
  curves: readonly { readonly label: string; readonly colour: number; readonly quantiles: Quantiles }[],
): Panel | undefined {
  if (curves.length === 0) return undefined;
  const placed = curves.map(({ quantiles }) => new Map(placesOf(quantiles)));
  const x = ascending(placed.flatMap((places) => [...places.keys()]));
  const series = curves.map(
    ({ label, colour }, index): Series => ({
      label,
      colour,
      style: 'line',
      y: stepped(x, placed[index] as ReadonlyMap<number, number>),
    }),
  );
  return { title, x, series, marks: [] };
}

/**
 * Each percentile p at 1 / (1 - p). The last place is `count`, that of the largest value: no more values can be told
 * apart.
 */
function placesOf({ count, p50, p90, p99, p999, max, curve }: Quantiles): [place: number, value: number][] {
  const named: [number, number][] = [
    [2, p50],
    [10, p90],
    [100, p99],
    [1_000, p999],
  ];
  const last = Math.max(2, count);
  const along = curve
    .filter(([percentile]) => percentile < 100)
    .map(([percentile, value]): [number, number] => [Number((100 / (100 - percentile)).toPrecision(9)), value]);
  return [...along, ...named, [last, max] as [number, number]].filter(([place]) => place <= last);
}

/**
 * The curve's value at each place up to its last. Between two of its own places it is that of the next one, as in a
 * histogram.
 */
function stepped(x: readonly number[], places: ReadonlyMap<number, number>): (number | null)[] {
  const y: (number | null)[] = [];
  let next: number | null = null;
  for (const place of x.toReversed()) {
    next = places.get(place) ?? next;
    // A logarithmic axis cannot show zero, so times below the clock's step of a microsecond are drawn as one.
    y.push(next === null ? null : Math.max(1, next));
  }
  return y.reverse();
}

interface Setting<Part> {
  readonly label: string;
  readonly setting: Part;
  readonly own: readonly MeasuredPoint[];
}

/** Groups the points by the given parts. A group is named by the parts in which the groups differ. */
function settings<Part extends Partial<Point>>(
  points: readonly MeasuredPoint[],
  part: (point: Point) => Part,
): Setting<Part>[] {
  const groups = new Map<string, { readonly setting: Part; readonly own: MeasuredPoint[] }>();
  for (const each of points) {
    const setting = part(each.point);
    const key = JSON.stringify(setting);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { setting, own: [each] });
    else group.own.push(each);
  }
  const all = [...groups.values()];
  const differ = (of: (setting: Part) => unknown): boolean => new Set(all.map(({ setting }) => of(setting))).size > 1;
  const differs = {
    rate: differ(({ rate }) => rate),
    clients: differ(({ clients }) => clients),
    messageBytes: differ(({ messageBytes }) => messageBytes),
  };
  return all.map(({ setting, own }) => {
    const { rate, clients, messageBytes } = setting;
    const names = [
      rate === undefined || (!differs.rate && all.length > 1) ? undefined : rateWords(rate),
      clients === undefined || !differs.clients ? undefined : clientsWords(clients),
      messageBytes === undefined || !differs.messageBytes ? undefined : bytesWords(messageBytes),
    ];
    return { label: names.filter((name) => name !== undefined).join(', '), setting, own };
  });
}

function along(
  points: readonly MeasuredPoint[],
  figure: (measurement: Measurement) => number | undefined,
): Map<number, Spread> {
  const found = new Map<number, Spread>();
  for (const each of points) {
    const spread = spreadOf(each, figure);
    if (spread !== undefined && spread.median > 0) found.set(each.point.size, spread);
  }
  return found;
}
