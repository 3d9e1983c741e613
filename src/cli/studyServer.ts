// Starts the server that a study measures, and requests what it costs.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { BlockfeedError } from '../protocol/errors.ts';
import type { ServerSample, StudiedServer } from '../study/experiment/server.ts';

/** A server in a process of its own, on a free port of this machine. Resolves once it listens. */
export async function startMeasuredServer(): Promise<StudiedServer & { end(): void }> {
  // A process group of its own: Ctrl-C in the terminal is for the study, which ends its server last.
  const child = fork(fileURLToPath(new URL('./measuredServer.js', import.meta.url)), {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const { url } = (await answerOf(child)) as { readonly url: string };
  return {
    url,
    sample: async () => {
      child.send('sample');
      return (await answerOf(child)) as ServerSample;
    },
    end: () => {
      if (child.connected) child.disconnect();
    },
  };
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    const ended = (code: number | null, signal: NodeJS.Signals | null) => {
      child.off('message', answered);
      reject(
        new BlockfeedError('unreachable', `the server that is studied ended (${signal ?? code})`, {
          hint: 'Its words above say why.',
        }),
      );
    };
    const answered = (answer: unknown) => {
      child.off('exit', ended);
      resolve(answer);
    };
    child.once('message', answered);
    child.once('exit', ended);
    if (child.exitCode !== null || child.signalCode !== null) ended(child.exitCode, child.signalCode);
  });
}
