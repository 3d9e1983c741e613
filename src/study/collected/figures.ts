// The figures of collected blocks: rates, took, waits and distances over time, and the distribution of the times.
import type { Axis, Choice, Figure, Mark, Panel, Series } from '../page/figure.ts';
import { formatMicros } from '../page/format.ts';
import { quantilePanel } from '../report/figures/latency.ts';
import { mostLines } from '../report/figures/panel.ts';
import { ascending } from '../statistics/ascending.ts';
import { folderLabels } from './names.ts';
import { lengthOf } from './pauses.ts';
import type { CollectedFolder, CollectedStudy, Extent, Slot } from './result.ts';
import { mostSlots } from './timeSlots.ts';

const time: Axis = { label: 'Time (UTC)', scale: 'time', unit: 'instant' };
/** How many of the longest pauses are marked. */
const mostMarks = 5;
/** With more, the points of a line run into each other. */
const mostPoints = 60;

interface Named {
  readonly name: string;
  readonly colour: number;
  readonly folder: CollectedFolder;
}

/** The figures that have something to draw. */
export function collectedFigures({ folders, slotMicros }: CollectedStudy): Figure[] {
  const names = folderLabels(folders);
  const named = folders
    .map((folder, index): Named => ({ name: names[index] as string, colour: index % mostLines, folder }))
    .filter(({ folder }) => folder.blocks > 0);
  if (named.length === 0) return [];
  const slots = `Time is divided into slots of ${formatMicros(slotMicros)} by the collector's clock, at most ${mostSlots} of them. A block belongs to the slot in which its last byte came.`;
  const extents = `The line is the mean of each slot's blocks; the shade reaches from the least to the greatest. ${slots}`;
  return [
    ratesFigure(named, slotMicros, slots),
    extentFigure(
      named,
      'took',
      'Time a block took',
      `From a block's first byte to its last. ${extents}`,
      ({ took }) => took,
    ),
    extentFigure(
      named,
      'wait',
      'Age of a block when it came',
      `From the time of a block's first message, by the feed's clock, to its last byte, by the collector's. ${extents}`,
      ({ wait }) => wait,
    ),
    extentFigure(
      named,
      'between',
      'Distance between blocks',
      `From one block's last byte to the next one's. ${extents}`,
      ({ between }) => between,
    ),
    quantilesFigure(named),
  ];
}

function ratesFigure(named: readonly Named[], slotMicros: number, slots: string): Figure {
  const seconds = slotMicros / 1_000_000;
  const rates: readonly (readonly [string, (slot: Slot) => number])[] = [
    ['Messages', ({ messages }) => messages / seconds],
    ['Blocks', ({ blocks }) => blocks / seconds],
    ['Bytes', ({ bytes }) => bytes / seconds],
  ];
  const choices = rates.flatMap(([label, rate]) =>
    grouped(named, (group): Panel => {
      const x = ascending(group.flatMap(({ folder }) => everySlot(folder.slots, slotMicros)));
      const series = group.map(({ name, colour, folder }): Series => {
        const known = new Map(folder.slots.map((slot) => [slot.at, rate(slot)]));
        const [first, last] = [folder.slots[0]?.at ?? 0, folder.slots.at(-1)?.at ?? 0];
        const y = x.map((at) => known.get(at) ?? (at > first && at < last ? 0 : null));
        return { label: name, colour, style: styleFor(y), y };
      });
      return { title: '', x, series, marks: group.flatMap(marksOf) };
    }).map(({ label: which, panels }) => ({ label: which === '' ? label : `${label}, ${which}`, panels })),
  );
  return {
    id: 'rates',
    title: 'Received each second',
    words: `${slots} The first and the last slot are seldom full. Vertical lines mark the longest pauses.`,
    x: time,
    y: { label: 'A second', scale: 'linear', unit: 'perSecond' },
    keys: [],
    choices,
  };
}

/** The times of all slots from the first to the last, also of empty ones. */
function everySlot(slots: readonly Slot[], slotMicros: number): number[] {
  const [first, last] = [slots[0]?.at ?? 0, slots.at(-1)?.at ?? -1];
  return Array.from({ length: Math.round((last - first) / slotMicros) + 1 }, (_, index) => first + index * slotMicros);
}

function marksOf({ folder, colour }: Named): Mark[] {
  return [...folder.pauses]
    .sort((one, other) => lengthOf(other) - lengthOf(one))
    .slice(0, mostMarks)
    .map((pause) => ({ x: pause.fromMicros, label: `${formatMicros(lengthOf(pause))} ${pause.kind}`, colour }));
}

function extentFigure(
  named: readonly Named[],
  id: string,
  title: string,
  words: string,
  extent: (slot: Slot) => Extent | undefined,
): Figure {
  const choices = grouped(named, (group): Panel => {
    const x = ascending(group.flatMap(({ folder }) => folder.slots.map(({ at }) => at)));
    const series = group.map(({ name, colour, folder }): Series => {
      const known = new Map(folder.slots.map((slot) => [slot.at, extent(slot)]));
      const along = x.map((at) => known.get(at));
      const y = along.map((each) => drawable(each?.mean));
      return {
        label: name,
        colour,
        style: styleFor(y),
        y,
        low: along.map((each) => drawable(each?.min)),
        high: along.map((each) => drawable(each?.max)),
      };
    });
    return { title: '', x, series, marks: [] };
  });
  return { id, title, words, x: time, y: { label: title, scale: 'log', unit: 'micros' }, keys: [], choices };
}

/** A logarithmic axis cannot show zero, so times below the clock's step of a microsecond are drawn as one. */
function drawable(micros: number | undefined): number | null {
  return micros === undefined ? null : Math.max(1, micros);
}

function quantilesFigure(named: readonly Named[]): Figure {
  const times = [
    ['took', 'took, first byte to last'],
    ['span', 'span, first message to last'],
    ['wait', 'age when it came'],
    ['between', 'distance between blocks'],
  ] as const;
  return {
    id: 'quantiles',
    title: 'Times of blocks, by percentile',
    words:
      'How many blocks in a hundred, in a thousand, in ten thousand took less than that. Times of more than an hour count as an hour, except the longest.',
    x: { label: 'Percentile', scale: 'percentile', unit: 'percentile' },
    y: { label: 'Time', scale: 'log', unit: 'micros' },
    keys: [],
    choices: named.flatMap(({ name, folder }) => {
      const curves = times
        .map(([which, label], colour) => ({ label, colour, quantiles: folder[which] }))
        .filter(({ quantiles }) => quantiles.count > 0);
      const panel = quantilePanel('', curves);
      return panel === undefined ? [] : [{ label: name, panels: [panel] }];
    }),
  };
}

function grouped(named: readonly Named[], panelOf: (group: readonly Named[]) => Panel): Choice[] {
  const choices: Choice[] = [];
  for (let at = 0; at < named.length; at += mostLines) {
    const group = named.slice(at, at + mostLines);
    const label = named.length <= mostLines ? '' : `folders ${at + 1} to ${at + group.length}`;
    choices.push({ label, panels: [panelOf(group)] });
  }
  return choices;
}

function styleFor(y: readonly (number | null)[]): 'points' | 'line' {
  return y.filter((each) => each !== null).length <= mostPoints ? 'points' : 'line';
}
