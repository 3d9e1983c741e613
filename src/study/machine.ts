// What a figure was measured on.
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
