// Makes one run of one point: opens the clients, lets them warm up, measures, closes them, and combines what they and
// the server report.
import { limits } from '../../protocol/limits.ts';
import { type MachineCpu, machineCpu } from '../machine.ts';
import type { Measurement, Point } from '../result.ts';
import { sum } from '../statistics/sum.ts';
import { studyClock } from './clock.ts';
import { measurementOf } from './measurement.ts';
import type { LoadReport } from './orders.ts';
import { feedOf, type Run, startOffsetOf } from './plan.ts';
import type { ServerSample, StudiedServer } from './server.ts';
import type { Speeds } from './speed.ts';
import type { Workers } from './workers.ts';

export interface Surroundings {
  readonly server: StudiedServer;
  readonly workers: Workers;
  readonly window: number;
  /** The server's clock minus ours. */
  readonly clockOffsetMicros: number;
  readonly speeds: Speeds;
  /** Ends the run early: it rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

export async function measure(run: Run, surroundings: Surroundings): Promise<Measurement> {
  const { server, workers, speeds, signal } = surroundings;
  try {
    signal.throwIfAborted();
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
      speed: speeds.slowest([...reports.map(({ speed }) => speed), ...(after.server ? [after.server.speed] : [])]),
    };
  } catch (error) {
    // The rest of this run must not disturb the next one. After an abort there is no next one, so nobody waits for it.
    if (!signal.aborted) await workers.abandon();
    throw error;
  }
}

function openOrder({ point, order }: Run, { server, window, clockOffsetMicros }: Surroundings) {
  const { rate, size, delivery, clients } = point;
  return {
    say: 'open',
    url: server.url,
    token: server.token,
    feed: feedOf(point, studyClock.nowMicros() + clockOffsetMicros),
    from: rate === 'max' ? startOffsetOf({ point, order } as Run) : 'latest',
    dueEveryMicros: rate === 'max' ? undefined : 1_000_000 / rate,
    size,
    delivery,
    window: windowOf(point, window),
    clients,
    clockOffsetMicros,
  } as const;
}

/** What a client has under way that states no windowBytes: as many blocks as the window has, or as its bytes have room for. */
function windowOf({ size, messageBytes }: Point, blocks: number): number {
  return Math.min(blocks, Math.max(1, Math.ceil(limits.windowBytes.default / (size * messageBytes))));
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

/** Processor time of everything but the server, the clients and the study, in cores. */
function othersCpu(before: CpuSample, after: CpuSample, reports: readonly LoadReport[]): number {
  const all = after.machine.busyMicros - before.machine.busyMicros;
  const server = (after.server?.cpuMicros ?? 0) - (before.server?.cpuMicros ?? 0);
  const own = after.machine.ownMicros - before.machine.ownMicros;
  const clients = sum(reports.map(({ cpuMicros }) => cpuMicros));
  return Math.max(0, (all - server - own - clients) / (after.machine.atMicros - before.machine.atMicros));
}
