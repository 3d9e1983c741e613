// A connection over a socket that takes only what the test lets it take.
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Turns } from '../../src/frames/turns.ts';
import { Connection } from '../../src/server/connection.ts';
import { Hearing } from '../../src/server/inbox.ts';
import { resolveServerLimits } from '../../src/server/limits.ts';
import { Ticks } from '../../src/server/ticks.ts';
import { UnsentMemory } from '../../src/server/unsentMemory.ts';
import { ManualClock } from '../support/manualClock.ts';

class SlowSocket {
  readonly writable = true;
  writableLength = 0;
  readonly #given: { readonly bytes: number; readonly taken: () => void }[] = [];

  write(frames: Buffer, taken: () => void): void {
    this.writableLength += frames.length;
    this.#given.push({ bytes: frames.length, taken });
  }

  /** The system takes the oldest write. */
  take(): void {
    const first = this.#given.shift();
    if (first === undefined) return;
    this.writableLength -= first.bytes;
    first.taken();
  }
}

class TestedWebSocket extends EventEmitter {
  readyState: number = WebSocket.OPEN;
  close(): void {
    this.readyState = WebSocket.CLOSING;
  }
  terminate(): void {}
  pause(): void {}
  resume(): void {}
}

function connected(messagesPerTurn?: number) {
  const limits = resolveServerLimits(messagesPerTurn === undefined ? {} : { messagesPerTurn });
  const webSocket = new TestedWebSocket();
  const socket = new SlowSocket();
  const unsent = new UnsentMemory(limits.unsentBytesInAll);
  const ticks = new Ticks(new ManualClock(), () => undefined);
  const hearing = new Hearing(new Turns(), limits.messagesPerTurn);
  const context = { ticks, unsent, limits, hearing };
  const connection = new Connection(webSocket as unknown as WebSocket, socket as unknown as Socket, context);
  const texts: string[] = [];
  const nothing = () => undefined;
  connection.listen({
    text: (text) => texts.push(text),
    binary: nothing,
    drained: nothing,
    fault: nothing,
    closed: () => texts.push('closed'),
  });
  return { webSocket, socket, unsent, connection, texts };
}

const say = (webSocket: TestedWebSocket, text: string) => webSocket.emit('message', Buffer.from(text), false);

it('what the peer says after the server has said that it closes is not looked at', () => {
  const { webSocket, connection, texts } = connected();
  say(webSocket, 'before');
  connection.close(1008, 'too many errors');
  say(webSocket, 'after');
  expect(texts).toEqual(['before']);
});

it('no more is treated at once than the limit, the rest in later turns, and the end comes last', async () => {
  const { webSocket, texts } = connected(4);
  for (let index = 0; index < 10; index++) say(webSocket, `${index}`);
  webSocket.emit('close', 1000, Buffer.from(''));
  expect(texts).toEqual(['0', '1', '2', '3']);
  while (texts.at(-1) !== 'closed') await new Promise((resolve) => setImmediate(resolve));
  expect(texts).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'closed']);
});

it('memory that the system has taken is not counted, also while something is always under way', () => {
  const { socket, unsent, connection } = connected();
  const frame = Buffer.alloc(125);
  for (let count = 0; count < 1_000; count++) {
    connection.send(frame);
    if (socket.writableLength > 1_000) socket.take();
    expect(unsent.bytes).toBeLessThanOrEqual(1_125);
  }
  while (socket.writableLength > 0) socket.take();
  expect(unsent.bytes).toBe(0);
});
