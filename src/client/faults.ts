// The errors that the client itself finds, each with what to do about it.
import { withoutCredentialsOfOne } from '../protocol/address.ts';
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

export function serverUnreachable(
  url: string,
  tries: number,
  reason: string,
  cause: BlockfeedError | undefined,
): BlockfeedError {
  const shown = withoutCredentialsOfOne(url);
  return new BlockfeedError('unreachable', `${shown} could not be reached in ${tries} tries: ${reason}`, {
    hint: 'Check that the server runs and that the address is right, or allow more tries (retry).',
    about: shown,
    cause,
  });
}

/** The peer is certainly no server of this protocol. */
export function wrongPeer(why: string, cause?: unknown): BlockfeedError {
  return new BlockfeedError('bad-server', `the peer is no server of this protocol: ${why}`, {
    hint: 'Check the URL, and that a blockfeed server of this protocol version listens there.',
    cause,
  });
}

/** The peer, or a proxy before it, answered a request with this HTTP status, and perhaps said why. */
export function handshakeRefused(status: number, said = ''): BlockfeedError {
  const why = said === '' ? '' : `: ${said}`;
  if (status !== 401 && status !== 407) return wrongPeer(`it answered the handshake with HTTP status ${status}${why}`);
  return new BlockfeedError(
    'bad-server',
    `the server, or a proxy before it, wants a user and a password (HTTP ${status})${why}`,
    {
      hint: 'State them in the URL before its host, as USER:PASSWORD@host, each percent-encoded.',
    },
  );
}

/** Codes of Node for a certificate that nobody vouches for whom this machine trusts. */
const unknownIssuers: readonly unknown[] = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

/** What went wrong with TLS, and what to do; undefined where that is not what failed. */
export function tlsFault(code: string | undefined, message: string, cause: unknown): BlockfeedError | undefined {
  if (message.includes('wrong version number'))
    return new BlockfeedError('bad-server', 'the peer speaks no TLS at this port', {
      hint: 'Write ws:// in place of wss://, or take the port at which it does.',
      cause,
    });
  const hint = certificateHint(code);
  if (hint === undefined) return undefined;
  return new BlockfeedError('bad-server', `the server's certificate is not trusted: ${message} (${code})`, {
    hint,
    cause,
  });
}

function certificateHint(code: string | undefined): string | undefined {
  if (unknownIssuers.includes(code))
    return 'If it is yours, start this program with NODE_EXTRA_CA_CERTS=FILE, where FILE has the certificate, or that of its issuer, as PEM.';
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return 'Whoever runs the server has to renew it; if that was done, check the clock of this machine.';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'Connect by a name that the certificate is for.';
  return code?.startsWith('CERT_') === true ? 'Whoever runs the server has to mend it.' : undefined;
}

export function closed(what: string): BlockfeedError {
  return new BlockfeedError('closed', what, { hint: 'Connect or subscribe anew.' });
}
