// Sockets that are no client's yet: accepted and silent, in their handshake, asking over HTTP, or refused and not closed yet.
// There are only so many of them, and each has only so much time.
import type { Socket } from 'node:net';
import type { ServerLimits } from './limits.ts';
import type { Logs } from './logs.ts';
import type { Ticking, Ticks } from './ticks.ts';

export class Opening implements Ticking {
  readonly #limits: ServerLimits;
  readonly #ticks: Ticks;
  /** Since when each has its time, the oldest first. */
  readonly #sinceMs: Map<Socket, number> = new Map();
  // One listener for all sockets: each of its own would keep what it was made with.
  readonly #closed: (this: Socket) => void;
  readonly #broken: (error: Error) => void;
  readonly #logs: Logs;

  constructor(limits: ServerLimits, ticks: Ticks, logs: Logs) {
    this.#limits = limits;
    this.#ticks = ticks;
    this.#logs = logs;
    const sockets = this.#sinceMs;
    this.#closed = function closed() {
      sockets.delete(this);
    };
    this.#broken = (error) =>
      logs.events.add({ broken: 1 }, () => [{ err: error.message }, 'a connection broke in its handshake']);
  }

  /** Takes it in. False: there are too many, and it was destroyed. */
  add(socket: Socket): boolean {
    if (this.#sinceMs.has(socket)) return true;
    if (this.#sinceMs.size >= this.#limits.handshakes) {
      this.#logs.warnings.add({ dropped: 1 }, () => [
        { address: addressOf(socket) },
        'a connection was dropped: too many are in their handshake',
      ]);
      socket.destroy();
      return false;
    }
    this.#sinceMs.set(socket, this.#ticks.nowMs());
    socket.on('error', this.#broken).once('close', this.#closed);
    return true;
  }

  /** It has been heard of: its time begins anew. */
  renew(socket: Socket): void {
    if (this.#sinceMs.delete(socket)) this.#sinceMs.set(socket, this.#ticks.nowMs());
  }

  /** It is a client's now. */
  delete(socket: Socket): void {
    this.#sinceMs.delete(socket);
    socket.off('error', this.#broken).off('close', this.#closed);
  }

  tick(nowMs: number): void {
    for (const [socket, sinceMs] of this.#sinceMs) {
      if (nowMs - sinceMs < this.#limits.handshakeMs) return;
      socket.destroy();
    }
  }

  /** Ends all that are left. */
  destroy(): void {
    for (const socket of this.#sinceMs.keys()) socket.destroy();
  }
}

/** Address and port of the other side, for the log. */
export function addressOf(socket: Socket): string {
  return `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? 0}`;
}
