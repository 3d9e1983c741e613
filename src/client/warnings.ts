// What is said to whoever runs a program that listens to no events: only what makes a subscription stand still, or skip.
import type { SubscriptionEvent } from './events.ts';

/** The warning for an event, or undefined: it is none that anybody has to hear. `hasAcked`: whether anything was ever acked. */
export function warningOf(event: SubscriptionEvent, feed: string, hasAcked: boolean): string | undefined {
  switch (event.type) {
    case 'stalled':
      // Who acks is only slow, and may mean it.
      if (hasAcked) return undefined;
      return (
        `the subscription of ${feed} stands still: ${event.unacked} blocks came and none was acked, and the server sends no more. ` +
        'Call `await block.ack()`, or `subscription.ack(part.to)`, for what is safe with you.'
      );
    case 'commit-lost':
      return (
        `the server has lost the commit of ${feed}: it was acked up to ${event.acked}, and the subscription begins at ${event.opened.from}. ` +
        'Keep your own record of how far you are and begin at `from`, or state `from: { committed: { else: "refuse" } }`.'
      );
    case 'opened':
    case 'interrupted':
    case 'refused':
    case 'gap':
    case 'tail':
    case 'ahead':
      return undefined;
  }
}
