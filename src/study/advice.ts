// Advises which of the measured sizes to use for a goal. Reports what that size gives, what its neighbours give, and
// which sizes differ from it by no more than noise. Pure.
import { groupsOf } from './groups.ts';
import { formatMicros, formatWhole } from './page/format.ts';
import type { Advice, Estimate, Goal, Measurement, Point } from './result.ts';
import { ascending } from './statistics/ascending.ts';
import { differ, meanOf } from './statistics/mean.ts';

/** Sizes this near to the best count as good. The one among them with the fewest drawbacks is advised. */
const asGood = 0.02;

/** A size with the goal's figure in each of its runs. */
interface Candidate {
  readonly size: number;
  readonly figures: readonly number[];
  readonly gives: Estimate;
}

/** Advice for each goal and each group of points that differ only in size. */
export function adviceOf(goals: readonly Goal[], measurements: readonly Measurement[]): Advice[] {
  const hasFullSpeed = measurements.some(({ point }) => point.rate === 'max');
  const concerns = ({ kind }: Goal, { rate }: Point): boolean => {
    if (kind === 'throughput' || (kind === 'cpu' && hasFullSpeed)) return rate === 'max';
    return rate !== 'max';
  };
  return goals.flatMap((goal) =>
    groupsOf(measurements.filter(({ point }) => concerns(goal, point))).map((group) => advise(goal, group)),
  );
}

/** The goal's figure in one run; undefined where the run has none, or the server did not keep up. */
function figureOf(goal: Goal, measurement: Measurement): number | undefined {
  const { keptUp, messagesPerSecond, blocks, latency, serverCpuPerMillion, clientCpuPerMillion } = measurement;
  if (!keptUp || blocks === 0) return undefined;
  switch (goal.kind) {
    case 'throughput':
      return messagesPerSecond;
    case 'cpu':
      return clientCpuPerMillion === undefined ? undefined : clientCpuPerMillion + (serverCpuPerMillion ?? 0);
    case 'rate':
      return latency?.p99;
    case 'latency':
      return latency?.[goal.quantile];
  }
}

function advise(goal: Goal, group: readonly Measurement[]): Advice {
  const { delivery, clients, rate, messageBytes } = (group[0] as Measurement).point;
  const candidates = candidatesOf(goal, group);
  const where = { goal, delivery, clients, rate, messageBytes };
  const best = bestOf(goal, candidates);
  if (best === undefined) {
    const words = `No size keeps up ${whereOf(where)}.`;
    return { ...where, size: undefined, gives: undefined, neighbours: [], noDifference: [], words };
  }
  const chosen =
    goal.kind === 'latency' ? largestWithin(goal.limitMicros, candidates) : asGoodAs(goal, best, candidates);
  const compared = chosen ?? best;
  const at = candidates.indexOf(compared);
  const noDifference = candidates.filter((each) => !differ(each.figures, compared.figures)).map(({ size }) => size);
  const advice = {
    ...where,
    size: chosen?.size,
    gives: chosen?.gives,
    neighbours: [candidates[at - 1], candidates[at + 1]].flatMap((each) =>
      each === undefined ? [] : [{ size: each.size, gives: each.gives }],
    ),
    noDifference,
  };
  const largestTried = Math.max(...group.map(({ point }) => point.size));
  return { ...advice, words: wordsOf(advice, best, candidates, largestTried) };
}

/** One for each size, ascending. A size is left out when one of its runs has no figure. */
function candidatesOf(goal: Goal, group: readonly Measurement[]): Candidate[] {
  const sizes = ascending(group.map(({ point }) => point.size));
  return sizes.flatMap((size) => {
    const runs = group.filter(({ point }) => point.size === size);
    const figures = runs.flatMap((run) => figureOf(goal, run) ?? []);
    return figures.length < runs.length ? [] : [{ size, figures, gives: meanOf(figures) }];
  });
}

function bestOf(goal: Goal, candidates: readonly Candidate[]): Candidate | undefined {
  const sign = goal.kind === 'throughput' ? -1 : 1;
  const sorted = candidates.toSorted((left, right) => sign * (left.gives.value - right.gives.value));
  return sorted[0];
}

/** The largest size whose figure lies within the limit with its noise, because larger blocks cost less. */
function largestWithin(limitMicros: number, candidates: readonly Candidate[]): Candidate | undefined {
  return candidates.findLast(({ gives }) => gives.high <= limitMicros);
}

/**
 * Chooses among the sizes that are as good as the best: the smallest, which makes nobody wait. For the least latency at
 * a given rate it is the largest, which costs least.
 */
function asGoodAs(goal: Goal, best: Candidate, candidates: readonly Candidate[]): Candidate {
  const good = candidates.filter(
    (each) =>
      each === best ||
      (Math.abs(each.gives.value / best.gives.value - 1) <= asGood && !differ(each.figures, best.figures)),
  );
  return (goal.kind === 'rate' ? good.at(-1) : good[0]) as Candidate;
}

function wordsOf(
  advice: Omit<Advice, 'words'>,
  best: Candidate,
  candidates: readonly Candidate[],
  largestTried: number,
): string {
  const { goal, size, gives, noDifference } = advice;
  const where = whereOf(advice);
  if (goal.kind === 'latency' && (size === undefined || gives === undefined))
    return `No size keeps ${goalName(goal)} within ${formatMicros(goal.limitMicros)} ${where}: the best, ${formatWhole(best.size)}, has ${formatMicros(best.gives.value)}.`;
  if (size === undefined || gives === undefined) return `Nothing was measured ${where}.`;
  const given = `${figureText(goal, gives)} ${where}`;
  if (noDifference.length === candidates.length && candidates.length > 1)
    return `No difference beyond the noise between sizes ${listOf(noDifference)} ${where}: ${formatWhole(size)} gives ${figureText(goal, gives)}.`;
  const others = noDifference.filter((each) => each !== size);
  const same = others.length === 0 ? '' : `; no difference from ${listOf(others)} beyond the noise`;
  // Where the largest size is the best, the grid does not show where the gain stops.
  const further = size === largestTried ? ' It is the largest that was tried: try larger ones too.' : '';
  const blocks = `Blocks of ${formatWhole(size)}`;
  switch (goal.kind) {
    case 'throughput':
      return `${blocks} give the most: ${given}${same}.${further}`;
    case 'cpu':
      return `${blocks} cost the least: ${given}${same}.${further}`;
    case 'rate':
      return `${blocks} have the least latency: ${given}${same}.`;
    case 'latency':
      return `${blocks} are the largest within ${formatMicros(goal.limitMicros)}: ${given}${same}.${further}`;
  }
}

function whereOf({
  delivery,
  clients,
  rate,
  messageBytes,
}: Pick<Point, 'delivery' | 'clients' | 'rate' | 'messageBytes'>): string {
  const pace = rate === 'max' ? 'at full speed' : `at ${rate.toLocaleString('en')} messages/s`;
  return `${pace}, ${clients} client${clients === 1 ? '' : 's'}, ${delivery} delivery, ${messageBytes} bytes a message`;
}

function goalName(goal: Goal): string {
  return goal.kind === 'latency' ? quantileNames[goal.quantile] : 'p99';
}

const quantileNames = { p50: 'p50', p90: 'p90', p99: 'p99', p999: 'p99.9', max: 'the maximum' } as const;

function figureText(goal: Goal, { value, low, high }: Estimate): string {
  const half = Math.abs(high - low) / 2;
  const text = (format: (figure: number) => string) =>
    high > low ? `${format(value)} ± ${format(half)}` : `${format(value)} (of one run: its noise is not known)`;
  switch (goal.kind) {
    case 'throughput':
      return `${text(count)} messages/s`;
    case 'cpu':
      return `${text((figure) => figure.toPrecision(3))} CPU s per million messages`;
    case 'rate':
    case 'latency':
      return `${goalName(goal)} ${text(formatMicros)}`;
  }
}

function count(value: number): string {
  if (value >= 999_500) return `${(value / 1e6).toPrecision(3)} M`;
  return formatWhole(value);
}

function listOf(sizes: readonly number[]): string {
  return sizes.map(formatWhole).join(', ');
}
