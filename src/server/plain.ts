// A client that speaks WebSocket and nothing else: a browser's console, wscat, a few lines of Python. Its URL says what it
// wants, it gets text frames of lines, and nothing that it says has an effect.
import type { Page } from '../frames/page.ts';
import type { Renditions } from '../frames/renditions.ts';
import { makeFrame, textFrame } from '../frames/websocket.ts';
import type { Connection, ConnectionEvents } from './connection.ts';
import type { Peer, ServerContext } from './context.ts';
import { Cursor, type CursorHost } from './cursor.ts';
import type { PlainRequest } from './handshake.ts';

/** So many characters of each message of a plain client are logged. */
const loggedCharacters = 1_000;

export class Plain implements Peer, ConnectionEvents, CursorHost {
  readonly subscriptions = 1;
  readonly #context: ServerContext;
  readonly #connection: Connection;
  readonly #cursor: Cursor;
  readonly #who: { address: string; feed: string };
  readonly #over: (peer: Plain) => void;

  /** `over` is called once, when nothing of the client is left. */
  constructor(
    context: ServerContext,
    connection: Connection,
    request: PlainRequest,
    renditions: Renditions,
    from: number,
    over: (peer: Plain) => void,
  ) {
    this.#context = context;
    this.#connection = connection;
    this.#who = { address: connection.address, feed: renditions.feed.name };
    this.#over = over;
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
    connection.listen(this);
    context.ticks.add(this);
    context.logs.events.add({ took: 1 }, () => {
      const { size, waitMs, bytes } = request.policy ?? {};
      const { name } = renditions.feed;
      return [{ ...this.#who, from, size, waitMs, bytes }, `${connection.address} takes ${name} from ${from}`];
    });
    this.#cursor.wake();
  }

  tick(nowMs: number): void {
    this.#connection.tick(nowMs);
  }

  // Events of its connection.

  text(text: string): void {
    this.#context.logs.said.add({}, () => [
      { ...this.#who, text: text.slice(0, loggedCharacters) },
      `${this.#who.address} says ${JSON.stringify(text.slice(0, 80))}`,
    ]);
  }

  binary(): void {
    this.#connection.close(1003, 'a client sends text only');
  }

  drained(): void {
    this.#cursor.wake();
  }

  fault(fault: 'silent' | 'slow-control'): void {
    this.#connection.close(fault === 'silent' ? 4408 : 1013, fault);
  }

  closed(code: number, reason: string): void {
    this.#cursor.stop();
    this.#context.logs.events.add({ left: 1 }, () => [
      { ...this.#who, code, reason, next: this.#cursor.next },
      `${this.#who.address} left: ${code} ${reason}`.trimEnd(),
    ]);
    this.#over(this);
  }

  // Called by the server.

  drain(): void {
    this.#cursor.stop();
    this.#connection.close(1012, 'the server restarts');
  }

  terminate(): void {
    this.#connection.close(1012, 'the server restarts');
    this.#connection.destroy();
  }

  // Called by its cursor.

  room(): number {
    return this.#connection.room();
  }

  send(bytes: Buffer, page?: Page): void {
    this.#connection.send(bytes, page);
  }

  gap(_cursor: Cursor, from: number, to: number): void {
    this.#context.logs.warnings.add({ gaps: 1 }, () => [
      { ...this.#who, from, to },
      `gap ${this.#who.feed} [${from},${to})`,
    ]);
    this.#connection.send(makeFrame(textFrame, `{"gap":[${from},${to}]}\n`));
  }

  // A block ends with its frame here, so there is nothing to say.
  cut(): void {}

  finished(): void {
    this.#connection.close(1000, 'until is reached');
  }

  failed(_cursor: Cursor, cause: unknown): void {
    this.#context.logs.errors.add({ unreadable: 1 }, () => [{ ...this.#who, err: cause }, 'a feed could not be read']);
    this.#connection.close(1011, 'the feed could not be read');
  }
}
