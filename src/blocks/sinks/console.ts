// Prints blocks to a stream, as a rule stdout: for somebody who looks, or the next program in a pipe.
import type { Writable } from 'node:stream';
import { storageError } from '../files.ts';
import type { Store } from '../sink.ts';
import { type PrintingOptions, printingSink } from './printing.ts';

/**
 * The store that is a stream. Its sinks wait until the stream has taken each block, so a slow reader slows the collector
 * and nothing piles up. A reader that is gone (EPIPE) rejects with `storage`, then and ever after. The stream is not ended.
 */
export function consoleStore(stream: Writable, options: PrintingOptions = {}): Store {
  let failure: unknown;
  // A stream reports an error to its listeners too, and without one the process would end.
  const fail = (error: Error): void => {
    failure ??= storageError('write to', 'the output', error);
  };
  stream.on('error', fail);

  const outlet = {
    write: (text: string) =>
      new Promise<void>((taken, reject) => {
        if (failure !== undefined) return reject(failure);
        stream.write(text, (error) => {
          if (error === null || error === undefined) return taken();
          fail(error);
          reject(failure);
        });
      }),
    async sync() {
      if (failure !== undefined) throw failure;
    },
  };

  return {
    reopen: async () => undefined,
    open: async (feed) => printingSink(outlet, feed.feed, options),
    async close() {
      stream.off('error', fail);
    },
  };
}
