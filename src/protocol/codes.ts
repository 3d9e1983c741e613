// The two code tables: error codes (why a thing was refused) and close codes (why a connection ended). PROTOCOL.md
// prints both; a test compares.

export interface ErrorCodeEntry {
  /** Who gives it: a server, to its client, or the library and the command line here, never on the wire. */
  readonly from: 'server' | 'library';
  /** Whether the same thing tried later may succeed without a change. */
  readonly retry: boolean;
  /** The code the connection is closed with after the error, or undefined: it lives on. */
  readonly close: number | undefined;
  readonly meaning: string;
}

export type ErrorCode =
  | 'bad-message'
  | 'bad-feed'
  | 'unknown-feed'
  | 'feed-refused'
  | 'feed-limit'
  | 'feed-failed'
  | 'already-subscribed'
  | 'not-subscribed'
  | 'subscription-limit'
  | 'not-alone'
  | 'reset'
  | 'diverged'
  | 'no-commit'
  | 'bad-ack'
  | 'too-many-errors'
  | 'hello-expected'
  | 'hello-late'
  | 'silent'
  | 'overload'
  | 'slow-control'
  | 'unread'
  | 'internal'
  | 'refused'
  | 'unreachable'
  | 'bad-server'
  | 'closed'
  | 'bad-option'
  | 'locked'
  | 'damaged'
  | 'storage';

export const errorCodes: Readonly<Record<ErrorCode, ErrorCodeEntry>> = {
  'bad-message': {
    from: 'server',
    retry: false,
    close: undefined,
    meaning: 'a control message was not understood; it had no effect',
  },
  'bad-feed': { from: 'server', retry: false, close: undefined, meaning: 'a feed specification is wrong' },
  'unknown-feed': { from: 'server', retry: false, close: undefined, meaning: 'no feed of that name is offered' },
  'feed-refused': {
    from: 'server',
    retry: false,
    close: undefined,
    meaning: 'the server does not make feeds on request, or not such',
  },
  'feed-limit': {
    from: 'server',
    retry: true,
    close: undefined,
    meaning: 'the server makes no more feeds on request at present',
  },
  'feed-failed': {
    from: 'server',
    retry: true,
    close: undefined,
    meaning: 'the feed could not be read; its subscription is over, the others go on',
  },
  'already-subscribed': {
    from: 'server',
    retry: false,
    close: undefined,
    meaning: 'the feed is subscribed on this connection',
  },
  'not-subscribed': {
    from: 'server',
    retry: false,
    close: undefined,
    meaning: 'the feed is not subscribed on this connection',
  },
  'subscription-limit': {
    from: 'server',
    retry: false,
    close: undefined,
    meaning: 'the connection carries no more subscriptions',
  },
  'not-alone': {
    from: 'server',
    retry: false,
    close: undefined,
    meaning: 'message delivery needs a connection to itself',
  },
  reset: {
    from: 'server',
    retry: false,
    close: undefined,
    meaning: 'the feed has another epoch than the reader knows',
  },
  diverged: {
    from: 'server',
    retry: false,
    close: undefined,
    meaning: 'the feed has another line before that offset, or ends before',
  },
  'no-commit': {
    from: 'server',
    retry: false,
    close: undefined,
    meaning: 'the server knows no commit of the consumer, and the client wants no other place',
  },
  'bad-ack': { from: 'server', retry: false, close: undefined, meaning: 'an ack goes beyond what was sent' },
  'too-many-errors': { from: 'server', retry: false, close: 4400, meaning: 'the client goes on making errors' },
  'hello-expected': { from: 'server', retry: false, close: 4400, meaning: 'the first message was not a hello' },
  'hello-late': { from: 'server', retry: true, close: 4408, meaning: 'no hello came in time' },
  silent: { from: 'server', retry: true, close: 4408, meaning: 'nothing was heard from the client for too long' },
  overload: { from: 'server', retry: true, close: 1013, meaning: 'the server takes no more connections at present' },
  'slow-control': {
    from: 'server',
    retry: true,
    close: 1013,
    meaning: 'the client does not read the answers to what it sends',
  },
  unread: {
    from: 'server',
    retry: true,
    close: undefined,
    meaning:
      "the client took nothing for longest, and others needed the memory: it was ended, as the server's log says",
  },
  internal: { from: 'server', retry: true, close: 1011, meaning: 'a defect of the server' },
  refused: {
    from: 'library',
    retry: false,
    close: undefined,
    meaning: 'the server refused with a code that this version does not know',
  },
  unreachable: {
    from: 'library',
    retry: true,
    close: undefined,
    meaning: 'the server could not be reached in the stated tries',
  },
  'bad-server': {
    from: 'library',
    retry: false,
    close: undefined,
    meaning: 'the peer does not speak this protocol, or broke it',
  },
  closed: {
    from: 'library',
    retry: false,
    close: undefined,
    meaning: 'the client, server or subscription was closed already',
  },
  'bad-option': { from: 'library', retry: false, close: undefined, meaning: 'an option has a wrong value' },
  locked: { from: 'library', retry: false, close: undefined, meaning: 'somebody else holds the folder' },
  damaged: {
    from: 'library',
    retry: false,
    close: undefined,
    meaning: 'stored data is not as its journal says, or its journal is not whole',
  },
  storage: {
    from: 'library',
    retry: false,
    close: undefined,
    meaning: 'the operating system refused to store or read',
  },
};

/** The code that a server gave, or `refused` where this version does not know it: servers may get new ones. */
export function knownErrorCode(code: string): ErrorCode {
  return Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'refused';
}

export interface CloseCodeEntry {
  readonly sentBy: 'client' | 'server' | 'both' | 'nobody';
  /** Whether a client connects again after it. */
  readonly reconnect: boolean;
  readonly meaning: string;
}

export const closeCodes: Readonly<Record<number, CloseCodeEntry>> = {
  1000: { sentBy: 'both', reconnect: false, meaning: 'done; the answer to bye' },
  1001: { sentBy: 'both', reconnect: true, meaning: 'going away (a browser page that is left)' },
  1002: { sentBy: 'server', reconnect: false, meaning: 'a frame broke the WebSocket protocol' },
  1003: { sentBy: 'server', reconnect: false, meaning: 'a binary frame came where text belongs' },
  1005: { sentBy: 'nobody', reconnect: true, meaning: 'closed without a code' },
  1006: { sentBy: 'nobody', reconnect: true, meaning: 'the connection broke; treated as 1012' },
  1007: { sentBy: 'server', reconnect: false, meaning: 'a text frame was not valid UTF-8' },
  1008: { sentBy: 'server', reconnect: false, meaning: 'a frame of too many fragments' },
  1009: { sentBy: 'server', reconnect: false, meaning: 'a message was too large' },
  1011: { sentBy: 'server', reconnect: true, meaning: 'a defect of the server' },
  1012: { sentBy: 'server', reconnect: true, meaning: 'the server restarts' },
  1013: { sentBy: 'server', reconnect: true, meaning: 'the server has too much to do' },
  4400: { sentBy: 'server', reconnect: false, meaning: 'the client does not speak this protocol' },
  4404: { sentBy: 'server', reconnect: false, meaning: 'no such feed (a plain client has no other way to hear it)' },
  4408: { sentBy: 'server', reconnect: true, meaning: 'nothing was heard in time' },
  4409: { sentBy: 'server', reconnect: false, meaning: 'the feed is not the one the reader knows (a plain client)' },
  4429: { sentBy: 'server', reconnect: true, meaning: 'too many feeds made on request (a plain client)' },
};

/** Whether a client connects again after this close code. Codes the table does not know: yes below 4000, else no. */
export function reconnectsAfter(code: number): boolean {
  return closeCodes[code]?.reconnect ?? code < 4_000;
}
