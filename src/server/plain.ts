// A client that speaks WebSocket and nothing else: a browser's console, wscat, a few lines of Python. It asks in its URL,
// gets text frames of lines, and says nothing that has an effect.
import type { Page } from '../frames/page.ts';
import type { Renditions } from '../frames/renditions.ts';
import { makeFrame, textFrame } from '../frames/websocket.ts';
import type { Connection } from './connection.ts';
import type { Peer, ServerContext } from './context.ts';
import { Cursor, type CursorHost } from './cursor.ts';
import type { PlainRequest } from './handshake.ts';
import { LimitedLog } from './limitedLog.ts';

/** How much of what a plain client says is logged of each message, in characters. */
const loggedCharacters = 1_000;

export class Plain implements Peer, CursorHost {
  readonly subscriptions = 1;
  readonly #context: ServerContext;
  readonly #connection: Connection;
  readonly #cursor: Cursor;
  readonly #who: { address: string; feed: string };
  readonly #said: LimitedLog;

  /** `over` is called once, when nothing of the client is left. */
  constructor(
    context: ServerContext,
    connection: Connection,
    request: PlainRequest,
    renditions: Renditions,
    from: number,
    over: () => void,
  ) {
    this.#context = context;
    this.#connection = connection;
    this.#who = { address: connection.address, feed: renditions.feed.name };
    this.#said = new LimitedLog(context.log, context.clock, this.#who, 'messages said', context.limits.logsPerSecond);
    this.#cursor = new Cursor(this, {
      renditions,
      policy: request.policy,
      framing: request.policy === undefined ? 'line' : 'lines',
      from,
      until: request.until,
      window: undefined,
      turns: context.turns,
      turnBytes: context.limits.unsentBytes,
    });
    connection.listen({
      text: (text) =>
        this.#said.add({}, () => [
          { text: text.slice(0, loggedCharacters) },
          `${connection.address} says ${JSON.stringify(text.slice(0, 80))}`,
        ]),
      binary: () => connection.close(1003, 'a client sends text only'),
      room: () => this.#cursor.wake(),
      fault: (fault) => {
        if (fault !== 'unread') return connection.close(fault === 'silent' ? 4408 : 1013, fault);
        context.log.warn(
          { ...this.#who, code: fault },
          `${connection.address} took nothing, and others needed the memory`,
        );
      },
      closed: (code, reason) => {
        this.#cursor.stop();
        this.#said.flush(true);
        context.log.info(
          { ...this.#who, code, reason, next: this.#cursor.next },
          `${connection.address} left: ${code} ${reason}`.trimEnd(),
        );
        over();
      },
    });
    const { size, waitMs, bytes } = request.policy ?? {};
    context.log.info(
      { ...this.#who, from, size, waitMs, bytes },
      `${connection.address} takes ${renditions.feed.name} from ${from}`,
    );
    this.#cursor.wake();
  }

  tick(nowMicros: number): void {
    this.#connection.tick(nowMicros);
    this.#said.flush(false);
  }

  drain(): void {
    this.#cursor.stop();
    this.#connection.close(1012, 'the server restarts');
  }

  terminate(): void {
    this.#connection.close(1012, 'the server restarts');
    this.#connection.destroy();
  }

  room(): number {
    return this.#connection.room();
  }

  send(bytes: Buffer, page?: Page): void {
    this.#connection.send(bytes, page);
  }

  gap(_cursor: Cursor, from: number, to: number): void {
    this.#context.log.warn({ ...this.#who, from, to }, `gap ${this.#who.feed} [${from},${to})`);
    this.#connection.send(makeFrame(textFrame, `{"gap":[${from},${to}]}\n`));
  }

  // Blocks end with their frames here: there is nothing to say.
  cut(): void {}

  finished(): void {
    this.#connection.close(1000, 'until is reached');
  }

  failed(_cursor: Cursor, cause: unknown): void {
    this.#context.log.error({ ...this.#who, err: cause }, 'a feed could not be read');
    this.#connection.close(1011, 'the feed could not be read');
  }
}
