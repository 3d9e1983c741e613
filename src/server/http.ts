// What a server answers to plain HTTP: which feeds it offers, and how to connect.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../base/clock.ts';
import type { Feeds } from './feeds.ts';
import type { ServerLimits } from './limits.ts';
import type { Logs } from './logs.ts';
import type { Origins } from './origins.ts';

/** What `GET /feeds` answers. */
export interface FeedList {
  readonly feeds: readonly {
    readonly name: string;
    readonly epoch: string;
    /** The canonical specification; absent for a published feed. */
    readonly specification?: string;
    readonly earliest: number;
    /** Absent where every message exists already. */
    readonly tail?: number;
  }[];
  /** Absent: the server makes no feeds on request. */
  readonly onRequest?: { readonly kinds: readonly string[]; readonly feeds: number; readonly rate: number };
  /** What time the server has, integer microseconds since 1970: who measures can tell how far the two clocks differ. */
  readonly time: number;
}

/** What is needed to answer: no more, since these types are public. */
interface Answering {
  readonly feeds: Feeds;
  readonly limits: ServerLimits;
  readonly clock: Clock;
  readonly origins: Origins;
  readonly logs: Logs;
}

/** Answers a request; `path` is where the server is mounted. */
export function answerHttp(request: IncomingMessage, response: ServerResponse, path: string, context: Answering): void {
  const [pathname = ''] = (request.url ?? '').split('?', 1);
  const rest = `${pathname}/`.startsWith(path) ? pathname.slice(path.length) : pathname;
  const forbidden = context.origins.refusal(request);
  if (forbidden !== undefined) return answer(response, 403, { error: forbidden });
  const { origin } = request.headers;
  // A page of another origin that may read is only let by its browser where the answer says so.
  if (origin !== undefined) response.setHeader('access-control-allow-origin', origin).setHeader('vary', 'origin');
  if (request.method !== 'GET' && request.method !== 'HEAD')
    answer(response, 405, { error: 'only GET is answered here' });
  else if (rest === 'feeds') answerFeeds(response, context);
  else if (rest === '')
    answer(response, 200, {
      blockfeed: 'a WebSocket server',
      feeds: `${path}feeds`,
      watch: `${path}feeds/<feed>`,
      session: path,
    });
  else if (rest.startsWith('feeds/'))
    answer(response, 426, { error: 'connect with a WebSocket client' }, { Upgrade: 'websocket' });
  else answer(response, 404, { error: `there is ${path} and ${path}feeds` });
}

function answerFeeds(response: ServerResponse, context: Answering): void {
  try {
    answerText(response, 200, listText(context));
  } catch (cause) {
    context.logs.errors.add({ unreadable: 1 }, () => [{ err: cause }, 'a feed could not be listed']);
    answer(response, 500, { error: 'a feed could not be listed' });
  }
}

/** Texts that were made in this turn: whoever asks a hundred times at once has one list made. */
const lists = new WeakMap<Feeds, string>();

function listText(context: Answering): string {
  const { feeds } = context;
  const known = lists.get(feeds);
  if (known !== undefined) return known;
  const text = textOf(feedList(context));
  lists.set(feeds, text);
  setImmediate(() => lists.delete(feeds));
  return text;
}

function feedList({ feeds, limits, clock }: Answering): FeedList {
  const kinds = feeds.kindsOnRequest;
  return {
    feeds: feeds.configured.map((feed) => ({
      name: feed.name,
      epoch: feed.epoch,
      ...(feed.specification === undefined ? {} : { specification: feed.specification }),
      earliest: feed.earliest(),
      ...(feed.paced ? { tail: feed.tail() } : {}),
    })),
    ...(kinds.length === 0 ? {} : { onRequest: { kinds, feeds: limits.adHocFeeds, rate: limits.adHocRate } }),
    time: clock.nowMicros(),
  };
}

function answer(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  answerText(response, status, textOf(body), headers);
}

function answerText(response: ServerResponse, status: number, text: string, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(text);
}

function textOf(body: object): string {
  return `${JSON.stringify(body, undefined, 2)}\n`;
}
