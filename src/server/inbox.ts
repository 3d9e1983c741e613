// What a connection says and is not treated yet. ws hands out all that it read in one turn of the event loop, and that may be
// ten thousand messages. So a server treats at once only so many in a turn; the rest waits for turns like any other work, and
// until it is done nothing more is read. So one read is the most that waits.
import type { WebSocket } from 'ws';
import type { Task } from '../frames/task.ts';
import type { Turns } from '../frames/turns.ts';

/** How many messages a server treats at once in one turn, of all its connections. */
export class Hearing {
  readonly turns: Turns;
  readonly #perTurn: number;
  #heard = 0;

  /** `perTurn`: limit messagesPerTurn. */
  constructor(turns: Turns, perTurn: number) {
    this.turns = turns;
    this.#perTurn = perTurn;
  }

  /** Whether one more may be treated in this turn. */
  take(): boolean {
    if (this.#heard === 0) setImmediate(this.#nextTurn);
    if (this.#heard >= this.#perTurn) return false;
    this.#heard++;
    return true;
  }

  readonly #nextTurn = (): void => {
    this.#heard = 0;
  };
}

export class Inbox implements Task {
  queued = false;
  readonly #hearing: Hearing;
  readonly #webSocket: WebSocket;
  #waiting: (() => void)[] = [];
  #next = 0;

  constructor(hearing: Hearing, webSocket: WebSocket) {
    this.#hearing = hearing;
    this.#webSocket = webSocket;
  }

  /** Has it treated now or later, in the order in which it was said. */
  add(treat: () => void): void {
    if (this.#waiting.length === 0 && this.#hearing.take()) return treat();
    if (this.#waiting.length === 0) this.#webSocket.pause();
    this.#waiting.push(treat);
    this.#hearing.turns.add(this);
  }

  /** Goes on until the time of the turn is over. Returns whether more is left. */
  run(): boolean {
    const { turns } = this.#hearing;
    do {
      this.#waiting[this.#next++]?.();
    } while (this.#next < this.#waiting.length && performance.now() < turns.untilMs);
    if (this.#next < this.#waiting.length) return true;
    this.#waiting = [];
    this.#next = 0;
    this.#webSocket.resume();
    return false;
  }
}
