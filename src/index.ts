// The package's main entry, for clients, in Node and in browsers.
import { platform } from '#platform';
import { Client } from './client/client.ts';
import type { ConnectOptions } from './client/options.ts';

export type { Backoff } from './base/backoff.ts';
export type { Clock, Timer } from './base/clock.ts';
export type { Block } from './client/block.ts';
export type { Client } from './client/client.ts';
export type { ConnectionState, Opened, SubscriptionEvent } from './client/events.ts';
export type { ConnectOptions, SubscribeOptions } from './client/options.ts';
export type { Gap, Part } from './client/part.ts';
export type { Subscription } from './client/subscription.ts';
export type { ErrorCode } from './protocol/codes.ts';
export type { Cut } from './protocol/cut.ts';
export { BlockfeedError } from './protocol/errors.ts';
export type { Message } from './protocol/message.ts';
export type { Delivery } from './protocol/messages.ts';
export type { Place } from './protocol/place.ts';

/**
 * Connects to a server, `ws://host:port`. Resolves when it has said welcome; until then, and whenever the connection
 * breaks later, it tries again for ever, or as often as `retry` says. Rejects with `unreachable` when that bound is
 * reached, `bad-server` when the peer is no server of this protocol, `bad-option`, another code that the server gave for
 * turning the client away, or the signal's reason.
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<Client> {
  return Client.connect(platform, url, options);
}
