// Which web pages may read a server. A browser connects to any address for any page, also to a server that listens for this
// machine alone; what it tells is where the page came from, and under which name the page knows the server.
import type { IncomingMessage } from 'node:http';
import { BlockfeedError } from '../protocol/errors.ts';

export class Origins {
  readonly #listed: ReadonlySet<string>;
  readonly #listedHosts: ReadonlySet<string>;
  #isLoopback = false;

  /** `listed`: origins like `https://app.example`, `null` for pages that have none, `*` for all. Throws `bad-option`. */
  constructor(listed: readonly string[]) {
    const origins = listed.map((text) => {
      const origin = parseOrigin(text);
      if (origin !== undefined) return origin;
      throw new BlockfeedError('bad-option', `${quoted(text)} is not the origin of a web page`, {
        hint: `Give ${originRange}.`,
        about: 'origins',
      });
    });
    this.#listed = new Set(origins);
    this.#listedHosts = new Set(origins.flatMap((origin) => (URL.canParse(origin) ? [new URL(origin).host] : [])));
  }

  /** From now on only names of this machine, and the hosts of listed origins, are taken as the server's. */
  onlyLoopback(): void {
    this.#isLoopback = true;
  }

  /** Why the request is refused with 403, or undefined. */
  refusal({ headers: { host, origin } }: IncomingMessage): string | undefined {
    if (this.#listed.has('*')) return undefined;
    // A page may have its own name point here, once the browser has loaded it (DNS rebinding): then the name gives it away.
    if (this.#isLoopback && host !== undefined && !isLoopbackName(host) && !this.#listedHosts.has(host.toLowerCase()))
      return `this server listens for this machine only, and ${quoted(host)} is no name of it: list the origin that it is reached by (--origin)`;
    if (origin === undefined || this.#isOwn(origin, host)) return undefined;
    if (this.#listed.has(originOf(origin))) return undefined;
    return `pages from ${quoted(origin)} may not read this server: list that origin (--origin)`;
  }

  #isOwn(origin: string, host: string | undefined): boolean {
    if (host === undefined) return false;
    const lower = origin.toLowerCase();
    const own = host.toLowerCase();
    return lower === `http://${own}` || lower === `https://${own}`;
  }
}

/** What an origin that is listed may be. */
export const originRange =
  'an origin like https://app.example or http://localhost:3000, null for pages opened from files, or * for every page';

/** An origin as it is compared; undefined where it is none that a page may have. */
export function parseOrigin(text: string): string | undefined {
  if (text === '*' || text === 'null') return text;
  if (!URL.canParse(text) || text.includes('*')) return undefined;
  const { origin, protocol } = new URL(text);
  const isOrigin = [origin, `${origin}/`].includes(text.toLowerCase());
  return isOrigin && ['http:', 'https:'].includes(protocol) ? origin : undefined;
}

/** Pages opened from files have the origin `null`; some browsers say `file://` instead. */
function originOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).origin : origin;
}

/** Whether only this machine can connect to a server that listens there: an address as the system states it, or `localhost`. */
export function isLoopback(address: string): boolean {
  return address === '::1' || isLoopbackName(address.replace(/^::ffff:/i, ''));
}

function isLoopbackName(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d*)?$/i.test(host);
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
