// The client's platform in browsers and everything that has their WebSocket. Its sockets cannot be paused.
import { BlockfeedError } from '../protocol/errors.ts';
import { clientLimits } from './limits.ts';
import type { Platform, Socket, SocketEvents } from './platform.ts';

export const platform: Platform = {
  name: navigator.userAgent,
  seesBytes: false,
  windowBytes: clientLimits.browserWindowBytes.default,
  warn: (text) => console.warn(text),
  openSocket,
  soon,
};

function openSocket(url: string, subprotocol: string, events: SocketEvents): Socket {
  let socket: WebSocket;
  try {
    socket = new WebSocket(url, subprotocol);
  } catch (cause) {
    return forbidden(cause, events);
  }
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => events.opened();
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) =>
    typeof data === 'string' ? events.text(data) : events.data(new Uint8Array(data));
  // There is no more to know: a browser tells a page neither the HTTP status nor what failed. `error` says nothing.
  socket.onclose = ({ code, reason }) => events.closed({ code, reason, error: undefined });
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    unsentBytes: () => socket.bufferedAmount,
    isArriving: () => false,
    close: (code, reason) => socket.close(code, reason),
    cut: () => socket.close(),
    flow: undefined,
  };
}

/** The page's own rules refuse the connection: ws: from an https: page, or its content security policy. */
function forbidden(cause: unknown, events: SocketEvents): Socket {
  const error = new BlockfeedError('bad-option', `the browser does not allow this connection: ${String(cause)}`, {
    hint: 'Use wss: from pages that came over https:, and allow the server in the content security policy.',
    cause,
  });
  queueMicrotask(() => events.closed({ code: 1006, reason: 'forbidden by the browser', error }));
  return { send: ignore, unsentBytes: () => 0, isArriving: () => false, close: ignore, cut: ignore, flow: undefined };
}

function ignore(): void {}

// Not setTimeout: pages in the background get that once a second, and acks would come as seldom.
const turns = new MessageChannel();
const acts: (() => void)[] = [];
turns.port1.onmessage = () => acts.shift()?.();

function soon(act: () => void): void {
  acts.push(act);
  turns.port2.postMessage(null);
}
