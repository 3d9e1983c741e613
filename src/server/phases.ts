// What a session does with each message in each of its phases. The table is total, so no combination is left to chance.
import type { ErrorCode } from '../protocol/codes.ts';
import type { ClientMessage } from '../protocol/messages.ts';

/**
 * - `greeting`: the hello is awaited
 * - `open`
 * - `leaving`: the client said bye; its last blocks are sent and their acks awaited
 * - `draining`: the server stops; acks are still taken
 * - `closed`: a close frame was sent or the socket is gone
 */
export type Phase = 'greeting' | 'open' | 'leaving' | 'draining' | 'closed';

/** `take` it, `ignore` it, or refuse it with this code. */
export type Answer = 'take' | 'ignore' | { readonly refuse: ErrorCode; readonly why: string };

const helloFirst: Answer = { refuse: 'hello-expected', why: 'the first message must be hello' };
const helloAgain: Answer = { refuse: 'bad-message', why: 'hello was said already' };
const byeSaid: Answer = { refuse: 'bad-message', why: 'bye was said already' };

export const phases: Readonly<Record<Phase, Readonly<Record<ClientMessage['type'], Answer>>>> = {
  greeting: { hello: 'take', subscribe: helloFirst, ack: helloFirst, unsubscribe: helloFirst, bye: helloFirst },
  open: { hello: helloAgain, subscribe: 'take', ack: 'take', unsubscribe: 'take', bye: 'take' },
  leaving: { hello: helloAgain, subscribe: byeSaid, ack: 'take', unsubscribe: 'ignore', bye: 'ignore' },
  // The client may have said it before it heard `closing`, so it is no error. The close follows.
  draining: { hello: 'ignore', subscribe: 'ignore', ack: 'take', unsubscribe: 'take', bye: 'take' },
  closed: { hello: 'ignore', subscribe: 'ignore', ack: 'ignore', unsubscribe: 'ignore', bye: 'ignore' },
};
