// One run of one point: clients are opened, warm up, are measured and closed; what they and the server say becomes one
// measurement.
import { type MachineCpu, machineCpu } from '../machine.ts';
import type { Measurement } from '../result.ts';
import { Distribution } from '../statistics/distribution.ts';
import { median } from '../statistics/fit.ts';
import { studyClock } from './clock.ts';
import type { ClientCount } from './meter.ts';
import type { LoadReport } from './orders.ts';
import { feedOf, type Run, startOf } from './plan.ts';
import type { ServerSample, StudiedServer } from './server.ts';
import type { Speed } from './speed.ts';
import type { Workers } from './workers.ts';

/**
 * A server kept up with a rate if so much of what was due came in time, or if what it fell behind is less than half a block:
 * where few blocks come, one that is late is no sign.
 */
const keptUpShare = 0.95;

/** Processors at so much of their best speed are as they should be. */
export const fastEnough = 0.85;
const mostLooks = 20;
const betweenLooksMs = 40;

export interface Surroundings {
  readonly server: StudiedServer;
  readonly workers: Workers;
  readonly window: number;
  /** The server's clock minus ours. */
  readonly clockOffsetMicros: number;
  readonly speed: Speed;
  /** Whether processors that are slow at the moment are waited for. */
  readonly waits: boolean;
  /** Gives the run up: it rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

export async function measure(run: Run, surroundings: Surroundings): Promise<Measurement> {
  const { server, workers, speed, waits, signal } = surroundings;
  try {
    signal.throwIfAborted();
    const speedBefore = waits ? await speedOnceFast(speed, signal) : await speed.now();
    await workers.open(openOrder(run, surroundings));
    await unlessAborted(workers.warmUp(run.warmUpMicros), signal);
    const before = { machine: machineCpu(), server: await server.sample?.() };
    await unlessAborted(workers.measure(run.measureMicros), signal);
    const after = { server: await server.sample?.(), machine: machineCpu() };
    const reports = await unlessAborted(workers.stop(), signal);
    const measurement = measurementOf(run, reports, before.server, after.server);
    return {
      ...measurement,
      othersCpu: before.server && after.server && othersCpu(before, after, reports),
      speed: Math.min(speedBefore, await speed.now()),
    };
  } catch (error) {
    // What is under way of it must not disturb the next run; where there is none, nobody waits for it.
    if (!signal.aborted) await workers.abandon();
    throw error;
  }
}

/** Processors that are slow at the moment are waited for a little. */
async function speedOnceFast(speed: Speed, signal: AbortSignal): Promise<number> {
  let now = await speed.now();
  for (let look = 0; now < fastEnough && look < mostLooks; look++) {
    await new Promise((resolve) => setTimeout(resolve, betweenLooksMs));
    signal.throwIfAborted();
    now = await speed.now();
  }
  return now;
}

function openOrder({ point, order }: Run, { server, window, clockOffsetMicros }: Surroundings) {
  const { rate, size, delivery, clients } = point;
  return {
    say: 'open',
    url: server.url,
    token: server.token,
    feed: feedOf(point, studyClock.nowMicros() + clockOffsetMicros),
    from: rate === 'max' ? startOf({ point, order } as Run) : 'latest',
    dueEveryMicros: rate === 'max' ? undefined : 1_000_000 / rate,
    size,
    delivery,
    window,
    clients,
    clockOffsetMicros,
  } as const;
}

async function unlessAborted<Value>(done: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let give: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    give = () => reject(signal.reason);
  });
  signal.addEventListener('abort', give);
  try {
    return await Promise.race([done, aborted]);
  } finally {
    signal.removeEventListener('abort', give);
  }
}

interface CpuSample {
  readonly machine: MachineCpu;
  readonly server: ServerSample | undefined;
}

/** What the machine did that was neither the server nor the clients nor the study, in cores. */
function othersCpu(before: CpuSample, after: CpuSample, reports: readonly LoadReport[]): number {
  const all = after.machine.busyMicros - before.machine.busyMicros;
  const server = (after.server?.cpuMicros ?? 0) - (before.server?.cpuMicros ?? 0);
  const own = after.machine.ownMicros - before.machine.ownMicros;
  const clients = sum(reports.map(({ cpuMicros }) => cpuMicros));
  return Math.max(0, (all - server - own - clients) / (after.machine.atMicros - before.machine.atMicros));
}

/** Pure: what was measured, of what was reported. */
function measurementOf(
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
    // Over all blocks, not over clients: of clients in one process that is at its limit some get less than others, by how the
    // operating system fills and empties sockets, and a few blocks of theirs would outweigh hundreds.
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

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
