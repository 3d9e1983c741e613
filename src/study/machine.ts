// Describes this machine, and reads how much processor time it has spent.
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import type { Machine } from './result.ts';

export function machine(): Machine {
  return {
    node: process.versions.node,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${type()} ${release()}`,
  };
}

/** Processor time of the machine since it started, and of this process since it started. */
export interface MachineCpu {
  readonly atMicros: number;
  readonly busyMicros: number;
  readonly ownMicros: number;
}

export function machineCpu(): MachineCpu {
  let busyMs = 0;
  for (const { times } of cpus()) busyMs += times.user + times.nice + times.sys;
  const { user, system } = process.cpuUsage();
  return { atMicros: performance.now() * 1_000, busyMicros: busyMs * 1_000, ownMicros: user + system };
}
