// A process that runs clients of a study. It obeys the orders on its channel, one after another, and ends when the
// channel closes.
import { BlockfeedError } from '../../protocol/errors.ts';
import { Load } from './load.ts';
import type { LoadAnswer, Order } from './orders.ts';

let load: Load | undefined;
let orders = Promise.resolve();

process.on('message', (order: Order) => {
  orders = orders.then(async () => say(await obey(order).catch(failure)));
});
// The study has ended, or has no more orders.
process.on('disconnect', () => process.exit());

async function obey(order: Order): Promise<LoadAnswer> {
  switch (order.say) {
    case 'open':
      load = new Load(order);
      await load.open();
      return { say: 'done' };
    case 'warm up':
      await load?.warmUp(order.micros);
      return { say: 'done' };
    case 'measure':
      await load?.measure(order.measureMicros);
      return { say: 'done' };
    case 'stop':
      if (load === undefined) throw new Error('defect: a load that was not opened is stopped');
      return { say: 'report', report: await load.stop() };
    case 'abandon':
      await load?.close();
      return { say: 'done' };
  }
}

function failure(cause: unknown): LoadAnswer {
  const { code, hint } =
    cause instanceof BlockfeedError
      ? cause
      : { code: 'unreachable', hint: 'This is a defect of blockfeed: report it, with the command.' };
  return { say: 'failed', code, message: cause instanceof Error ? cause.message : String(cause), hint };
}

function say(answer: LoadAnswer): void {
  if (process.connected) process.send?.(answer);
}
