// A subscription's inner side: on which connection what it holds counts.
import { expect, test } from 'vitest';
import { AckedPlaces } from '../../src/client/ackedPlaces.ts';
import { FeedReader, type ReaderHost } from '../../src/client/feedReader.ts';
import { epochs, linesOf } from '../support/scriptedServer.ts';

const nothing = () => undefined;

function host() {
  const counted = { bytes: 0 };
  const queued = (bytes: number) => {
    counted.bytes += bytes;
  };
  const all: ReaderHost = { queued, ackSoon: nothing, leave: nothing, drop: nothing, threw: nothing };
  return { counted, all };
}

test('what a subscription holds that goes to another connection counts there, and no longer on the old one', () => {
  const listener = { onEvent: undefined, warn: nothing, acked: new AckedPlaces() };
  const reader = new FeedReader({ type: 'subscribe', feed: 'user', from: 0, size: 5 }, listener);
  const [first, second] = [host(), host()];
  reader.host = first.all;
  reader.subscribed({
    type: 'subscribed',
    id: 0,
    feed: 'user',
    epoch: epochs[0],
    from: 0,
    checked: false,
    anchorEvery: 4_096,
  });
  reader.frame({ feed: 'user', from: 0, to: 5, cut: 'size' }, Buffer.from(linesOf(0, 5)), 1, 1);
  const held = first.counted.bytes;
  expect(held).toBeGreaterThan(0);
  reader.host = second.all;
  expect([first.counted.bytes, second.counted.bytes]).toEqual([0, held]);
  reader.take();
  expect([first.counted.bytes, second.counted.bytes]).toEqual([0, 0]);
});
