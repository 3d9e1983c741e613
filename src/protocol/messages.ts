// The control messages, both directions: their types, and the table that says what each field may hold. The mapped type
// below makes a field without an entry, or an entry without a field, fail to compile.

import type { Cut } from './cut.ts';
import { cuts } from './cut.ts';
import { feedNamePattern, maxFeedName } from './feedName.ts';
import { type Field, fieldFault, fieldOf, parseByTable } from './fields.ts';
import { limits } from './limits.ts';
import { type CommittedStart, committedStarts, type Place } from './place.ts';

export type Delivery = 'block' | 'message';

/** What a client may say. */
export type ClientMessage =
  | { readonly type: 'hello'; readonly client: string; readonly instance: string; readonly token?: string }
  | {
      readonly type: 'subscribe';
      /** Which request it is: the answer has it too. No two that are open have the same. */
      readonly id: number;
      readonly feed: string;
      readonly from: Place;
      /** What the client knows of the feed from before: it resumes. */
      readonly epoch?: string;
      /** The crc32 of the line before `from`, newline included, as zlib computes it. Only with `epoch`. */
      readonly check?: number;
      readonly size?: number;
      /** Microseconds, whole milliseconds of them. */
      readonly wait?: number;
      readonly bytes?: number;
      /** Blocks, and bytes of their frames, that may be begun and not acked. */
      readonly window?: number;
      readonly windowBytes?: number;
      readonly delivery?: Delivery;
      readonly consumer?: string;
      /** The offset at which the subscription ends by itself. */
      readonly until?: number;
    }
  | {
      readonly type: 'ack';
      readonly feed: string;
      readonly epoch: string;
      /** Everything before this offset is durable with the client. */
      readonly to: number;
      /** Of blocks acked, in their order: the end, and how many microseconds the block took to come. */
      readonly blocks?: readonly (readonly [to: number, took: number])[];
    }
  | { readonly type: 'unsubscribe'; readonly id: number; readonly feed: string; readonly flush: boolean }
  | { readonly type: 'bye' };

/** What a server may say. */
export type ServerMessage =
  | {
      readonly type: 'welcome';
      readonly server: string;
      readonly session: string;
      readonly heartbeat: number;
      readonly subscriptions: number;
      /** What this server takes beyond the core of version 1. */
      readonly features: readonly string[];
    }
  | {
      readonly type: 'subscribed';
      /** Of the request. */
      readonly id: number;
      /** The feed's name in everything that follows. */
      readonly feed: string;
      readonly epoch: string;
      readonly from: number;
      /** Present where it was requested from `committed`: where it began. */
      readonly at?: CommittedStart;
      /** Absent: the feed has every message already. */
      readonly tail?: number;
      /** The canonical specification of a generated feed. */
      readonly spec?: string;
      /** Whether `check` was compared. */
      readonly checked: boolean;
      /** How many messages lie between two anchors of the feed: a power of two. */
      readonly anchorEvery: number;
    }
  | { readonly type: 'cut'; readonly feed: string; readonly to: number; readonly cut: Cut }
  | { readonly type: 'gap'; readonly feed: string; readonly from: number; readonly to: number; readonly reason: string }
  | {
      readonly type: 'unsubscribed';
      /** Of the request; absent where it ended by `until`, or by `bye`. */
      readonly id?: number;
      readonly feed: string;
      readonly acked: number;
    }
  | {
      readonly type: 'stalled';
      readonly feed: string;
      readonly window: number;
      readonly windowBytes: number;
      readonly unacked: number;
      readonly unackedBytes: number;
    }
  | {
      readonly type: 'heartbeat';
      readonly tails: Readonly<Record<string, number>>;
      /** Feeds whose times are ahead of the server's clock, which was set back, and by how much. */
      readonly ahead?: Readonly<Record<string, number>>;
    }
  | { readonly type: 'closing'; readonly reason: string; readonly retryAfter: number }
  | {
      readonly type: 'error';
      /** One of the table in codes.ts, or of a newer one. */
      readonly code: string;
      readonly message: string;
      readonly hint: string;
      /** Of the request that it answers. */
      readonly id?: number;
      /** The subscription that it is about, by the feed's name, where it answers no request. */
      readonly feed?: string;
      /** What is wrong, for people: a field, a parameter, a feed. */
      readonly about?: string;
    };

type Table<Union extends { readonly type: string }> = {
  readonly [Type in Union['type']]: {
    readonly [Name in Exclude<keyof Extract<Union, { type: Type }>, 'type'>]-?: Field & {
      readonly optional: undefined extends Extract<Union, { type: Type }>[Name] ? true : false;
    };
  };
};

const maxOffset = Number.MAX_SAFE_INTEGER;
/** From a millisecond to an hour: what is silent for longer than that was not watched at all. */
const heartbeatMicros = { min: 1_000, max: 3_600_000_000 } as const;
const required = { optional: false } as const;
const optional = { optional: true } as const;

const feedName = { is: 'text', maxLength: maxFeedName, pattern: feedNamePattern } as const;
const epoch = { is: 'text', maxLength: 32, pattern: /^[0-9a-f]{32}$/ } as const;
const offset = { is: 'integer', min: 0, max: maxOffset } as const;
const id = { is: 'integer', min: 0, max: maxOffset } as const;
const words = { is: 'text', maxLength: 1_000, ...required } as const;

export const clientMessages: Table<ClientMessage> = {
  hello: {
    client: { is: 'text', maxLength: 100, ...required },
    instance: { is: 'text', maxLength: 100, ...required },
    token: { is: 'text', maxLength: 8_192, ...optional },
  },
  subscribe: {
    id: { ...id, ...required },
    feed: { is: 'text', maxLength: limits.feedTextBytes.max, ...required },
    from: { is: 'place', ...required },
    epoch: { ...epoch, ...optional },
    check: { is: 'integer', min: 0, max: 4_294_967_295, ...optional },
    size: { is: 'integer', min: limits.size.min, max: limits.size.max, ...optional },
    wait: {
      is: 'integer',
      min: limits.waitMs.min * 1_000,
      max: limits.waitMs.max * 1_000,
      multipleOf: 1_000,
      ...optional,
    },
    bytes: { is: 'integer', min: limits.bytes.min, max: limits.bytes.max, ...optional },
    window: { is: 'integer', min: limits.window.min, max: limits.window.max, ...optional },
    windowBytes: { is: 'integer', min: limits.windowBytes.min, max: limits.windowBytes.max, ...optional },
    delivery: { is: 'choice', of: ['block', 'message'], ...optional },
    consumer: { is: 'text', maxLength: 100, pattern: /^[A-Za-z0-9][A-Za-z0-9._:@-]*$/, ...optional },
    until: { ...offset, ...optional },
  },
  ack: {
    feed: { ...feedName, ...required },
    epoch: { ...epoch, ...required },
    to: { ...offset, ...required },
    blocks: { is: 'pairs', maxLength: limits.ackBlocks.max, ...optional },
  },
  unsubscribe: {
    id: { ...id, ...required },
    feed: { ...feedName, ...required },
    flush: { is: 'boolean', ...required },
  },
  bye: {},
};

export const serverMessages: Table<ServerMessage> = {
  welcome: {
    server: words,
    session: words,
    heartbeat: { is: 'integer', min: heartbeatMicros.min, max: heartbeatMicros.max, ...required },
    subscriptions: { is: 'integer', min: 1, max: maxOffset, ...required },
    features: { is: 'names', maxLength: 64, pattern: /^[a-z][a-z0-9-]{0,31}$/, ...required },
  },
  subscribed: {
    id: { ...id, ...required },
    feed: { ...feedName, ...required },
    epoch: { ...epoch, ...required },
    from: { ...offset, ...required },
    at: { is: 'choice', of: committedStarts, ...optional },
    tail: { ...offset, ...optional },
    spec: { is: 'text', maxLength: 65_536, ...optional },
    checked: { is: 'boolean', ...required },
    anchorEvery: { is: 'integer', min: limits.anchorEvery.min, max: limits.anchorEvery.max, ...required },
  },
  cut: {
    feed: { ...feedName, ...required },
    to: { ...offset, ...required },
    cut: { is: 'choice', of: cuts, ...required },
  },
  gap: {
    feed: { ...feedName, ...required },
    from: { ...offset, ...required },
    to: { ...offset, ...required },
    reason: words,
  },
  unsubscribed: { id: { ...id, ...optional }, feed: { ...feedName, ...required }, acked: { ...offset, ...required } },
  stalled: {
    feed: { ...feedName, ...required },
    window: { ...offset, ...required },
    windowBytes: { ...offset, ...required },
    unacked: { ...offset, ...required },
    unackedBytes: { ...offset, ...required },
  },
  heartbeat: {
    tails: { is: 'integers-by-name', maxLength: limits.subscriptions.max, ...required },
    ahead: { is: 'integers-by-name', maxLength: limits.subscriptions.max, ...optional },
  },
  closing: { reason: words, retryAfter: { ...offset, ...required } },
  error: {
    code: { is: 'text', maxLength: 64, pattern: /^[a-z][a-z-]*$/, ...required },
    message: { is: 'text', maxLength: 65_536, ...required },
    hint: { is: 'text', maxLength: 65_536, ...required },
    id: { ...id, ...optional },
    feed: { ...feedName, ...optional },
    about: { is: 'text', maxLength: 65_536, ...optional },
  },
};

/** Parses what a client said. Throws `bad-message`; also for a field that is not in the table. */
export function parseClientMessage(text: string): ClientMessage {
  return parseByTable(text, clientMessages, true) as ClientMessage;
}

/** What a client says that is answered. */
const requests: readonly ClientMessage['type'][] = ['subscribe', 'unsubscribe'];

/** The id of a request that was refused as `bad-message`, where it can be read: its refusal is its answer. */
export function requestIdOf(text: string): number | undefined {
  const value = fieldOf(text, requests, 'id');
  return fieldFault({ ...id, ...required }, value) === undefined ? (value as number) : undefined;
}

/** Parses what a server said. Throws `bad-message`; leaves out fields that are not in the table. */
export function parseServerMessage(text: string): ServerMessage {
  return parseByTable(text, serverMessages, false) as ServerMessage;
}

/** The subprotocol's name in the WebSocket handshake. */
export const subprotocol = 'blockfeed.v1';
