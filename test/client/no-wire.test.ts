// Node's platform on another runtime: Bun has a ws of its own, whose `upgrade` event shows no socket.
import { expect, test, vi } from 'vitest';
import { Client } from '../../src/client/client.ts';
import { platform } from '../../src/client/platform.node.ts';
import { scriptedServer } from '../support/scriptedServer.ts';

vi.mock('ws', async (original) => {
  const ws = await original<typeof import('ws')>();
  class WithoutWire extends ws.WebSocket {
    override emit(name: string | symbol, ...args: unknown[]): boolean {
      return super.emit(name, ...(name === 'upgrade' ? [{ socket: null }] : args));
    }
  }
  return { ...ws, WebSocket: WithoutWire };
});

test('without a socket to watch blocks come all the same, with times', async () => {
  await using server = await scriptedServer();
  const connected = Client.connect(platform, server.url, {});
  const peer = await server.connection();
  await peer.expect('hello');
  peer.say({ type: 'welcome', server: 's', session: 's', heartbeat: 10_000_000, subscriptions: 64, features: [] });
  const client = await connected;
  const subscription = client.subscribe('user', { size: 5 });
  await peer.subscribe();
  peer.frame(0, 5, 'size');
  for await (const block of subscription) {
    expect([block.from, block.to]).toEqual([0, 5]);
    expect(block.lastReceivedMicros).toBeGreaterThanOrEqual(block.firstReceivedMicros);
    break;
  }
  await client.close();
});
