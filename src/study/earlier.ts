// Reads the result.json that an interrupted study left. It is text from outside: it is parsed into a study that can go
// on, or refused with the place of the fault. Fits and advice are not read, because they follow from the measurements.
import {
  array,
  boolean,
  finite,
  type GenericSchema,
  getDotPath,
  integer,
  literal,
  maxValue,
  minLength,
  minValue,
  number,
  object,
  optional,
  picklist,
  pipe,
  safeParse,
  string,
  tuple,
  union,
  variant,
} from 'valibot';
import { BlockfeedError } from '../protocol/errors.ts';
import type { Range } from '../protocol/limit.ts';
import { isSameBut, pointsOf, runCountOf, runsOf } from './experiment/plan.ts';
import { mostRuns, ranges } from './ranges.ts';
import type { Goal, Measurement, Point, Quantiles, Setup, StudyResult } from './result.ts';

/** What a study needs in order to go on. */
export type EarlierStudy = Pick<
  StudyResult,
  'command' | 'seed' | 'setup' | 'goals' | 'startedAt' | 'finishedAt' | 'measurements'
> & {
  readonly server: Pick<StudyResult['server'], 'url' | 'own'>;
};

const amount = pipe(number(), finite(), minValue(0));
const within = ({ min, max }: Range) => pipe(number(), minValue(min), maxValue(max));
const whole = (range: Range) => pipe(within(range), integer());
const count = whole({ min: 0, max: Number.MAX_SAFE_INTEGER });
const micros = ({ min, max }: Range) => within({ min: min * 1_000, max: max * 1_000 });
const several = <Schema extends GenericSchema>(each: Schema) => pipe(array(each), minLength(1));
/** JSON leaves out undefined values. */
const maybe = <Schema extends GenericSchema>(schema: Schema) => optional(schema, () => undefined);

const delivery = picklist(['block', 'message']);
const rate = union([literal('max'), within(ranges.rate)]);

const point: GenericSchema<unknown, Point> = object({
  delivery,
  size: whole(ranges.size),
  clients: whole(ranges.clients),
  rate,
  messageBytes: whole(ranges.messageBytes),
});

const quantiles: GenericSchema<unknown, Quantiles> = object({
  count,
  mean: amount,
  min: amount,
  p50: amount,
  p90: amount,
  p99: amount,
  p999: amount,
  max: amount,
  curve: array(tuple([amount, amount])),
});

const measurement: GenericSchema<unknown, Measurement> = object({
  point,
  round: count,
  order: count,
  durationMicros: amount,
  blocks: count,
  messages: count,
  bytes: count,
  messagesPerSecond: amount,
  bytesPerSecond: amount,
  clientMessagesPerSecond: object({ min: amount, median: amount, max: amount }),
  blockMicros: amount,
  took: quantiles,
  span: quantiles,
  requestToReceipt: quantiles,
  wait: maybe(quantiles),
  latency: maybe(quantiles),
  keptUp: boolean(),
  serverCpuPerMillion: maybe(amount),
  clientCpuPerMillion: maybe(amount),
  wireBytesPerMessage: maybe(amount),
  serverRssBytes: maybe(amount),
  eventLoopDelay: maybe(object({ p50: amount, p99: amount, max: amount })),
  othersCpu: maybe(amount),
  speed: maybe(amount),
});

const setup: GenericSchema<unknown, Setup> = object({
  sizes: several(whole(ranges.size)),
  clients: several(whole(ranges.clients)),
  deliveries: several(delivery),
  rates: several(rate),
  messageBytes: several(whole(ranges.messageBytes)),
  window: whole(ranges.window),
  rounds: whole(ranges.rounds),
  repeats: whole(ranges.repeats),
  warmUpMicros: micros(ranges.warmUpMs),
  measureMicros: micros(ranges.measureMs),
  workers: whole(ranges.workers),
});

const goal: GenericSchema<unknown, Goal> = variant('kind', [
  object({ kind: literal('throughput') }),
  object({ kind: literal('cpu') }),
  object({ kind: literal('rate') }),
  object({
    kind: literal('latency'),
    quantile: picklist(['p50', 'p90', 'p99', 'p999', 'max']),
    limitMicros: micros(ranges.latencyMs),
  }),
]);

const earlierStudy: GenericSchema<unknown, EarlierStudy & { readonly version: 1 }> = object({
  version: literal(1),
  command: string(),
  seed: whole(ranges.seed),
  setup,
  goals: array(goal),
  startedAt: string(),
  finishedAt: maybe(string()),
  server: object({ url: string(), own: boolean() }),
  measurements: array(measurement),
});

/** Parses the study in `text`, the content of the file `path`. Throws `storage` when it is not a whole study. */
export function parseEarlier(text: string, path: string): EarlierStudy {
  const parsed = safeParse(earlierStudy, jsonOf(text, path));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw noStudy(path, `${getDotPath(issue) ?? 'it'}: ${issue.message}`);
  }
  const { setup: how, seed, measurements } = parsed.output;
  if (runCountOf(how) > mostRuns) throw noStudy(path, `its setup has more than ${mostRuns} runs`);
  const runs = runsOf(pointsOf(how), how, seed);
  const seen = new Set<number>();
  for (const [index, { order, round, point: measured }] of measurements.entries()) {
    const run = runs[order];
    if (run === undefined || run.round !== round || !isSameBut(run.point, measured))
      throw noStudy(path, `measurements.${index} is not a run of its setup and seed`);
    if (seen.has(order)) throw noStudy(path, `measurements.${index} repeats an earlier run`);
    seen.add(order);
  }
  return parsed.output;
}

function jsonOf(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw noStudy(path, (error as Error).message);
  }
}

function noStudy(path: string, why: string): BlockfeedError {
  return new BlockfeedError('storage', `${path} is not the result of a study: ${why}`, {
    hint: 'Give the folder of an interrupted study, with its result.json unchanged.',
    about: path,
  });
}
