// What a client asks for before its connection becomes a WebSocket, parsed once. ws checks method, key and the upgrade
// header; what it lets through and we do not take is refused here.
import type { IncomingMessage } from 'node:http';
import { BlockfeedError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import { isOffset } from '../protocol/message.ts';
import { subprotocol } from '../protocol/messages.ts';
import { isCommitted, type Place, parsePlace } from '../protocol/place.ts';
import { makePolicy, type Policy } from '../protocol/policy.ts';
import { parseDurationMs, parseSizeBytes } from '../protocol/units.ts';
import type { Origins } from './origins.ts';

/** What a WebSocket client without the subprotocol asks for, in its URL. */
export interface PlainRequest {
  readonly feed: string;
  readonly from: Place;
  /** Undefined: a frame for each message. */
  readonly policy: Policy | undefined;
  readonly until: number;
}

export type Handshake =
  | { readonly is: 'session' }
  | { readonly is: 'plain'; readonly request: PlainRequest }
  | { readonly is: 'refused'; readonly status: number; readonly why: string };

/** `path` is where the server is mounted: `/`, or `/live/`. */
export function parseHandshake(request: IncomingMessage, path: string, origins: Origins): Handshake {
  if (request.httpVersion !== '1.1') return refused(505, 'HTTP/1.1 is needed');
  if (request.headers.host === undefined) return refused(400, 'the Host header is missing');
  if (request.headers['sec-websocket-version'] !== '13') return refused(426, 'WebSocket version 13 is needed');
  const forbidden = origins.refusal(request);
  if (forbidden !== undefined) return refused(403, forbidden);
  const url = request.url ?? '';
  const [pathname = ''] = url.split('?', 1);
  const query = url.slice(pathname.length + 1);
  const offered = request.headers['sec-websocket-protocol'];
  if (pathname === path || `${pathname}/` === path)
    return offersSession(request)
      ? { is: 'session' }
      : refused(400, `offer the subprotocol ${subprotocol}, or connect to ${path}feeds/<feed>`);
  if (!pathname.startsWith(`${path}feeds/`)) return refused(404, `connect to ${path} or to ${path}feeds/<feed>`);
  if (offered !== undefined) return refused(400, `${path}feeds/<feed> speaks no subprotocol`);
  try {
    return { is: 'plain', request: parsePlain(pathname.slice(`${path}feeds/`.length), query) };
  } catch (cause) {
    if (cause instanceof BlockfeedError) return refused(400, `${cause.message}. ${cause.hint}`);
    throw cause;
  }
}

/** Whether the client offers to speak the protocol of sessions. */
export function offersSession(request: IncomingMessage): boolean {
  const offered = request.headers['sec-websocket-protocol'];
  return offered?.split(',').some((name) => name.trim() === subprotocol) ?? false;
}

function parsePlain(segment: string, query: string): PlainRequest {
  let feed: string;
  try {
    feed = decodeURIComponent(segment);
  } catch (cause) {
    throw bad('feed', segment, 'a name or specification, percent-encoded as one path segment', cause);
  }
  if (feed === '' || segment.includes('/') || feed.length > limits.feedTextBytes.max)
    throw bad('feed', segment, 'a name or specification, percent-encoded as one path segment');
  const stated = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (!['from', 'size', 'wait', 'bytes', 'until'].includes(name))
      throw bad(name, value, 'one of from, size, wait, bytes, until');
    if (stated.has(name)) throw bad(name, value, 'stated once');
    stated.set(name, value);
  }
  const read = <Value>(name: string, parse: (text: string) => Value | undefined, range: string): Value | undefined => {
    const text = stated.get(name);
    if (text === undefined) return undefined;
    const value = parse(text);
    if (value === undefined) throw bad(name, text, range);
    return value;
  };
  const size = read('size', wholeNumber, `a whole number from ${limits.size.min} to ${limits.size.max}`);
  const waitMs = read('wait', parseDurationMs, 'a duration like 1s or 500ms, from 1ms to 1d');
  const bytes = read('bytes', parseSizeBytes, 'a size like 64KiB, from 1000 to 1GiB');
  const hasPolicy = size !== undefined || waitMs !== undefined || bytes !== undefined;
  const from = read(
    'from',
    parsePlace,
    'latest, tail, earliest, an offset, a negative count, or a time as 2026-01-01T00:00:00Z, with + written as %2B',
  );
  if (from !== undefined && isCommitted(from))
    throw bad('from', 'committed', 'another place: a client without a session has no consumer');
  return {
    feed,
    from: from ?? 'latest',
    policy: hasPolicy ? makePolicy({ size, waitMs, bytes }) : undefined,
    until: read('until', wholeNumber, 'an offset from 0') ?? Number.POSITIVE_INFINITY,
  };
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,16}$/.test(text) && isOffset(Number(text)) ? Number(text) : undefined;
}

function refused(status: number, why: string): Handshake {
  return { is: 'refused', status, why };
}

function bad(name: string, value: string, range: string, cause?: unknown): BlockfeedError {
  return new BlockfeedError('bad-option', `${name.slice(0, 64)} is ${JSON.stringify(value.slice(0, 64))}`, {
    hint: `It must be ${range}.`,
    about: name.slice(0, 64),
    cause,
  });
}
