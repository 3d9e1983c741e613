// Runs one case once: a server process on one core, a reader process on another, and what both report.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Whether each process has a core to itself. */
export const pinned = availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0;

/**
 * @typedef {object} Result
 * @property {number} messages delivered to all clients together
 * @property {number} seconds
 * @property {number} readerCpuSeconds
 * @property {number} cpuSeconds of the server
 * @property {{ p99: number, max: number }} loopDelayMs of the server
 * @property {{ p99: number, max: number }} [iterationMs] processor time of a turn of the server's event loop, where it was asked for
 * @property {number} rssMiB of the server
 */

/**
 * `forMs`: counts for so long, after `warmMs`. `stopAt`: counts from the subscription on until so many messages came.
 * @param {import('./cases.mjs').Case} testCase
 * @param {number} clients
 * @param {{ warmMs: number, forMs: number } | { stopAt: number }} how
 * @returns {Promise<Result>}
 */
export async function run(testCase, clients, how) {
  const { options, reader: file = './reader.mjs', reading, size, window, roundTripMs } = testCase;
  const server = start(testCase.server, 0, options);
  try {
    const { port } = await answer(server);
    const reader = start(file, 1, { port, clients, reading, size, window, roundTripMs, ...how });
    try {
      await answer(reader);
      if ('stopAt' in how) server.send('measure');
      reader.send({ go: true });
      server.send('go');
      if ('forMs' in how) {
        await new Promise((resolve) => setTimeout(resolve, how.warmMs));
        server.send('measure');
        reader.send({ forMs: how.forMs });
      }
      const { messages, seconds, cpuSeconds: readerCpuSeconds } = await answer(reader);
      server.send('report');
      return { messages, seconds, readerCpuSeconds, ...(await answer(server)) };
    } finally {
      await end(reader);
    }
  } finally {
    await end(server);
  }
}

/** @param {string} file @param {number} core @param {object} told */
function start(file, core, told) {
  const profile = process.env.BENCH_SERVER_FLAGS;
  const flags = core === 0 && profile ? profile.split(' ') : [];
  const command = [process.execPath, ...flags, fileURLToPath(new URL(file, import.meta.url)), JSON.stringify(told)];
  const [program = '', ...rest] = pinned ? ['taskset', '-c', String(core), ...command] : command;
  return spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<any>} */
async function answer(child) {
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`a process of the benchmark ended with ${code}`);
  });
  const [told] = await Promise.race([once(child, 'message'), failed]);
  return told;
}

/** @param {import('node:child_process').ChildProcess} child */
async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
}
