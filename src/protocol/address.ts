// A server's address, which may hold a user and a password: `wss://user:password@host/live`. They are for the server alone,
// and are in nothing that is shown or stored.

const hidden = '***';

/**
 * A text without the users and passwords of the addresses in it. Also of wrong ones: a password with a slash makes no address,
 * and stands in the error that says so; one with a quote makes one. So all that is before a word's last @ goes.
 */
export function withoutCredentials(text: string): string {
  return text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)\S*@/gi, `$1${hidden}@`);
}

/** The same for a text that is meant as one address, with or without `ws://`. */
export function withoutCredentialsOfOne(given: string): string {
  return given.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, `$1${hidden}@`);
}

/** How to ask for `path` below the address by HTTP: user and password go into a header, since no `fetch` takes them in a URL. */
export function httpRequest(
  address: string,
  path: string,
): { readonly url: string; readonly headers: Readonly<Record<string, string>> } {
  const url = new URL(address);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  url.protocol = url.protocol === 'wss:' ? 'https:' : 'http:';
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${path}`;
  if (username === '' && password === '') return { url: url.href, headers: {} };
  const bytes = new TextEncoder().encode(`${decoded(username)}:${decoded(password)}`);
  return { url: url.href, headers: { authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` } };
}

/** Percent signs that escape nothing are left as they are. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
