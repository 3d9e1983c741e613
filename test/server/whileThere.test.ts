// Whether a peer whose upgrade is not answered yet is still there: also where it left before anybody asked.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { whileThere } from '../../src/server/whileThere.ts';
import { eventually } from '../support/server.ts';

/** Both ends of a connection, the server's as an HTTP server has it. */
async function connection(): Promise<{ here: Socket; there: Socket }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const there = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [here] = (await once(server, 'connection')) as [Socket];
  for (const socket of [here, there]) socket.on('error', () => undefined);
  onTestFinished(() => {
    here.destroy();
    there.destroy();
    server.close();
  });
  return { here, there };
}

const untilLeft = (signal: AbortSignal) =>
  new Promise<string>((resolve) => {
    if (signal.aborted) resolve('left');
    signal.addEventListener('abort', () => resolve('left'));
  });

test.each([
  ['ends', (there: Socket) => there.destroy()],
  ['breaks off', (there: Socket) => there.resetAndDestroy()],
])('a peer that %s meanwhile has left', async (_how, leave) => {
  const { here, there } = await connection();
  const outcome = whileThere(here, untilLeft);
  leave(there);
  expect(await outcome).toBe('left');
  expect(here.destroyed).toBe(true);
});

test.each([
  ['ended', (there: Socket) => there.destroy()],
  ['broke off', (there: Socket) => there.resetAndDestroy()],
])('a peer that %s before has left', async (_how, leave) => {
  const { here, there } = await connection();
  leave(there);
  await eventually(() => here.readableEnded || here.destroyed);
  expect(await whileThere(here, untilLeft)).toBe('left');
  expect(here.destroyed).toBe(true);
});

test('what a peer says meanwhile is there afterwards', async () => {
  const { here, there } = await connection();
  there.write('early');
  await whileThere(here, () => eventually(() => here.readableLength > 0));
  const [said] = await once(here, 'data');
  expect(String(said)).toBe('early');
});
