// What users of the client may state, and the same with every default filled in and every value checked.
import type { Backoff } from '../base/backoff.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { withoutCredentialsOfOne } from '../protocol/address.ts';
import { type Field, fieldFault } from '../protocol/fields.ts';
import { wholeWithin } from '../protocol/limit.ts';
import { limits } from '../protocol/limits.ts';
import { clientMessages, type Delivery } from '../protocol/messages.ts';
import { isCommitted, type Place } from '../protocol/place.ts';
import { makePolicy } from '../protocol/policy.ts';
import type { ConnectionState, SubscriptionEvent } from './events.ts';
import { badOption } from './faults.ts';
import type { Request } from './feedPosition.ts';
import { clientLimits } from './limits.ts';

export interface ConnectOptions {
  /** Ends everything at once: connecting, and later the client as `close()` does. Iterators then throw its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Name and version of your program, for the server's records. @default blockfeed and where it runs */
  readonly name?: string | undefined;
  /** What a server that asks for authorization wants to see. */
  readonly token?: string | undefined;
  /** How many tries may follow one another without success before it gives up with `unreachable`. @default no bound */
  readonly retry?: number | undefined;
  /** How long to wait between tries, at random up to twice as long each time. @default 500 ms, at most 20 s */
  readonly backoff?: Backoff | undefined;
  /** How long one try may last until the server has said welcome, in ms. @default 20_000 */
  readonly connectMs?: number | undefined;
  /**
   * Bytes that have come on one connection and were not taken; beyond that reading pauses, or, in a browser, the
   * connection is closed and resumed when half of it was taken. @default 8_388_608
   */
  readonly receivedBytes?: number | undefined;
  /** Numbers from 0 to 1, for the waits. @default Math.random */
  readonly random?: (() => number) | undefined;
  /** @default the machine's */
  readonly clock?: Clock | undefined;
  /** Is told whenever a connection changes its state. */
  readonly onState?: ((state: ConnectionState) => void) | undefined;
}

export interface SubscribeOptions {
  /** Messages a block: it ends before every offset that is a multiple of it. Stating nothing at all is 100, or 1 s. */
  readonly size?: number | undefined;
  /** Milliseconds of the clock a block. */
  readonly waitMs?: number | undefined;
  /** Bytes of lines a block, from 1,000. */
  readonly bytes?: number | undefined;
  /** Where to begin. @default `{ committed: { else: 'latest' } }` where a consumer is named, else `latest` */
  readonly from?: Place | undefined;
  /** The epoch in which an offset given as `from` was learnt; another is refused with `reset`. */
  readonly epoch?: string | undefined;
  /** crc32 of the line before `from`, newline included, as zlib has it; another line is refused with `diverged`. Needs `epoch`. */
  readonly check?: number | undefined;
  /** Blocks that may be on their way or unacked, 1 to 100,000. @default 1_000 */
  readonly window?: number | undefined;
  /**
   * Bytes of their frames, from 1,000 to 1 GiB: no block is begun beyond them, but one always may. In a browser the windows of
   * all subscriptions should fit into `receivedBytes`. @default 4_194_304, in browsers 1_048_576
   */
  readonly windowBytes?: number | undefined;
  /** `message` sends each as it comes, over a connection of its own: the same blocks, gathered here. @default block */
  readonly delivery?: Delivery | undefined;
  /** The name under which the server remembers your last ack. */
  readonly consumer?: string | undefined;
  /** The offset before which to end. @default none */
  readonly until?: number | undefined;
  /** Leaves at once; the iterator throws its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Is told of what happens beside the data. */
  readonly onEvent?: ((event: SubscriptionEvent) => void) | undefined;
}

/** What every connection of a client shares. */
export interface Settings {
  readonly url: string;
  readonly name: string | undefined;
  readonly token: string | undefined;
  readonly retry: number;
  readonly backoff: Backoff;
  readonly connectMs: number;
  readonly receivedBytes: number;
  readonly random: () => number;
  readonly clock: Clock;
  readonly onState: (state: ConnectionState) => void;
}

/** Fills in and checks. Throws `bad-option`. */
export function clientSettings(url: string | URL, options: ConnectOptions): Settings {
  const { connectMs, reconnectFirstMs, reconnectCapMs, receivedBytes, retry } = clientLimits;
  const { backoff } = options;
  if (options.name !== undefined) sendable('name', options.name, clientMessages.hello.client);
  sendable('token', options.token, clientMessages.hello.token);
  return Object.freeze({
    url: webSocketUrl(url),
    name: options.name,
    token: options.token,
    retry: wholeWithin('retry', options.retry, retry),
    backoff: {
      firstMs: wholeWithin('backoff.firstMs', backoff?.firstMs, reconnectFirstMs),
      capMs: wholeWithin('backoff.capMs', backoff?.capMs, reconnectCapMs),
    },
    connectMs: wholeWithin('connectMs', options.connectMs, connectMs),
    receivedBytes: wholeWithin('receivedBytes', options.receivedBytes, receivedBytes),
    random: inRange(options.random ?? Math.random),
    clock: options.clock ?? systemClock,
    onState: options.onState ?? ignore,
  });
}

/** What to say to the server for these options; `platform` has what it states else. Throws `bad-option`. */
export function subscribeRequest(
  feed: string,
  options: SubscribeOptions,
  platform: { readonly windowBytes: number },
): Request {
  const { epoch, check, window, delivery, consumer, until } = options;
  const policy = makePolicy(options);
  const from = options.from ?? (consumer === undefined ? 'latest' : { committed: { else: 'latest' } });
  const isDefault = platform.windowBytes === limits.windowBytes.default;
  const windowBytes = options.windowBytes ?? (isDefault ? undefined : platform.windowBytes);
  const stated = { feed, from, epoch, check, window, windowBytes, delivery, consumer, until };
  const request: Record<string, unknown> = { type: 'subscribe' };
  for (const [name, value] of Object.entries(stated)) {
    sendable(name, value, clientMessages.subscribe[name as keyof typeof stated]);
    if (value !== undefined) request[name] = value;
  }
  if (isCommitted(from) && consumer === undefined)
    throw badOption(
      'from is committed, but no consumer is named',
      'consumer',
      'Name the consumer, or begin elsewhere.',
    );
  if (check !== undefined && epoch === undefined)
    throw badOption('check is stated without epoch', 'epoch', 'State the epoch of the line that the check is of.');
  if (policy.size !== undefined) request.size = policy.size;
  if (policy.waitMs !== undefined) request.wait = policy.waitMs * 1_000;
  if (policy.bytes !== undefined) request.bytes = policy.bytes;
  return request as Request;
}

/** Throws unless the field may hold the value: better here, where it was stated, than by the server. */
function sendable(name: string, value: unknown, field: Field): void {
  const fault = fieldFault(field, value);
  if (fault !== undefined) throw badOption(`${name} ${fault}`, name, 'Correct it; nothing was sent.');
}

/** Waits are drawn from it, so what is no number from 0 to 1 would be no wait at all. */
function inRange(random: () => number): () => number {
  return () => {
    const number = random();
    if (number >= 0 && number <= 1) return number;
    throw badOption(`random gave ${number}`, 'random', 'Give a function that returns numbers from 0 to 1.');
  };
}

function webSocketUrl(url: string | URL): string {
  const parsed = URL.canParse(String(url)) ? new URL(String(url)) : undefined;
  if (parsed !== undefined && ['ws:', 'wss:'].includes(parsed.protocol) && parsed.hash === '') return parsed.href;
  const shown = JSON.stringify(withoutCredentialsOfOne(String(url)));
  throw badOption(`the URL is ${shown}`, 'url', 'Give one like ws://127.0.0.1:8080.');
}

function ignore(): void {}
