// A server on a free port of loopback with a manual clock, and the peers of one test, all gone when the test is over.
import { onTestFinished } from 'vitest';
import { generatedFeeds } from '../../src/generate/index.ts';
import { type BlockfeedServer, createServer, type ServerLog, type ServerOptions } from '../../src/server/index.ts';
import { ManualClock } from './manualClock.ts';
import { RawPeer } from './rawPeer.ts';
import { SessionPeer } from './sessionPeer.ts';

interface Logged {
  readonly level: 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly sentence: string;
}

export interface Bench {
  readonly server: BlockfeedServer;
  readonly clock: ManualClock;
  readonly url: string;
  readonly port: number;
  /** What the server logged. */
  readonly logged: Logged[];
  peer(options?: { readonly hello?: boolean }): Promise<SessionPeer>;
  raw(target?: string): Promise<RawPeer>;
}

/** Starts it. */
export async function bench(options: ServerOptions & { readonly clock?: ManualClock } = {}): Promise<Bench> {
  const clock = options.clock ?? new ManualClock();
  const logged: Logged[] = [];
  const at = (level: Logged['level']) => (fields: object, sentence: string) =>
    logged.push({ level, fields: fields as Record<string, unknown>, sentence });
  const log: ServerLog = { info: at('info'), warn: at('warn'), error: at('error') };
  const server = createServer({ log, maker: generatedFeeds, ...options, clock });
  const { url, port } = await server.listen();
  const gone: (() => void)[] = [];
  onTestFinished(async () => {
    for (const go of gone) go();
    const closed = server.close();
    server.terminate();
    await closed;
  });
  return {
    server,
    clock,
    url,
    port,
    logged,
    async peer(peerOptions = {}) {
      const peer = await SessionPeer.open(url, peerOptions);
      gone.push(() => peer.close());
      return peer;
    },
    async raw(target = '/') {
      const peer = await RawPeer.upgraded(port, target);
      gone.push(() => peer.destroy());
      return peer;
    },
  };
}

/** Waits, turn by turn, until it is so: for what no message tells. */
export async function eventually(isSo: () => boolean): Promise<void> {
  for (let turn = 0; !isSo(); turn++) {
    if (turn > 200_000) throw new Error(`it never came to be: ${isSo}`);
    await new Promise(setImmediate);
  }
}
