// blockfeed collect: a collector as a process.
import { Writable } from 'node:stream';
import { type Command, Option } from 'commander';
import { formatBlock, formatGap } from '../blocks/format.ts';
import type { ConnectionState } from '../client/events.ts';
import {
  type CollectedFeed,
  collect,
  consoleStore,
  folderStore,
  openTextStore,
  type Store,
  type StoredBlock,
  type StoredGap,
} from '../collect/index.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import { isFeedName } from '../protocol/feedName.ts';
import { limits } from '../protocol/limits.ts';
import { clientMessages, type Delivery } from '../protocol/messages.ts';
import { isCommitted, type Place } from '../protocol/place.ts';
import { formatSeconds } from '../protocol/units.ts';
import {
  byteSize,
  duration,
  nonEmptyText,
  oneOf,
  place,
  UsageError,
  usage,
  webSocketUrl,
  wholeNumber,
} from './flags.ts';
import { exitCodes, print, say, stdout } from './output.ts';
import { onStopSignal } from './signals.ts';
import { count, describeStatus, StatusLine } from './status.ts';

interface CollectFlags {
  readonly size?: number;
  readonly wait?: number;
  readonly bytes?: number;
  readonly from?: Place;
  readonly until?: number;
  readonly window?: number;
  readonly windowBytes?: number;
  readonly delivery?: Delivery;
  readonly consumer?: string;
  readonly blocks?: number;
  readonly out?: string;
  readonly text?: string;
  readonly json?: boolean;
  readonly roll?: number;
  readonly retry?: number;
  readonly newEpoch?: boolean;
  readonly name?: string;
}

const maxOffset = Number.MAX_SAFE_INTEGER;

export function addCollect(program: Command): void {
  program
    .command('collect')
    .summary('take feeds in blocks, and store or show them')
    .description(
      'Takes feeds in blocks from a server, prints each block on stdout, and acks it once it is durable. With --out the blocks go ' +
        'to a folder, from which a later run goes on by itself. FEED is a name, or a specification like user?rate=10; FEED:5 gives that feed blocks of 5.',
    )
    .argument('<url>', "the server's address, like ws://127.0.0.1:8080", webSocketUrl('the URL'))
    .argument('<feed...>', 'what to take', feedAndSize)
    .addOption(
      new Option('--size <messages>', 'messages a block (nothing stated: 100, or 1 s)').argParser(
        wholeNumber('--size', limits.size),
      ),
    )
    .addOption(
      new Option('--wait <duration>', 'time of the clock a block').argParser(duration('--wait', limits.waitMs)),
    )
    .addOption(new Option('--bytes <bytes>', 'bytes a block').argParser(byteSize('--bytes', limits.bytes)))
    .addOption(
      new Option(
        '--from <place>',
        'where to begin what is not stored yet: latest, tail, earliest, committed (else latest), committed/earliest, committed/refuse, an offset, -100, a time',
      ).argParser(place('--from')),
    )
    .addOption(
      new Option('--until <offset>', 'end before this offset').argParser(
        wholeNumber('--until', { min: 0, max: maxOffset }),
      ),
    )
    .addOption(
      new Option('-n, --blocks <number>', 'take so many blocks in all, then leave').argParser(
        wholeNumber('--blocks', { min: 1, max: maxOffset }),
      ),
    )
    .addOption(new Option('--out <folder>', 'store the blocks in this folder').argParser(nonEmptyText('--out', 4_096)))
    .addOption(
      new Option('--text <file>', 'append the blocks to this file, for people to read').argParser(
        nonEmptyText('--text', 4_096),
      ),
    )
    .addOption(new Option('--json', 'print each block as a line of JSON'))
    .addOption(
      new Option('--delivery <block|message>', 'how the server sends').argParser(
        oneOf('--delivery', ['block', 'message']),
      ),
    )
    .addOption(
      new Option('--window <blocks>', 'blocks under way at once').argParser(wholeNumber('--window', limits.window)),
    )
    .addOption(
      new Option('--window-bytes <bytes>', 'bytes of blocks under way at once').argParser(
        byteSize('--window-bytes', limits.windowBytes),
      ),
    )
    .addOption(
      new Option('--consumer <name>', 'the name under which the server remembers how far you are').argParser(consumer),
    )
    .addOption(
      new Option('--retry <number>', 'give up after so many failed tries in a row (default: never)').argParser(
        wholeNumber('--retry', { min: 0, max: 1_000_000 }),
      ),
    )
    .addOption(new Option('--new-epoch', 'where a feed is not the one that is stored, begin anew beside it'))
    .addOption(
      new Option('--roll <bytes>', 'begin a new data file after so many bytes').argParser(
        byteSize('--roll', { min: 1_000, max: 1e12 }),
      ),
    )
    .addOption(
      new Option('--name <name>', "what to be called in the server's log").argParser(nonEmptyText('--name', 100)),
    )
    .addHelpText(
      'after',
      `
Examples:
  blockfeed collect ws://127.0.0.1:8080 user --size 5
  blockfeed collect ws://127.0.0.1:8080 user:5 'array?shape=3x4&rate=100' --wait 1s --out blocks
  blockfeed collect ws://127.0.0.1:8080 tick --from earliest --until 1000 --json
  blockfeed verify blocks --regenerate

Ctrl-C takes what there is of the block that is filling, acks it and leaves (exit 0); a second Ctrl-C does not wait (130).`,
    )
    .action(run);
}

async function run(url: string, feeds: readonly CollectedFeed[], flags: CollectFlags): Promise<void> {
  if (flags.out !== undefined && flags.text !== undefined)
    throw new UsageError('--out and --text are both stated: leave out one');
  if (flags.from !== undefined && isCommitted(flags.from) && flags.consumer === undefined)
    throw new UsageError('--from is committed: state --consumer too');
  let status: StatusLine | undefined;
  const store = await openStore(flags, () => status?.clear());
  // The console's store prints its blocks itself.
  const printsHere = flags.out !== undefined || flags.text !== undefined;
  const printBlock = (line: string): void => {
    status?.clear();
    if (printsHere) print(line);
  };
  const collection = collect(url, {
    ...flags,
    feeds,
    store,
    waitMs: flags.wait,
    connect: {
      ...(flags.retry === undefined ? {} : { retry: flags.retry }),
      ...(flags.name === undefined ? {} : { name: flags.name }),
      onState: (state) => showState(state, status),
    },
    onBlock: (block) => printBlock(flags.json === true ? withFeed(block) : formatBlock(block.feed, block)),
    onGap: (gap) => printBlock(flags.json === true ? withFeed(gap) : formatGap(gap.feed, gap.from, gap.to)),
    onFeed: (feed, from, isResumed, at) => {
      status?.clear();
      const instead =
        at === undefined || at === 'committed' ? '' : `, ${at}: the server knows no commit of ${flags.consumer}`;
      say(`${feed}: ${isResumed ? 'goes on' : 'begins'} at ${from}${instead}`);
    },
    onStalled: (feed, unacked) => {
      status?.clear();
      say(
        `${feed}: stands still: ${count(unacked, 'block')} came and cannot be stored, since ${printsHere ? 'the disk' : 'what reads the output'} takes nothing; nothing is lost`,
      );
    },
  });
  status = new StatusLine(() => collection.status());
  const stopListening = onStopSignal((signal) => {
    status?.clear();
    say(`${signal}: leaving; once more does not wait`);
    collection.leave();
  });
  try {
    const end = await collection.done;
    status.stop();
    say(`done: ${describeStatus(end)}`);
    process.exitCode = exitCodes.done;
  } catch (error) {
    throw namingTheFlag(error);
  } finally {
    status.stop();
    stopListening();
    await store.close();
  }
}

/** The library's error does not know the flag that begins anew. */
function namingTheFlag(cause: unknown): unknown {
  if (!(cause instanceof BlockfeedError && cause.code === 'reset')) return cause;
  const hint =
    'Its offsets mean other messages now. State --new-epoch to begin anew beside what is stored, which stays.';
  return new BlockfeedError('reset', cause.message, { hint, cause });
}

/** The record with its feed in front. In a folder a record needs no feed. */
function withFeed({ feed, record }: StoredBlock | StoredGap): string {
  return record.startsWith('{"feed":') ? record : `{"feed":${JSON.stringify(feed)},${record.slice(1)}`;
}

async function openStore(flags: CollectFlags, beforeWrite: () => void): Promise<Store> {
  const { out, text: file, json, roll } = flags;
  if (out !== undefined)
    return folderStore(out, {
      ...(roll === undefined ? {} : { rollBytes: roll }),
      onRepaired: (folder, { dataBytes, journalBytes, goneFiles }) => {
        const left = dataBytes + journalBytes;
        if (left > 0) say(`${folder}: ${left} bytes that a crash left are put aside; their messages are fetched again`);
        const [first] = goneFiles;
        if (first !== undefined)
          say(
            `${folder}: ${count(goneFiles.length, 'data file')} ${goneFiles.length === 1 ? 'is' : 'are'} gone, the first is ${first}`,
          );
      },
    });
  if (file !== undefined) return await openTextStore(file);
  const shown = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      beforeWrite();
      stdout.write(chunk, done);
    },
  });
  return consoleStore(shown, { json: json === true });
}

/** `user:5` is feed user in blocks of 5. A specification may have colons of its own, so only a whole number counts there. */
function feedAndSize(given: string, earlier: readonly CollectedFeed[] = []): readonly CollectedFeed[] {
  const colon = given.indexOf(':');
  const isNamed = colon >= 0 && isFeedName(given.slice(0, colon));
  const [, feed = given, size] = isNamed
    ? [given, given.slice(0, colon), given.slice(colon + 1)]
    : (/^(.+):(\d+)$/s.exec(given) ?? []);
  if (feed === '' || feed.length > limits.feedTextBytes.max)
    throw usage(
      'FEED',
      given,
      'a name like user, or a specification like user?rate=10, and perhaps :5 for blocks of 5',
    );
  const sized = size === undefined ? { feed } : { feed, size: wholeNumber(`the size of ${feed}`, limits.size)(size) };
  return [...earlier, sized];
}

function consumer(given: string): string {
  const { maxLength, pattern } = clientMessages.subscribe.consumer as { maxLength: number; pattern: RegExp };
  if (given.length > maxLength || !pattern.test(given))
    throw usage('--consumer', given, `a name of 1 to ${maxLength} characters that matches ${pattern.source}`);
  return given;
}

function showState(state: ConnectionState, status: StatusLine | undefined): void {
  const line = describeState(state);
  if (status !== undefined) status.state = line;
  else if (line !== '') say(line);
}

function describeState(state: ConnectionState): string {
  switch (state.phase) {
    case 'connecting':
      return state.failures > 0 ? `trying again (${state.failures} failed)` : '';
    case 'live':
    case 'closed':
      return '';
    case 'closing':
      return `the server is closing: ${state.reason}`;
    case 'waiting':
      return `not connected: ${state.reason}; trying again in ${formatSeconds(state.waitMs * 1_000, 1)}`;
    case 'full':
      return 'waiting for what came to be stored';
  }
}
