// What a server answers to `GET /feeds`: one way to it for everything that asks by HTTP.
import { httpRequest, withoutCredentialsOfOne } from '../protocol/address.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import { handshakeRefused, tlsFault, wrongPeer } from './faults.ts';
import { clientLimits } from './limits.ts';

/** How long a server may take to answer, in ms. */
const answerMs = 10_000;

/**
 * The answer, as JSON that nobody has looked at, and when it began to come. Rejects with `unreachable` where none comes, or
 * with `bad-server`.
 */
export async function requestFeedList(
  address: string,
  nowMicros: () => number,
): Promise<{ readonly body: unknown; readonly answeredMicros: number }> {
  const { url, headers } = httpRequest(address, 'feeds');
  let text: string;
  let answeredMicros: number;
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(answerMs) });
    answeredMicros = nowMicros();
    if (response.status !== 200) throw handshakeRefused(response.status);
    text = await textOf(response, url);
  } catch (cause) {
    throw cause instanceof BlockfeedError ? cause : noAnswer(address, cause);
  }
  try {
    return { body: JSON.parse(text), answeredMicros };
  } catch (cause) {
    throw wrongPeer(`what it answers at ${url} is no JSON`, cause);
  }
}

/** The body as text. Throws `bad-server` where it has too many bytes. */
async function textOf({ body }: Response, url: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const piece of body ?? []) {
    bytes += piece.length;
    if (bytes > clientLimits.feedListBytes.default) throw wrongPeer(`what it answers at ${url} does not end`);
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

function noAnswer(address: string, cause: unknown): BlockfeedError {
  // What fetch throws says that it failed; why is in its cause.
  const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const { code, message } = why as { readonly code?: string; readonly message: string };
  return (
    tlsFault(code, message, cause) ??
    new BlockfeedError('unreachable', `${withoutCredentialsOfOne(address)} does not answer: ${message || code}`, {
      hint: 'Check the address, and that the server runs.',
      cause,
    })
  );
}
