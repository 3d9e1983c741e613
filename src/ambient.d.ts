// The few globals that Node, browsers and workers share and that code running anywhere may use. Neither Node's
// types nor the DOM's are visible there, so what is not named here does not compile; `console` is left out on purpose.

interface Event {
  readonly type: string;
}

interface EventListenerOptions {
  readonly once?: boolean;
  readonly signal?: AbortSignal;
}

interface EventTarget {
  addEventListener(type: string, listener: (event: Event) => void, options?: EventListenerOptions): void;
  removeEventListener(type: string, listener: (event: Event) => void): void;
  dispatchEvent(event: Event): boolean;
}

declare var Event: {
  new (type: string): Event;
};

declare var EventTarget: {
  new (): EventTarget;
};

interface AbortSignal extends EventTarget {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
}

declare var AbortSignal: {
  abort(reason?: unknown): AbortSignal;
  any(signals: AbortSignal[]): AbortSignal;
  timeout(waitMs: number): AbortSignal;
};

interface AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

declare var AbortController: {
  new (): AbortController;
};

interface TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
  encodeInto(text: string, target: Uint8Array): { read: number; written: number };
}

declare var TextEncoder: {
  new (): TextEncoder;
};

interface TextDecoder {
  decode(bytes?: ArrayBuffer | ArrayBufferView, options?: { readonly stream?: boolean }): string;
}

declare var TextDecoder: {
  new (encoding?: string, options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean }): TextDecoder;
};

interface URLSearchParams extends Iterable<[string, string]> {
  readonly size: number;
  append(name: string, value: string): void;
  delete(name: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string): boolean;
  set(name: string, value: string): void;
  sort(): void;
  toString(): string;
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
}

declare var URLSearchParams: {
  new (from?: string | Record<string, string> | Iterable<readonly [string, string]>): URLSearchParams;
};

interface URL {
  hash: string;
  host: string;
  hostname: string;
  href: string;
  readonly origin: string;
  password: string;
  pathname: string;
  port: string;
  protocol: string;
  search: string;
  readonly searchParams: URLSearchParams;
  username: string;
  toString(): string;
}

declare var URL: {
  new (url: string | URL, base?: string | URL): URL;
  canParse(url: string, base?: string): boolean;
};

/** What a timer is known by: a number in browsers, an object in Node. Only good for giving back. */
interface TimerHandle {
  readonly [Symbol.toPrimitive]?: unknown;
}

declare function setTimeout(run: () => void, waitMs?: number): TimerHandle;
declare function clearTimeout(timer: TimerHandle | undefined): void;
declare function queueMicrotask(run: () => void): void;

declare var performance: {
  /** Milliseconds since `timeOrigin`, with a fraction; never goes back. */
  now(): number;
  readonly timeOrigin: number;
};

/** Text of characters up to U+00FF, one byte each, as base64. */
declare function btoa(binary: string): string;

interface Response {
  readonly status: number;
  readonly body: AsyncIterable<Uint8Array> | null;
}

declare function fetch(
  url: string,
  options?: { readonly headers?: Readonly<Record<string, string>>; readonly signal?: AbortSignal },
): Promise<Response>;

declare var crypto: {
  randomUUID(): string;
  getRandomValues<Values extends Uint8Array | Uint32Array>(values: Values): Values;
};
