// The errors that the client itself finds, each with what to do about it.
import { BlockfeedError } from '../protocol/errors.ts';

/** The server said what it may not say. Going on could lose or double a message, so nothing goes on. */
export function badServer(what: string, about?: string, cause?: unknown): BlockfeedError {
  return new BlockfeedError('bad-server', what, {
    hint: 'Report it to whoever runs the server; what was acked is not affected.',
    ...(about === undefined ? {} : { about }),
    cause,
  });
}

export function badOption(what: string, about: string, hint: string): BlockfeedError {
  return new BlockfeedError('bad-option', what, { hint, about });
}

/** The feed, at offsets that were read before, is not what it was. */
export function diverged(what: string, about: string): BlockfeedError {
  return new BlockfeedError('diverged', what, {
    hint: 'The feed lost its end or is an old copy: decide whether to read it anew, from another place and without epoch.',
    about,
  });
}

export function reset(what: string, about: string): BlockfeedError {
  return new BlockfeedError('reset', what, {
    hint: 'The feed began anew and old offsets mean nothing: decide whether to read it from a place and without epoch.',
    about,
  });
}

export function unreachable(
  url: string,
  tries: number,
  reason: string,
  cause: BlockfeedError | undefined,
): BlockfeedError {
  return new BlockfeedError('unreachable', `${url} could not be reached in ${tries} tries: ${reason}`, {
    hint: 'Check that the server runs and that the address is right, or allow more tries (retry).',
    about: url,
    cause,
  });
}

export function closed(what: string): BlockfeedError {
  return new BlockfeedError('closed', what, { hint: 'Connect or subscribe anew.' });
}
