import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { consoleStore } from '../../src/blocks/sinks/console.ts';
import { folderStore } from '../../src/blocks/sinks/folder.ts';
import { openTextStore } from '../../src/blocks/sinks/text.ts';
import { parseMessages } from '../../src/protocol/message.ts';
import { sinkContract } from './contract.ts';
import { folderIn, journalIn } from './folders.ts';
import { smallDisk } from './smallDisk.ts';
import { storedFeed } from './story.ts';

sinkContract('a folder', async () => {
  const disk = await smallDisk();
  const folder = folderIn(disk.path, storedFeed({ size: 5 }));
  return {
    store: folderStore(disk.path),
    stored: () => offsetsIn(folder),
    breakIt: () => disk.fill(),
  };
});

sinkContract('a text file', async () => {
  const disk = await smallDisk();
  const path = join(disk.path, 'blocks.txt');
  return {
    store: await openTextStore(path),
    stored: async () => printedOffsets(await readFile(path, 'utf8')),
    breakIt: () => disk.fill(),
  };
});

sinkContract('the console', async () => {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, taken) {
      text += String(chunk);
      taken();
    },
  });
  return {
    store: consoleStore(stream),
    stored: async () => printedOffsets(text),
    async breakIt() {
      stream.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    },
  };
});

/** Of the blocks that the journal tells of. */
async function offsetsIn(folder: string): Promise<number[]> {
  const offsets: number[] = [];
  for (const entry of await journalIn(folder)) {
    if (entry.kind !== 'block') continue;
    const data = await readFile(join(folder, entry.file));
    const lines = data.subarray(entry.pos, entry.pos + entry.bytes);
    for (const { offset } of parseMessages(lines)) offsets.push(offset);
  }
  return offsets;
}

function printedOffsets(text: string): number[] {
  return [...text.matchAll(/^ {2}(\d+) /gm)].map((match) => Number(match[1]));
}
