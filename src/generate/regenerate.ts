// Makes lines of a generated feed again from its specification, at any offsets, so that stored blocks can be verified.
import { BlockfeedError } from '../protocol/errors.ts';
import { messageLine } from '../protocol/message.ts';
import { parseSpecification } from './specification.ts';

/** About so many bytes are made at a time, or one line. */
const runBytes = 65_536;

/**
 * Gives the lines [from, to) of the feed with this specification and epoch, in runs. Throws `bad-feed` where the specification is
 * wrong, or makes another epoch here: these generators are not of the version that made the feed.
 */
export function regenerate(
  specification: string,
  epoch: string,
): (from: number, to: number) => AsyncGenerator<Uint8Array, void, undefined> {
  const { generator, schedule, epoch: here } = parseSpecification(specification);
  if (here !== epoch)
    throw new BlockfeedError(
      'bad-feed',
      `this version of blockfeed makes epoch ${here} of ${specification}, not ${epoch}`,
      {
        hint: 'Verify without regenerating, or with the version of blockfeed that served it.',
      },
    );
  return async function* lines(from, to) {
    for (let offset = from; offset < to; ) {
      let text = '';
      for (; offset < to && text.length < runBytes; offset++) {
        const timeMicros = schedule.dueMicros(offset);
        text += messageLine(offset, timeMicros, generator.data(offset, timeMicros));
      }
      yield Buffer.from(text);
    }
  };
}
