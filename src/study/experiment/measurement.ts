// Combines what the client processes and the server report into the measurement of one run. Pure.
import type { Measurement } from '../result.ts';
import { Distribution } from '../statistics/distribution.ts';
import { median } from '../statistics/fit.ts';
import { sum } from '../statistics/sum.ts';
import type { ClientCount } from './meter.ts';
import type { LoadReport } from './orders.ts';
import type { Run } from './plan.ts';
import type { ServerSample } from './server.ts';

/**
 * A server kept up with a rate if this share of the messages due came in time, or if it fell behind by at most half a
 * block: where few blocks come, one late block proves nothing.
 */
const keptUpShare = 0.95;

/** The measurement of `run`. `before` and `after` are what the server reports of itself at its begin and its end. */
export function measurementOf(
  run: Run,
  reports: readonly LoadReport[],
  before: ServerSample | undefined,
  after: ServerSample | undefined,
): Measurement {
  const { point, round, order } = run;
  const clients = reports.flatMap((report) => report.clients);
  const rates = clients.map(messagesPerSecondOf);
  const messages = sum(clients.map((client) => client.messages));
  const bytes = sum(clients.map((client) => client.bytes));
  const blocks = sum(clients.map((client) => client.blocks));
  const messagesPerSecond = sum(rates);
  const delivered = sum(reports.map((report) => report.delivered));
  const missing = sum(reports.map((report) => report.missing));
  const received = sum(reports.map((report) => report.received));
  const per = (amount: number, count: number) => (count === 0 ? 0 : amount / count);
  const merged = (key: 'took' | 'span' | 'requestToReceipt' | 'wait' | 'latency') => {
    const all = new Distribution();
    for (const report of reports) all.add(Distribution.decode(report[key]));
    return all.quantiles();
  };
  const isPaced = point.rate !== 'max';
  const due = point.rate === 'max' ? 0 : sum(clients.map(({ durationMicros }) => durationMicros)) * (point.rate / 1e6);
  const behind = (due - messages) / clients.length;
  const latency = merged('latency');
  return {
    point,
    round,
    order,
    durationMicros: Math.round(Math.max(...reports.map(({ elapsedMicros }) => elapsedMicros))),
    blocks,
    messages,
    bytes,
    messagesPerSecond,
    bytesPerSecond: messages === 0 ? 0 : (messagesPerSecond * bytes) / messages,
    clientMessagesPerSecond: { min: Math.min(...rates), median: median(rates), max: Math.max(...rates) },
    // The mean is over all blocks, not over clients. In a process at its limit some clients get less than others,
    // because of how the operating system fills and empties sockets. Their few blocks would outweigh hundreds of
    // others.
    blockMicros: per(sum(clients.map(({ durationMicros }) => durationMicros)), blocks),
    took: merged('took'),
    span: merged('span'),
    requestToReceipt: merged('requestToReceipt'),
    wait: isPaced ? merged('wait') : undefined,
    latency: isPaced ? latency : undefined,
    keptUp: (messages >= keptUpShare * due || behind <= point.size / 2) && missing <= (1 - keptUpShare) * latency.count,
    serverCpuPerMillion: before && after && per(after.cpuMicros - before.cpuMicros, received),
    clientCpuPerMillion: per(sum(reports.map(({ cpuMicros }) => cpuMicros)), delivered),
    wireBytesPerMessage: before && after && per(after.sentBytes - before.sentBytes, received),
    serverRssBytes: after?.rssBytes,
    eventLoopDelay: after?.eventLoopDelay,
  };
}

function messagesPerSecondOf({ messages, durationMicros }: ClientCount): number {
  return durationMicros === 0 ? 0 : (messages * 1_000_000) / durationMicros;
}
