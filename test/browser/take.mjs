// In the page: takes blocks with the library, tells the test of each, acks it, and leaves when it has as many as wanted.
import { connect } from 'blockfeed';

/**
 * @typedef {{ from: number, to: number, cut: string, text: string, reconnects: number }} Told
 * @typedef {{ url: string, feed: string, blocks: number, subscribe: import('blockfeed').SubscribeOptions, connect?: import('blockfeed').ConnectOptions, waitsForFull?: boolean }} Wanted
 */

/**
 * @param {Wanted} wanted
 * @returns {Promise<string[]>} the phases that its connections went through
 */
async function take({ url, feed, blocks, subscribe, connect: how, waitsForFull = false }) {
  const page = /** @type {{ tell?: (told: Told) => Promise<void> }} */ (globalThis);
  /** @type {string[]} */
  const phases = [];
  /** @type {(() => void) | undefined} */
  let filled;
  const isFull = new Promise((resolve) => {
    filled = () => resolve(undefined);
  });
  const client = await connect(url, {
    name: 'a page',
    ...how,
    onState: ({ phase }) => {
      phases.push(phase);
      if (phase === 'full') filled?.();
    },
  });
  const subscription = client.subscribe(feed, subscribe);
  await subscription.opened;
  if (waitsForFull) await isFull;
  let left = blocks;
  for await (const block of subscription) {
    const { from, to, cut, lines } = block;
    await page.tell?.({ from, to, cut, text: new TextDecoder().decode(lines), reconnects: subscription.reconnects });
    await block.ack();
    if (--left === 0) break;
  }
  await client.close();
  return phases;
}

Object.assign(globalThis, { take });
