// A server that is far away: how much is under way while an ack travels. Nothing is measured by the clock: the acks are held,
// and what comes meanwhile is what one round trip can carry.
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../../src/index.ts';
import { DelayingProxy } from '../support/delayingProxy.mjs';
import { bench, eventually } from '../support/server.ts';

const roundTripMs = 50;

test('ACK-2: blocks of 5 messages come at 20,000 messages/s at least over a round trip of 50 ms, each acked', async () => {
  const { port } = await bench({ feeds: { counter: 'counter?rate=max' } });
  const proxy = await DelayingProxy.listen(port, roundTripMs / 2);
  onTestFinished(() => proxy.close());
  const client = await connect(proxy.url);
  onTestFinished(() => client.close());
  const [line] = proxy.lines;
  const subscription = client.subscribe('counter', { size: 5 });
  await subscription.opened;
  line?.up.hold();
  let blocks = 0;
  const taking = (async () => {
    for await (const block of subscription) {
      blocks++;
      await block.ack();
      if (block.to >= 50_000) break;
    }
  })();
  await eventually(() => blocks >= (20_000 * roundTripMs) / 1_000 / 5);
  // All that the window allows, and nothing more.
  await eventually(() => blocks === 1_000);
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  expect(blocks).toBe(1_000);
  line?.up.release();
  await taking;
  expect(blocks).toBe(10_000);
});
