// Why a server cannot listen, and what to do about it.
import { BlockfeedError } from '../protocol/errors.ts';

const whys: Readonly<Record<string, { readonly why: string; readonly hint: string }>> = {
  EADDRINUSE: {
    why: 'the port is in use (EADDRINUSE)',
    hint: 'Take another port, or 0 for a free one.',
  },
  EACCES: {
    why: 'permission denied (EACCES)',
    hint: 'Ports below 1024 need root or the capability CAP_NET_BIND_SERVICE: take a higher port.',
  },
  EPERM: {
    why: 'the system forbids it (EPERM)',
    hint: 'A sandbox or a firewall of this machine has to allow it.',
  },
};

export function listenFault(cause: NodeJS.ErrnoException, host: string, port: number): BlockfeedError {
  const { code = cause.message } = cause;
  const { why, hint } = whys[code] ?? { why: code, hint: 'Give an address of this machine.' };
  return new BlockfeedError('bad-option', `cannot listen on ${host}:${port}: ${why}`, { hint, cause });
}
