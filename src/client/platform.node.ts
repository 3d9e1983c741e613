// The client's platform in Node: WebSockets of the ws library, whose sockets can be paused.
import { WebSocket } from 'ws';
import { BlockfeedError } from '../protocol/errors.ts';
import { maxFrameHeaderBytes } from '../protocol/frame.ts';
import { limits } from '../protocol/limits.ts';
import type { Platform, Socket, SocketEvents } from './platform.ts';

export const platform: Platform = {
  name: `node ${process.versions.node}`,
  openSocket,
  soon: (act) => void setImmediate(act),
};

function openSocket(url: string, subprotocol: string, events: SocketEvents): Socket {
  const socket = new WebSocket(url, subprotocol, {
    perMessageDeflate: false,
    maxPayload: limits.lineBytes.max + maxFrameHeaderBytes,
  });
  let error: BlockfeedError | undefined;
  let failure = '';
  socket.on('open', () => events.opened());
  socket.on('message', (data: Buffer, isBinary) => (isBinary ? events.data(data) : events.text(data.toString())));
  socket.on('unexpected-response', (_request, response) => {
    const status = response.statusCode ?? 0;
    failure = `HTTP status ${status}`;
    if (isFinal(status)) error = notOurs(`it answered the handshake with HTTP status ${status}`);
    socket.terminate();
  });
  socket.on('error', (cause: NodeJS.ErrnoException) => {
    if (failure !== '') return; // terminate() above says once more what is known already
    failure = cause.message || (cause.code ?? 'unknown failure'); // an AggregateError of several addresses is mute
    if (isBreach(cause, socket.protocol)) error = notOurs(cause.message, cause);
  });
  socket.on('close', (code, reason) => events.closed({ code, reason: reason.toString() || failure, error }));
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: (code, reason) => socket.close(code, reason),
    cut: () => {
      failure ||= 'cut off by the client';
      socket.terminate();
    },
    flow: { pause: () => socket.pause(), resume: () => socket.resume() },
  };
}

/** A refusal that stays as it is; a proxy whose server is away (502, 503) says something that passes. */
function isFinal(status: number): boolean {
  return status < 500 && status !== 408 && status !== 429;
}

/** Whether the peer broke HTTP or WebSocket. The network's failures have a code of the system; ws's handshake faults none. */
function isBreach(cause: NodeJS.ErrnoException, protocolAgreed: string): boolean {
  if (cause.code === undefined) return protocolAgreed === '';
  return cause.code.startsWith('WS_ERR_') || cause.code.startsWith('HPE_');
}

function notOurs(why: string, cause?: Error): BlockfeedError {
  return new BlockfeedError('bad-server', `the peer is no server of this protocol: ${why}`, {
    hint: 'Check the URL, and that a blockfeed server of this protocol version listens there.',
    cause,
  });
}
