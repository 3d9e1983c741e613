// The names of points, goals and machines in a report: the same on the terminal, in tables and beside plots.
import type { Delivery } from '../../protocol/messages.ts';
import { isDisturbed } from '../disturbed.ts';
import { formatBytes, formatCount, formatMicros, formatWhole, significant } from '../page/format.ts';
import type { Advice, Estimate, Goal, Machine, Point, StudyResult } from '../result.ts';

export function clientsWords(clients: number): string {
  return `${formatWhole(clients)} ${clients === 1 ? 'client' : 'clients'}`;
}

export function sizeWords(size: number): string {
  return `${formatWhole(size)} a block`;
}

export function rateWords(rate: Point['rate']): string {
  if (rate === 'max') return 'the most the server gives';
  return `${formatRate(rate)} ${rate === 1 ? 'message' : 'messages'}/s`;
}

/** A rate as a number. Whole numbers have all their digits. */
function formatRate(rate: Point['rate']): string {
  if (rate === 'max') return 'max';
  return Number.isInteger(rate) ? formatWhole(rate) : significant(rate, 3);
}

export function deliveryWords(delivery: Delivery): string {
  return delivery === 'block' ? 'Block delivery: a frame a block' : 'Message delivery: a frame a message';
}

export function bytesWords(messageBytes: number): string {
  return `messages of ${formatBytes(messageBytes)}`;
}

/** Everything of a point except its size, as the heading of what is compared. */
export function settingWords({ delivery, clients, rate, messageBytes }: Omit<Point, 'size'>): string {
  return `${delivery} delivery, ${clientsWords(clients)}, ${rateWords(rate)}, ${bytesWords(messageBytes)}`;
}

/** How many runs were disturbed, and what helps; undefined where none was. */
export function disturbedWords({ measurements, setup: { repeats } }: StudyResult): string | undefined {
  const count = measurements.filter(isDisturbed).length;
  if (count === 0) return undefined;
  const runs = `${formatWhole(count)} of ${formatWhole(measurements.length)} runs`;
  const help =
    repeats === 0
      ? 'A quiet machine helps, or --repeats 3, which makes such runs again.'
      : `They were made again up to ${formatWhole(repeats)} ${repeats === 1 ? 'time' : 'times'} (--repeats); a quiet machine helps.`;
  return `In ${runs} the processors were slow or other programs ran, so the figures spread. ${help}`;
}

export function goalWords(goal: Goal): string {
  switch (goal.kind) {
    case 'throughput':
      return 'Most messages a second';
    case 'cpu':
      return 'Least CPU for a message';
    case 'rate':
      return 'Least latency at this rate';
    case 'latency':
      return `Latency ${quantileName(goal.quantile)} within ${formatMicros(goal.limitMicros)}`;
  }
}

/** `p999` is written p99.9. */
export function quantileName(quantile: Extract<Goal, { readonly kind: 'latency' }>['quantile']): string {
  return quantile === 'p999' ? 'p99.9' : quantile;
}

/** The goal's figure without its name. */
export function formatGoal(goal: Goal, value: number): string {
  switch (goal.kind) {
    case 'throughput':
      return formatCount(value);
    case 'cpu':
      return significant(value, 3);
    case 'rate':
    case 'latency':
      return formatMicros(value);
  }
}

/** The unit of the goal's figure, as the heading of a column. */
export function goalUnit(goal: Goal): string {
  switch (goal.kind) {
    case 'throughput':
      return 'messages/s';
    case 'cpu':
      return 'CPU s per million';
    case 'rate':
      return 'latency p99';
    case 'latency':
      return `latency ${quantileName(goal.quantile)}`;
  }
}

/** The sizes that an advice names, ascending, each with what it gives. */
export function advisedSizes({
  size,
  gives,
  neighbours,
}: Advice): { readonly size: number; readonly gives: Estimate }[] {
  const own = size === undefined || gives === undefined ? [] : [{ size, gives }];
  return [...neighbours, ...own].sort((one, other) => one.size - other.size);
}

export function machineWords({ cpu, cores, memoryBytes, system, node }: Machine): string {
  const many = `${cores} ${cores === 1 ? 'core' : 'cores'}`;
  return `${cpu.trim()}, ${many}, ${formatBytes(memoryBytes)}, ${system}, Node ${node.replace(/^v/, '')}`;
}

export function serverWords({ url, own, clockOffsetMicros, clockErrorMicros }: StudyResult['server']): string {
  if (own) return 'started by the study, in a process of its own on the same machine';
  const offset = `${clockOffsetMicros < 0 ? '−' : '+'}${formatMicros(Math.abs(clockOffsetMicros))}`;
  return `${url}; its clock differs from this machine's by ${offset}, ± ${formatMicros(clockErrorMicros)}`;
}
