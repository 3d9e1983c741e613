// The client's platform in Node: WebSockets of the ws library, whose sockets can be paused.
import type { IncomingMessage } from 'node:http';
import type { Socket as Wire } from 'node:net';
import { WebSocket } from 'ws';
import type { BlockfeedError } from '../protocol/errors.ts';
import { maxFrameHeaderBytes } from '../protocol/frame.ts';
import { limits } from '../protocol/limits.ts';
import { firstLine } from './answer.ts';
import { handshakeRefused, tlsFault, wrongPeer } from './faults.ts';
import { clientLimits } from './limits.ts';
import type { Platform, Socket, SocketEvents } from './platform.ts';

/** Bun and Deno take this file too, and say which Node they are like. */
const { node, bun, deno }: Readonly<Record<string, string | undefined>> = process.versions;

export const platform: Platform = {
  name: bun !== undefined ? `bun ${bun}` : deno !== undefined ? `deno ${deno}` : `node ${node}`,
  seesBytes: bun === undefined,
  windowBytes: limits.windowBytes.default,
  warn: (text) => process.emitWarning(text, 'BlockfeedWarning'),
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
  const arrival = watchArrival(socket, events);
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) events.data(data);
    else events.text(data.toString());
    arrival.took(data.length);
  });
  socket.on('unexpected-response', (_request, response) => {
    const status = response.statusCode ?? 0;
    const tell = (body: Uint8Array): string => {
      const said = firstLine(body);
      failure = `HTTP status ${status}${said === '' ? '' : `: ${said}`}`;
      events.answered(`it answered the handshake with ${failure}`);
      return said;
    };
    tell(Buffer.alloc(0));
    readBegin(response, clientLimits.answerBytes.default, (body) => {
      const said = tell(body);
      if (isFinal(status)) error = handshakeRefused(status, said);
      socket.terminate();
    });
  });
  socket.on('error', (cause: NodeJS.ErrnoException) => {
    if (failure !== '') return; // terminate() above says once more what is known already
    failure = cause.message || (cause.code ?? 'unknown failure'); // an AggregateError of several addresses is mute
    error = tlsFault(cause.code, cause.message, cause);
    if (error === undefined && isBreach(cause, socket.protocol)) error = wrongPeer(cause.message, cause);
  });
  socket.on('close', (code, reason) => events.closed({ code, reason: reason.toString() || failure, error }));
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    unsentBytes: () => socket.bufferedAmount,
    isArriving: () => arrival.isArriving(),
    close: (code, reason) => socket.close(code, reason),
    cut: () => {
      failure ||= 'cut off by the client';
      socket.terminate();
    },
    flow: { pause: () => socket.pause(), resume: () => socket.resume() },
  };
}

/**
 * Tells when the first byte of each frame comes, which ws does not: a frame of 500 kB takes seconds on a slow line. Bytes
 * received are counted beside bytes of frames handed out; where they are the same, the next byte begins a frame. (A proxy
 * that breaks frames into fragments makes the count too small, and the begin of a frame seem as early as the end of the one before.)
 */
function watchArrival(
  socket: WebSocket,
  events: SocketEvents,
): { took(payloadBytes: number): void; isArriving(): boolean } {
  let received = 0;
  let handedOut = 0;
  // Put before ws's own listener, so that it hears of bytes before their frame is handed out; but only once ws has its own:
  // a listener that is alone would make the stream flow, and what came together with the handshake would be lost to ws.
  socket.once('upgrade', (response) => {
    // Bun has a ws of its own, and shows no socket here: when a frame began is not known there.
    const wire: Wire | null = response.socket;
    socket.once('open', () => {
      wire?.prependListener('data', (bytes: Buffer) => {
        events.piece();
        if (received === handedOut) events.arriving();
        received += bytes.length;
      });
    });
  });
  const took = (payloadBytes: number): void => {
    handedOut += payloadBytes + (payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10);
    if (received > handedOut) events.arriving();
  };
  socket.on('ping', (data) => took(data.length));
  socket.on('pong', (data) => took(data.length));
  return { took, isArriving: () => received > handedOut };
}

/** Reads so many bytes of an answer, or all of it where that is less; who waits for it has a time limit of its own. */
function readBegin(response: IncomingMessage, mostBytes: number, read: (body: Uint8Array) => void): void {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const done = () => {
    response.removeAllListeners('data');
    read(Buffer.concat(pieces).subarray(0, mostBytes));
  };
  response.on('data', (piece: Buffer) => {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= mostBytes) response.destroy();
  });
  // Also where it broke off: what came is what there is to tell.
  response.once('error', ignore);
  response.once('close', done);
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

function ignore(): void {}
