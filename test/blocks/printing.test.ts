import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../src/base/crc32.ts';
import { writeFully } from '../../src/blocks/files.ts';
import { consoleStore } from '../../src/blocks/sinks/console.ts';
import type { PrintingOptions } from '../../src/blocks/sinks/printing.ts';
import { openTextStore } from '../../src/blocks/sinks/text.ts';
import { temporaryFolder } from './folders.ts';
import { apply, joined, makeLine, plainLines, type Step, storedFeed } from './story.ts';

const feed = storedFeed({ size: 5 });

async function printed(steps: readonly Step[], options?: PrintingOptions): Promise<string> {
  const stream = new PassThrough();
  const sink = await consoleStore(stream, options).open(feed);
  const text = (async () => {
    let all = '';
    for await (const chunk of stream) all += String(chunk);
    return all;
  })();
  for (const step of steps) await apply(sink, step);
  stream.end();
  return await text;
}

const steps: Step[] = [
  { does: 'block', lines: plainLines(60, 62), cut: 'gap' },
  { does: 'gap', from: 62, to: 70 },
];

describe('the console', () => {
  it('prints each block above its messages, and each gap', async () => {
    expect(await printed(steps)).toBe(
      [
        'block user [60,62) gap 2 messages 108 B span 1.000 s took 1.000 s',
        '  60 2026-01-01T00:01:00.000000Z {"n":60}',
        '  61 2026-01-01T00:01:01.000000Z {"n":61}',
        'gap user [62,70) 8 messages lost',
        '',
      ].join('\n'),
    );
  });

  it('prints each as a line of JSON where that is wanted', async () => {
    const clock = { nowMicros: () => 5, monotonicMs: () => 0, after: () => ({ cancel: () => undefined }) };
    const lines = (await printed(steps, { json: true, clock })).split('\n');
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[0] as string)).toMatchObject({
      feed: 'user',
      from: 60,
      to: 62,
      cut: 'gap',
      bytes: 108,
      crc32: crc32(joined(plainLines(60, 62))),
      at: 5,
    });
    expect(JSON.parse(lines[1] as string)).toEqual({ feed: 'user', gap: [62, 70], at: 5 });
  });

  it('prints a block that is too long to wait for in parts, and forgets them', async () => {
    const messages = Array.from({ length: 5 }, (_, n) => makeLine(n, 0, `"${'x'.repeat(400_000)}"`));
    const printedLines = await printed([{ does: 'block', lines: messages, cut: 'size' }]);
    const lines = printedLines.split('\n').map((line) => line.slice(0, 20));
    expect(lines[0]).toBe('part user from 0');
    expect(lines.filter((line) => line.startsWith('  '))).toHaveLength(5);
    expect(lines.findIndex((line) => line.startsWith('block user [0,5)'))).toBe(4);
  });

  it('takes no block before the stream has taken the one before', async () => {
    const taken: (() => void)[] = [];
    const stream = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => void taken.push(done) });
    const sink = await consoleStore(stream).open(feed);
    let isStored = false;
    const storing = apply(sink, steps[0] as Step).then(() => {
      isStored = true;
    });
    await expect.poll(() => taken.length).toBe(1);
    expect(isStored).toBe(false);
    taken[0]?.();
    await storing;
    expect(isStored).toBe(true);
  });

  it('rejects with storage once the reader of a pipe has gone, and the process lives', async () => {
    // A real pipe, whose reader closes it; the process would die of an error event that nobody hears.
    const source = `
      import { consoleStore } from ${JSON.stringify(join(import.meta.dirname, '../../dist/blocks/sinks/console.js'))};
      const feed = { requested: 'user', feed: 'user', epoch: '', specification: undefined, policy: { size: 1 } };
      const sink = await consoleStore(process.stdout).open(feed);
      try {
        for (;;) await sink.gap(0, 1);
      } catch (error) {
        process.stderr.write(error.code + ': ' + error.message);
        await sink.sync().catch((again) => process.stderr.write(again === error ? ', again' : ', other'));
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.once('data', () => child.stdout.destroy());
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += String(chunk);
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(said).toMatch(/^storage: cannot write to the output: .*EPIPE, again$/);
    expect(code).toBe(0);
  });
});

describe('a text file', () => {
  it('is appended to, and the blocks of several feeds do not mix in it', async () => {
    const path = join(await temporaryFolder(), 'blocks.txt');
    for (const round of [0, 1]) {
      const store = await openTextStore(path);
      const sinks = await Promise.all(['one', 'two', 'three'].map((name) => store.open({ ...feed, feed: name })));
      await Promise.all(
        sinks.map(async (sink) => {
          for (let from = round * 50; from < (round + 1) * 50; from += 5)
            await apply(sink, { does: 'block', lines: plainLines(from, from + 5), cut: 'size' });
          await sink.sync();
        }),
      );
      await store.close();
    }
    const text = await readFile(path, 'utf8');
    const blocks = text.split(/^(?=block )/m);
    expect(blocks).toHaveLength(60);
    for (const block of blocks) {
      const from = Number(/\[(\d+),/.exec(block)?.[1]);
      expect([...block.matchAll(/^ {2}(\d+) /gm)].map((match) => Number(match[1]) - from)).toEqual([0, 1, 2, 3, 4]);
    }
  });
});

describe('a write', () => {
  it('that the system cuts short is gone on with until every byte is there', async () => {
    const bytes = Buffer.from('0123456789');
    for (let most = 1; most <= 10; most++) {
      const file = Buffer.alloc(14, '.');
      const short = {
        async write(from: Uint8Array, offset: number, length: number, position: number | null) {
          const count = Math.min(most, length);
          file.set(from.subarray(offset, offset + count), position ?? 0);
          return { bytesWritten: count };
        },
      };
      await writeFully(short, bytes, 2);
      expect(file.toString()).toBe('..0123456789..');
    }
  });

  it('that takes nothing and gives no error is one', async () => {
    const stuck = { write: async () => ({ bytesWritten: 0 }) };
    await expect(writeFully(stuck, Buffer.from('x'), 0)).rejects.toThrow(/no byte/);
  });
});
