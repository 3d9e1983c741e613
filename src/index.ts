// The package's main entry, for clients, in Node and in browsers.
export type { Backoff } from './base/backoff.ts';
export type { Clock, Timer } from './base/clock.ts';
export type { Block } from './client/block.ts';
export type { Client } from './client/client.ts';
export { connect } from './client/connect.ts';
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
