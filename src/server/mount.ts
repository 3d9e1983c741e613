// Puts handlers in front of all listeners of an http.Server, whether those were added before or come later. Listeners cannot
// stop each other: two answers to one request throw in whoever is second, and a second WebSocket server answers 400 to an
// upgrade that is not its own. So what is ours is taken before it is emitted.
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface Handlers {
  /** Whether the request is for these handlers. `hasOthers`: it may be somebody else's. */
  takes(request: IncomingMessage, kind: 'request' | 'upgrade', hasOthers: boolean): boolean;
  request(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void;
}

interface Mounted {
  readonly handlers: Set<Handlers>;
  restore(): void;
}

const mounts = new WeakMap<HttpServer, Mounted>();

/** Has the handlers take what is theirs, until the returned function is called. */
export function mount(http: HttpServer, handlers: Handlers): () => void {
  const mounted = mounts.get(http) ?? wrapped(http);
  mounts.set(http, mounted);
  mounted.handlers.add(handlers);
  return () => {
    mounted.handlers.delete(handlers);
    if (mounted.handlers.size > 0 || mounts.get(http) !== mounted) return;
    mounts.delete(http);
    mounted.restore();
  };
}

function wrapped(http: HttpServer): Mounted {
  const handlers = new Set<Handlers>();
  const wasOwn = Object.hasOwn(http, 'emit');
  const { emit } = http;
  // Node hands an upgrade out only where somebody listens for upgrades.
  const listens = (): void => {};
  const before = (event: string | symbol, args: readonly unknown[]): boolean => {
    if (event !== 'request' && event !== 'upgrade') return false;
    const request = args[0] as IncomingMessage;
    const hasOthers = http.listenerCount(event) > (event === 'upgrade' ? 1 : 0);
    // Only what none of us knows as its own may go to whoever takes all that has no owner.
    const all = [...handlers];
    const owner =
      all.find((each) => each.takes(request, event, true)) ??
      (hasOthers ? undefined : all.find((each) => each.takes(request, event, false)));
    if (event === 'request') owner?.request(request, args[1] as ServerResponse);
    else owner?.upgrade(request, args[1] as Socket, args[2] as Buffer);
    return owner !== undefined;
  };
  const emitting: typeof emit = (event: string | symbol, ...args: unknown[]) =>
    before(event, args) || (emit as (event: string | symbol, ...args: unknown[]) => boolean).call(http, event, ...args);
  http.emit = emitting;
  http.on('upgrade', listens);
  return {
    handlers,
    restore: () => {
      http.off('upgrade', listens);
      // Somebody may have wrapped it once more: then this one stays below, and lets everything pass.
      if (http.emit !== emitting) return;
      if (wasOwn) http.emit = emit;
      else Reflect.deleteProperty(http, 'emit');
    },
  };
}
