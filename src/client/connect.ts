// Connects on the platform that this runs on: where a client begins.
import { platform } from '#platform';
import { Client } from './client.ts';
import type { ConnectOptions } from './options.ts';

/**
 * Connects to a server, `ws://host:port`. Resolves when it has said welcome; until then, and whenever the connection
 * breaks later, it tries again for ever, or as often as `retry` says. Rejects with `unreachable` when that bound is
 * reached, `bad-server` when the peer is no server of this protocol, `bad-option`, another code that the server gave for
 * turning the client away, or the signal's reason.
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<Client> {
  return Client.connect(platform, url, options);
}
