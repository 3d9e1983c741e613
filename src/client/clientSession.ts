// One connection, from the attempt to open it to its end: hello and welcome, who is silent for too long, how it ended and
// whether another may follow. What is said on it beside that is for its handler.

import { unreachable } from '../base/assert.ts';
import type { Timer } from '../base/clock.ts';
import { closeCodes, errorCodes, knownErrorCode, reconnectsAfter } from '../protocol/codes.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import { type ClientMessage, parseServerMessage, type ServerMessage, subprotocol } from '../protocol/messages.ts';
import { Deferred } from './deferred.ts';
import { badServer, closed } from './faults.ts';
import { clientLimits } from './limits.ts';
import type { Settings } from './options.ts';
import type { Platform, Socket, SocketEnd } from './platform.ts';

export type Welcome = Extract<ServerMessage, { type: 'welcome' }>;

export interface SessionHandler {
  welcomed(welcome: Welcome): void;
  /** A control message behind the welcome. What is thrown here and in `data` ends the session as `refused`. */
  said(message: ServerMessage): void;
  /** With when its last and its first byte came; where the first is not known, as the last. */
  data(bytes: Uint8Array, receivedMicros: number, beganMicros: number): void;
}

export type SessionEnd =
  /** Another may be tried. */
  | { readonly why: 'broken'; readonly reason: string; readonly error: BlockfeedError | undefined }
  /** Another would end the same. The error is a BlockfeedError, or whatever a callback of the user's has thrown. */
  | { readonly why: 'refused'; readonly error: unknown }
  /** It was closed here, with `full` because more came than was taken, or the server answered bye. */
  | { readonly why: 'closed' }
  | { readonly why: 'full' };

export class ClientSession {
  /** How long the server wants to be left alone when it has closed, in ms. */
  retryAfterMs = 0;
  readonly #platform: Platform;
  readonly #settings: Settings;
  readonly #handler: SessionHandler;
  /** A server was met at this address before. What answers there instead, before it says welcome, may only be in its place for a while. */
  readonly #isKnown: boolean;
  /** When the bytes came with which all comes that is told now: the clock is read once for the hundreds of frames in them. */
  #pieceMicros: number | undefined;
  /** When the first byte of the frame came that is to come next. */
  #beganMicros: number | undefined;
  readonly #socket: Socket;
  readonly #end = new Deferred<SessionEnd>();
  #phase: 'opening' | 'live' | 'bye' | 'closing' | 'ended' = 'opening';
  #timer: Timer;
  #closedAs: 'closed' | 'full' = 'closed';
  /** Since the last look: something came whole; bytes came. */
  #heard = false;
  #heardBytes = false;
  #paused = false;
  #lastError: BlockfeedError | undefined;
  /** What answered the handshake instead of a server. */
  #answer = '';

  constructor(platform: Platform, settings: Settings, hello: ClientMessage, handler: SessionHandler, isKnown: boolean) {
    this.#platform = platform;
    this.#settings = settings;
    this.#handler = handler;
    this.#isKnown = isKnown;
    this.#timer = this.#after(settings.connectMs, () =>
      this.#break(`no welcome came within ${settings.connectMs} ms${this.#answer}`),
    );
    this.#socket = platform.openSocket(settings.url, subprotocol, {
      opened: () => this.send(hello),
      answered: (what) => {
        this.#answer = `; ${what}`;
      },
      text: (text) => this.#guarded(() => this.#text(text)),
      piece: () => this.#guarded(() => this.#piece()),
      arriving: () => {
        this.#beganMicros = this.#pieceMicros;
      },
      data: (bytes) => this.#data(bytes),
      closed: (end) => this.#closed(end),
    });
  }

  /** Settled once, when it is over. Never rejects. */
  get ended(): Promise<SessionEnd> {
    return this.#end.promise;
  }

  /** Whether it has stopped reading. */
  get isPaused(): boolean {
    return this.#paused;
  }

  send(message: ClientMessage): void {
    if (this.#phase === 'closing' || this.#phase === 'ended') return;
    this.#socket.send(JSON.stringify(message));
    if (this.#socket.unsentBytes() > clientLimits.unsentBytes.default)
      this.#break('the network does not take what is said');
  }

  /** Says bye; the end comes when the server has closed. Heartbeats alone are no sign of that coming. */
  bye(): void {
    if (this.#phase !== 'live') return this.close();
    this.send({ type: 'bye' });
    this.#phase = 'bye';
  }

  /** Closes at once: nothing that comes from now on is handed out. */
  close(why: 'closed' | 'full' = 'closed'): void {
    if (this.#phase === 'closing' || this.#phase === 'ended') return;
    if (this.#phase === 'opening') return this.#cut({ why });
    this.#phase = 'closing';
    this.#closedAs = why;
    this.#paused = false;
    this.#socket.flow?.resume();
    this.#socket.close(1000, '');
    this.#timer.cancel();
    this.#timer = this.#after(clientLimits.closeMs.default, () => this.#cut({ why }));
  }

  /** Gives this connection up for another. */
  abandon(reason: string): void {
    this.#break(reason);
  }

  /** Stops reading, by whatever means there is. */
  pause(): void {
    if (this.#paused || (this.#phase !== 'live' && this.#phase !== 'bye')) return;
    if (this.#socket.flow === undefined) return this.close('full');
    this.#paused = true;
    this.#socket.flow.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#heard = true;
    this.#socket.flow?.resume();
  }

  #text(text: string): void {
    if (this.#phase === 'closing' || this.#phase === 'ended') return;
    const message = parse(text);
    if (this.#phase !== 'bye' || message.type !== 'heartbeat') this.#heard = true;
    if (message.type === 'error' && endsConnection(message))
      this.#lastError = errorSaid(message); // the close that follows says whether it is the end
    else if (message.type === 'welcome') this.#welcomed(message);
    else if (this.#phase === 'opening' && message.type !== 'error')
      throw badServer(`${message.type} came before welcome`);
    else if (this.#phase === 'opening' && message.type === 'error') this.#turnedAway(errorSaid(message));
    else {
      if (message.type === 'closing')
        this.retryAfterMs = Math.min(message.retryAfter / 1_000, clientLimits.retryAfterMs.default);
      this.#handler.said(message);
    }
  }

  /** A server of this protocol says no before welcome: that is meant, whoever was met there before. */
  #turnedAway(error: BlockfeedError): void {
    this.#lastError = error;
    if (error.retry) this.#break(error.message);
    else this.#cut({ why: 'refused', error });
  }

  #welcomed(welcome: Welcome): void {
    if (this.#phase !== 'opening') throw badServer('the server said welcome twice');
    this.#phase = 'live';
    this.#timer.cancel();
    this.#watch(welcome.heartbeat / 1_000, 0);
    this.#handler.welcomed(welcome);
  }

  #piece(): void {
    this.#heardBytes = true;
    this.#pieceMicros = this.#settings.clock.nowMicros();
  }

  #data(bytes: Uint8Array): void {
    // Not by #guarded: this is the hot path, and needs no closure.
    try {
      const receivedMicros = this.#pieceMicros ?? this.#settings.clock.nowMicros();
      const beganMicros = this.#beganMicros ?? receivedMicros;
      this.#beganMicros = undefined;
      if (this.#phase === 'opening') throw badServer('data came before welcome');
      if (this.#phase !== 'live' && this.#phase !== 'bye') return;
      this.#heard = true;
      this.#handler.data(bytes, receivedMicros, beganMicros);
    } catch (error) {
      this.#refuse(error);
    }
  }

  // Counts heartbeats missed one by one instead of measuring one long time: a program that is busy for a minute and then
  // comes back finds one timer run out, not three, and reads what has come meanwhile before the next.
  #watch(heartbeatMs: number, missed: number): void {
    const { missedHeartbeats, silentFrameMs } = clientLimits;
    // Where only whole frames count, the longest line on the slowest link has to fit between two of them.
    const isByFrame = !this.#platform.seesBytes || (this.#phase === 'bye' && this.#socket.isArriving());
    const mostMissed = Math.max(
      missedHeartbeats.default,
      isByFrame ? Math.ceil(silentFrameMs.default / heartbeatMs) : 0,
    );
    if (missed >= mostMissed) return this.#break(`nothing came for ${mostMissed} heartbeats of ${heartbeatMs} ms`);
    this.#heard = false;
    this.#heardBytes = false;
    this.#timer = this.#after(heartbeatMs, () =>
      this.#watch(heartbeatMs, this.#paused || this.#isHeard() ? 0 : missed + 1),
    );
  }

  /** On a slow link a frame takes longer than the heartbeats do, so bytes count. After bye they may be those of heartbeats. */
  #isHeard(): boolean {
    return this.#heard || (this.#heardBytes && this.#phase !== 'bye');
  }

  #after(delayMs: number, act: () => void): Timer {
    return this.#settings.clock.after(delayMs, () => this.#guarded(act));
  }

  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** What is no BlockfeedError was thrown by a callback or the clock of the user's, or is a defect here: whoever waits is thrown it. */
  #refuse(error: unknown): void {
    const passes = this.#phase === 'opening' && this.#isKnown && error instanceof BlockfeedError;
    if (passes) this.#break(error.message);
    else this.#cut({ why: 'refused', error });
  }

  #break(reason: string): void {
    this.#cut({ why: 'broken', reason, error: this.#lastError });
  }

  #cut(end: SessionEnd): void {
    if (this.#phase === 'ended') return;
    this.#finish(end);
    this.#socket.cut();
  }

  #closed(end: SocketEnd): void {
    switch (this.#phase) {
      case 'ended':
        return;
      case 'closing':
        return this.#finish({ why: this.#closedAs });
      case 'bye':
        return this.#finish({ why: 'closed' });
      case 'opening':
        return this.#finish(endBy(end, this.#lastError, this.#isKnown));
      case 'live':
        return this.#finish(endBy(end, this.#lastError, false));
      default:
        return unreachable(this.#phase);
    }
  }

  #finish(end: SessionEnd): void {
    this.#phase = 'ended';
    this.#timer.cancel();
    this.#end.resolve(end);
  }
}

export type ErrorSaid = Extract<ServerMessage, { type: 'error' }>;

/** Whether it is about the whole connection, and a close follows. */
function endsConnection({ code, id, feed }: ErrorSaid): boolean {
  return id === undefined && feed === undefined && errorCodes[knownErrorCode(code)].close !== undefined;
}

/** The error that a server said, as users meet it. */
export function errorSaid({ code, message, hint, about }: ErrorSaid): BlockfeedError {
  return new BlockfeedError(knownErrorCode(code), message, { hint, ...(about === undefined ? {} : { about }) });
}

function parse(text: string): ServerMessage {
  try {
    return parseServerMessage(text);
  } catch (cause) {
    if (!(cause instanceof BlockfeedError)) throw cause;
    throw badServer(`a control message of the server was not understood: ${cause.message}`, undefined, cause);
  }
}

/** `passes`: whatever answered did so in place of a server that was there before, and will be again. */
function endBy({ code, reason, error }: SocketEnd, said: BlockfeedError | undefined, passes: boolean): SessionEnd {
  const text = reason === '' ? `closed with ${code}` : code === 1006 ? reason : `closed with ${code} (${reason})`;
  // What the page's own rules forbid stays forbidden.
  const isForbidden = error !== undefined && error.code !== 'bad-server';
  if (passes && said === undefined && !isForbidden) return { why: 'broken', reason: error?.message ?? text, error };
  if (error !== undefined) return { why: 'refused', error };
  if (reconnectsAfter(code)) return { why: 'broken', reason: said?.message ?? text, error: said };
  if (said !== undefined) return { why: 'refused', error: said };
  if (code === 1000) return { why: 'refused', error: closed('the server closed the connection') };
  const meaning = closeCodes[code]?.meaning;
  return { why: 'refused', error: badServer(meaning === undefined ? text : `${text}: ${meaning}`) };
}
