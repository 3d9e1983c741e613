// Talk on stderr: what its reader leaves unread waits within a bound, and beyond that is counted.
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { cliLimits } from '../../src/cli/limits.ts';
import { lostWords, Talk } from '../../src/cli/talk.ts';

/** A stream that takes a text whenever it is told to. */
class Reader extends Writable {
  readonly taken: string[] = [];
  #take: (() => void) | undefined;

  constructor() {
    super({ decodeStrings: false });
  }

  override _write(text: string, _encoding: string, done: () => void): void {
    this.#take = () => {
      this.taken.push(text);
      done();
    };
  }

  /** Takes all there is, and what is written because of that. */
  async read(): Promise<void> {
    while (this.writableLength > 0) {
      this.#take?.();
      await new Promise(setImmediate);
    }
  }
}

const line = `${'x'.repeat(1_023)}\n`;
const fitting = cliLimits.talkBytes.default / line.length;

test('lines beyond the bound are not kept, and their number is reported once what waited was read', async () => {
  const reader = new Reader();
  const talk = new Talk(reader);
  for (let count = 0; count < fitting + 3; count++) talk.write(line);
  expect(reader.writableLength).toBeLessThanOrEqual(cliLimits.talkBytes.default);
  await reader.read();
  expect(reader.taken.length).toBe(fitting + 1);
  expect(reader.taken.at(-1)).toBe('3 lines were not shown: stderr was not read\n');
  talk.write('more\n');
  await reader.read();
  expect(reader.taken.at(-1)).toBe('more\n');
});

test('a log reports lost lines as a line of the log', async () => {
  const reader = new Reader();
  const talk = new Talk(reader);
  const log = pino({ base: null, timestamp: false }, talk);
  talk.reportLost = (lines) => log.error({ lines }, lostWords(lines));
  for (let count = 0; count < fitting; count++) talk.write(line);
  log.info('of no use');
  await reader.read();
  expect(JSON.parse(reader.taken.at(-1) ?? '')).toEqual({
    level: 50,
    lines: 1,
    msg: '1 line was not shown: stderr was not read',
  });
});

test('a status is shown only where nothing waits', async () => {
  const reader = new Reader();
  const talk = new Talk(reader);
  expect(talk.show('status')).toBe(true);
  expect(talk.show('status')).toBe(false);
  await reader.read();
  expect(reader.taken).toEqual(['status']);
});

test('its end is awaited for a while only, and not at all where its reader is gone', async () => {
  const reader = new Reader();
  const talk = new Talk(reader);
  expect(await talk.written(0)).toBe(true);
  talk.write('bye\n');
  expect(await talk.written(1)).toBe(false);
  const written = talk.written(2_000_000_000);
  reader.destroy(new Error('EPIPE'));
  expect(await written).toBe(true);
  for (let count = 0; count < 10; count++) talk.write(line);
  expect(await talk.written(2_000_000_000)).toBe(true);
});
