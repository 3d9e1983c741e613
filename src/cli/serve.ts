// blockfeed serve: a server as a process.
import { type Command, Option } from 'commander';
import type { Logger } from 'pino';
import { generatedFeeds } from '../generate/maker.ts';
import { feedNameRule, isChosenName } from '../protocol/feedName.ts';
import { createServer } from '../server/index.ts';
import { serverLimits } from '../server/limits.ts';
import { isLoopback, originRange, parseOrigin } from '../server/origins.ts';
import {
  byteSize,
  decimalNumber,
  duration,
  nonEmptyText,
  oneOf,
  refusedFlag,
  UsageError,
  usage,
  wholeNumber,
} from './flags.ts';
import { makeLog } from './log.ts';
import { connectionsThatFit } from './openFiles.ts';
import { exitCodes, print } from './output.ts';
import { onStopSignal } from './signals.ts';

interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly feed: Readonly<Record<string, string>>;
  readonly kinds: boolean;
  readonly origin: readonly string[];
  readonly adHoc?: 'on' | 'off';
  readonly adHocFeeds?: number;
  readonly adHocRate?: number;
  readonly connections?: number;
  readonly unsent?: number;
  readonly unsentInAll?: number;
  readonly cache?: number;
  readonly drain?: number;
  readonly logLevel: string;
}

export function addServe(program: Command): void {
  program
    .command('serve')
    .summary('offer feeds over WebSocket')
    .description(
      'Offers feeds over WebSocket until it is stopped. With nothing stated: every kind of generated data under its own name. ' +
        '"listening ws://…" goes to stdout once it is ready, everything else to stderr.',
    )
    .addOption(
      new Option('--port <number>', 'the port; 0 takes a free one')
        .argParser(wholeNumber('--port', { min: 0, max: 65_535 }))
        .default(8080),
    )
    .addOption(
      new Option('--host <address>', 'the address to listen on')
        .argParser(nonEmptyText('--host', 255))
        .default('127.0.0.1'),
    )
    .addOption(
      new Option('--feed <name=specification>', 'offer a feed under this name; may be repeated')
        .argParser(namedFeed)
        .default({}, 'none'),
    )
    .addOption(
      new Option('--origin <origin>', "let web pages of this origin read, besides the server's own; may be repeated")
        .argParser(anotherOrigin)
        .default([], 'none'),
    )
    .addOption(new Option('--no-kinds', 'do not offer every kind under its own name'))
    .addOption(
      new Option(
        '--ad-hoc <on|off>',
        'make feeds on request (default: on where only this machine can connect)',
      ).argParser(oneOf('--ad-hoc', ['on', 'off'])),
    )
    .addOption(
      new Option('--ad-hoc-feeds <number>', 'how many feeds made on request at once').argParser(
        wholeNumber('--ad-hoc-feeds', serverLimits.adHocFeeds),
      ),
    )
    .addOption(
      new Option('--ad-hoc-rate <messages/s>', 'the highest rate of a feed made on request').argParser(
        decimalNumber('--ad-hoc-rate', serverLimits.adHocRate),
      ),
    )
    .addOption(
      new Option('--connections <number>', 'how many connections at once').argParser(
        wholeNumber('--connections', serverLimits.connections),
      ),
    )
    .addOption(
      new Option('--unsent <bytes>', 'what one socket may hold unsent').argParser(
        byteSize('--unsent', serverLimits.unsentBytes),
      ),
    )
    .addOption(
      new Option('--unsent-in-all <bytes>', 'what all sockets may hold unsent').argParser(
        byteSize('--unsent-in-all', serverLimits.unsentBytesInAll),
      ),
    )
    .addOption(
      new Option('--cache <bytes>', 'frames kept for readers to share').argParser(
        byteSize('--cache', serverLimits.cachedBytes),
      ),
    )
    .addOption(
      new Option('--drain <duration>', 'how long to wait for acks when stopping').argParser(
        duration('--drain', serverLimits.drainMs),
      ),
    )
    .addOption(
      new Option('--log-level <level>', 'what to log')
        .argParser(oneOf('--log-level', ['debug', 'info', 'warn', 'error', 'silent']))
        .default('info'),
    )
    .addHelpText(
      'after',
      `
Examples:
  blockfeed serve
  blockfeed serve --port 0 --feed 'prices=tick?rate=10' --feed 'slow=user?rate=0.5'
  blockfeed serve --host 0.0.0.0 --no-kinds --feed 'weather=reading?rate=1' --ad-hoc off

Watch a feed with any WebSocket client:  ws://127.0.0.1:8080/feeds/user?size=5
Ctrl-C stops it: the server tells its clients and waits for their acks. A second Ctrl-C does not wait.`,
    )
    .action(serve);
}

/** Runs until a signal stops it. */
async function serve(flags: ServeFlags): Promise<void> {
  // Nothing is logged before the server listens. If it cannot, one line says so, and that is all there is to say.
  const log = makeLog('silent');
  const wanted = flags.connections ?? serverLimits.connections.default;
  const fitting = connectionsThatFit();
  const connections = Math.min(wanted, fitting?.connections ?? wanted);
  const server = makeServer({ ...flags, connections }, log);
  const stopped = new Promise<string>((resolve) => {
    onStopSignal(resolve);
    // A program that started the server with a channel (the demo does) stops it by ending.
    process.channel?.unref();
    process.once('disconnect', () => resolve('the end of the parent'));
  });
  const { url } = await server.listen({ port: flags.port, host: flags.host });
  log.level = flags.logLevel;
  print(`listening ${url}`);
  log.info({ url }, `listening ${url}`);
  if (connections < wanted)
    log.warn(
      { openFiles: fitting?.openFiles, connections },
      `at most ${connections} connections are taken, not ${wanted}: the system lets this process open ${fitting?.openFiles} files (ulimit -n)`,
    );
  const signal = await stopped;
  await server.close(`${signal} came`);
  if (process.connected) process.disconnect();
  process.exitCode = exitCodes.done;
}

function makeServer(flags: ServeFlags, log: Logger): ReturnType<typeof createServer> {
  const feeds: Record<string, string> = flags.kinds
    ? Object.fromEntries(generatedFeeds.kinds.map((name) => [name, name]))
    : {};
  const adHocFeeds =
    flags.adHocFeeds ?? ((flags.adHoc ?? (isLoopback(flags.host) ? 'on' : 'off')) === 'on' ? undefined : 0);
  if (flags.adHoc === 'off' && (flags.adHocFeeds ?? 0) > 0)
    throw new UsageError('--ad-hoc is off, but --ad-hoc-feeds is stated: leave out one');
  const { adHocRate, connections, unsent, unsentInAll, cache, drain } = flags;
  return createServer({
    feeds: { ...feeds, ...flags.feed },
    maker: generatedFeeds,
    origins: flags.origin,
    limits: {
      ...(adHocFeeds === undefined ? {} : { adHocFeeds }),
      ...(adHocRate === undefined ? {} : { adHocRate }),
      ...(connections === undefined ? {} : { connections }),
      ...(unsent === undefined ? {} : { unsentBytes: unsent }),
      ...(unsentInAll === undefined ? {} : { unsentBytesInAll: unsentInAll }),
      ...(cache === undefined ? {} : { cachedBytes: cache }),
      ...(drain === undefined ? {} : { drainMs: drain }),
    },
    log,
  });
}

function namedFeed(given: string, earlier: Readonly<Record<string, string>>): Record<string, string> {
  const equals = given.indexOf('=');
  const name = given.slice(0, Math.max(0, equals));
  const specification = given.slice(equals + 1);
  if (!isChosenName(name))
    throw usage('--feed', given, `${feedNameRule}, then = and a specification like tick?rate=10`);
  if (Object.hasOwn(earlier, name)) throw usage('--feed', given, `another name: ${name} is taken by an earlier --feed`);
  try {
    generatedFeeds.specify(specification);
  } catch (cause) {
    refusedFlag('--feed', given, cause);
  }
  return { ...earlier, [name]: specification };
}

function anotherOrigin(given: string, earlier: readonly string[]): readonly string[] {
  const origin = parseOrigin(given);
  if (origin !== undefined) return [...earlier, origin];
  throw usage('--origin', given, originRange);
}
