// The study of collected blocks, compared with folders that the real sink has made.
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { collectedFigures } from '../../src/study/collected/figures.ts';
import { mostSlots, TimeSlots } from '../../src/study/collected/timeSlots.ts';
import {
  type CollectedFolder,
  collectedTable,
  studyCollected,
  writeCollectedReport,
} from '../../src/study/collected.ts';
import { plainWidth } from '../../src/study/report/plain.ts';
import { type Collected, collect, type Noted } from './collecting.ts';
import { readCsv } from './csv.ts';

const epoch = '00112233445566778899aabbccddeeff';
const fresh: Noted = { size: 5, first: 1_000, last: 3_000 };

test('took, age, span and distance of every block are those of its journal', async () => {
  const root = await made({
    noted: [{ start: 0 }, fresh, { ...fresh, last: 41_000 }, fresh, { ...fresh, delivery: 'message' }],
  });
  const { folders } = await studyCollected([root]);
  expect(folders).toHaveLength(1);
  expect(folders[0]).toMatchObject({
    feed: 'user',
    policy: 'size-5',
    epoch,
    blocks: 4,
    messages: 20,
    from: 0,
    to: 20,
    starts: 1,
    gaps: 0,
    lost: 0,
    cuts: { size: 4 },
    deliveries: { block: 3, message: 1 },
    took: { count: 4, min: 2_000, max: 40_000 },
    wait: { count: 4, max: 4_041_000 },
    between: { count: 3, max: 5_038_000 },
    pauses: [],
    clockWentBack: 0,
    fromTheFuture: 0,
    tornBytes: 0,
  });
  // At one message a second a block of 5 spans (5 - 1) s; the histogram has three significant digits.
  expect(Math.abs((folders[0]?.span.p50 ?? 0) / 4_000_000 - 1)).toBeLessThan(0.001);
});

test('a time in which nothing came is a pause: away when the next block was waiting, quiet when it was fresh', async () => {
  const quick = Array.from({ length: 30 }, () => ({ size: 5, first: 100, last: 200 }));
  const late = { size: 5, first: 20_000_000, last: 20_001_000 };
  const root = await made(
    {
      feed: 'steady',
      stepMicros: 10_000,
      noted: [{ start: 0 }, ...quick, late, { size: 5, first: 20_000_000, last: 20_000_900 }],
    },
    { feed: 'jumped', stepMicros: 10_000, noted: [{ start: 0 }, ...quick, { start: 10_000 }, ...quick] },
  );
  const { folders } = await studyCollected([root]);
  const of = (feed: string) => folders.find((folder) => folder.feed === feed)?.pauses;
  expect(of('steady')).toMatchObject([{ offset: 150, kind: 'away', lateMicros: 20_000_000, isStart: false }]);
  expect(of('jumped')).toMatchObject([{ offset: 10_000, kind: 'quiet', lateMicros: 100, isStart: true }]);
  const table = collectedTable({ version: 1, command: '', slotMicros: 1_000, folders });
  expect(table).toContain('away');
  expect(table).toContain('A journal does not record connections');
});

test('a slow feed is no row of pauses', async () => {
  const root = await made({
    stepMicros: 60_000_000,
    noted: [{ start: 0 }, ...Array.from({ length: 20 }, () => fresh)],
  });
  expect((await studyCollected([root])).folders[0]?.pauses).toEqual([]);
});

test('gaps, what was lost in them, and jumps are counted', async () => {
  const root = await made({ noted: [{ start: 3 }, fresh, { gap: 12 }, fresh, { start: 100 }, fresh] });
  const { folders } = await studyCollected([root]);
  expect(folders[0]).toMatchObject({ blocks: 3, gaps: 1, lost: 12, starts: 2, from: 3, to: 105 });
  expect(collectedTable({ version: 1, command: '', slotMicros: 1_000, folders })).toContain('12 messages never came');
});

test('all folders below all directories are read, each once, with slots of one length', async () => {
  const root = await made(
    { feed: 'slow', noted: [{ start: 0 }, ...Array.from({ length: 300 }, () => fresh)] },
    { feed: 'short', stepMicros: 10, noted: [{ start: 0 }, fresh, fresh] },
  );
  const study = await studyCollected([root, join(root, 'slow')]);
  expect(study.folders.map(({ feed }) => feed)).toEqual(['short', 'slow']);
  expect(study.slotMicros).toBe(5_000_000);
  for (const { slots } of study.folders) for (const { at } of slots) expect(at % study.slotMicros).toBe(0);
  expect(sum(study.folders[1], 'blocks')).toBe(300);
  expect(sum(study.folders[0], 'messages')).toBe(10);
});

test('whatever the times, there are never too many slots, and nothing is lost in them', () => {
  const times = fc.array(
    fc.record({
      at: fc.oneof(fc.nat(5_000_000), fc.maxSafeInteger()),
      messages: fc.integer({ min: 1, max: 9 }),
      bytes: fc.nat(99),
      took: fc.nat(999),
      wait: fc.nat(999),
      between: fc.option(fc.nat(999), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 60 },
  );
  fc.assert(
    fc.property(times, (blocks) => {
      const slots = new TimeSlots();
      for (const block of blocks) slots.add(block);
      const list = slots.list();
      const [first, last] = [list[0]?.at ?? 0, list.at(-1)?.at ?? 0];
      expect((last - first) / slots.slotMicros).toBeLessThan(mostSlots);
      for (const slot of list) {
        const own = blocks.filter(({ at }) => at >= slot.at && at < slot.at + slots.slotMicros);
        const took = own.map((block) => block.took);
        expect([slot.blocks, slot.took.min, slot.took.max]).toEqual([own.length, Math.min(...took), Math.max(...took)]);
        expect(slot.took.mean).toBeCloseTo(took.reduce((all, each) => all + each, 0) / own.length);
      }
      expect(list.reduce((all, { messages }) => all + messages, 0)).toBe(
        blocks.reduce((all, { messages }) => all + messages, 0),
      );
    }),
  );
});

test.each([
  ['a byte that has changed', 3, (text: string) => text.replace('"bytes":', '"bytez":'), 'checksum'],
  [
    'a line that is missing',
    3,
    (text: string) => text.split('\n').toSpliced(2, 1).join('\n'),
    'does not begin at the next offset',
  ],
  ['something else at its end', 6, (text: string) => `${text}\n`, 'checksum'],
])('%s in a journal is an error that names file and line', async (_, line, damage, why) => {
  const root = await made({ noted: [{ start: 0 }, fresh, fresh, fresh] });
  const path = journalOf(root);
  await writeFile(path, damage(await readFile(path, 'utf8')));
  await expect(studyCollected([root])).rejects.toMatchObject({
    code: 'damaged',
    about: path,
    message: expect.stringMatching(new RegExp(`^${path}, line ${line} \\(byte \\d+\\): .*${why}`)),
  });
});

test('the begin of a line at the end is what a collector that runs or was killed leaves, and is said', async () => {
  const root = await made({ noted: [{ start: 0 }, fresh] });
  await appendFile(journalOf(root), '{"from":5,"to":1');
  const study = await studyCollected([root]);
  expect(study.folders[0]).toMatchObject({ blocks: 1, tornBytes: 16 });
  expect(collectedTable(study)).toContain('runs, or was killed');
});

test('a directory without journals, and one that is not there, are errors that name it', async () => {
  const root = await temporary();
  await mkdir(join(root, 'empty'));
  for (const name of ['empty', 'absent'])
    await expect(studyCollected([join(root, name)])).rejects.toMatchObject({
      code: 'storage',
      message: expect.stringContaining(name),
    });
});

test('the files have every slot, pause and folder, also under names that CSV and pages must quote', async () => {
  const odd = `a "b",\n</script><script>`;
  const outer = join(await temporary(), odd);
  await mkdir(outer, { recursive: true });
  const quick = Array.from({ length: 40 }, () => ({ size: 5, first: 100, last: 200 }));
  await collect(outer, {
    stepMicros: 10_000,
    noted: [{ start: 0 }, ...quick, { size: 5, first: 9_000_000, last: 9_000_100 }],
  });
  const study = await studyCollected([outer]);
  const out = await temporary();
  const paths = await writeCollectedReport(study, out);
  expect(paths.map((path) => basename(path))).toEqual([
    'collected.json',
    'folders.csv',
    'slots.csv',
    'pauses.csv',
    'report.html',
  ]);
  const read = (name: string) => readFile(join(out, name), 'utf8');
  expect(JSON.parse(await read('collected.json'))).toEqual(JSON.parse(JSON.stringify(study)));
  const [folder] = study.folders;
  expect(readCsv(await read('folders.csv'))).toMatchObject([
    {
      path: folder?.path,
      blocks: '41',
      wait_p99_us: String(folder?.wait.p99),
      between_max_us: String(folder?.between.max),
    },
  ]);
  expect(
    readCsv(await read('slots.csv')).map((row) => [row.at_us, row.blocks, row.took_max_us, row.between_mean_us]),
  ).toEqual(
    folder?.slots.map(({ at, blocks, took, between }) => [at, blocks, took.max, between?.mean ?? ''].map(String)),
  );
  expect(readCsv(await read('pauses.csv'))).toMatchObject([{ path: folder?.path, offset: '200', kind: 'away' }]);
  const page = await read('report.html');
  expect(page).not.toContain('<script>"');
  expect(page.match(/<\/script>/g)).toHaveLength(3);
  expect(page.slice(page.indexOf('<main>'), page.indexOf('</main>'))).not.toMatch(/NaN|undefined|Infinity/);
  const table = collectedTable(study);
  for (const line of table.split('\n')) expect(line.length).toBeLessThanOrEqual(plainWidth);
});

test('the rates that are drawn are the messages of each slot, and none where nothing came', async () => {
  const root = await made({ noted: [{ start: 0 }, fresh, fresh, { start: 50 }, fresh] });
  const study = await studyCollected([root]);
  const rates = collectedFigures(study).find(({ id }) => id === 'rates');
  const panel = rates?.choices[0]?.panels[0];
  const drawn = panel?.series[0]?.y.map((y) => ((y ?? Number.NaN) * study.slotMicros) / 1_000_000) ?? [];
  expect(drawn.reduce((all, each) => all + each, 0)).toBeCloseTo(15);
  expect(drawn.length).toBeGreaterThan(study.folders[0]?.slots.length ?? 0);
});

test('a folder without a block is reported as one', async () => {
  const root = await made({ noted: [{ start: 7 }] });
  const study = await studyCollected([root]);
  expect(study.folders[0]).toMatchObject({ blocks: 0, from: undefined, slots: [] });
  expect(collectedTable(study)).toContain('no block');
  expect(await writeCollectedReport(study, await temporary())).toHaveLength(5);
});

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'blockfeed-study-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function made(...all: readonly Collected[]): Promise<string> {
  const root = await temporary();
  for (const each of all) await collect(root, each);
  return root;
}

function journalOf(root: string): string {
  return join(root, 'user', 'size-5', epoch, 'blocks.journal');
}

function sum(folder: CollectedFolder | undefined, what: 'blocks' | 'messages'): number {
  return folder?.slots.reduce((all, slot) => all + slot[what], 0) ?? 0;
}
