import { copyFile, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headBytes } from '../../src/blocks/journal.ts';
import { folderStore } from '../../src/blocks/sinks/folder.ts';
import { type VerifiedFolder, verifyFolder } from '../../src/blocks/verify.ts';
import type { Cut } from '../../src/protocol/cut.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import { dataFilesIn, folderIn, temporaryFolder } from './folders.ts';
import { smallDisk } from './smallDisk.ts';
import { anyStory, apply, joined, type Line, makeLine, plainLine, plainLines, type Step, storedFeed } from './story.ts';

async function store(steps: readonly Step[], policy: Policy, rollBytes = 1_000, root?: string): Promise<string> {
  const path = root ?? (await temporaryFolder());
  const sink = await folderStore(path, { rollBytes }).open(storedFeed(policy));
  for (const step of steps) await apply(sink, step);
  await sink.close();
  return path;
}

async function verifyOnly(root: string): Promise<VerifiedFolder> {
  const found = await verifyFolder(root);
  expect(found).toHaveLength(1);
  return found[0] as VerifiedFolder;
}

function block(from: number, to: number, cut: Cut): Step {
  return { does: 'block', lines: plainLines(from, to), cut };
}

const start = (from: number): Step => ({ does: 'start', from });

describe('verify finds nothing wrong', () => {
  it('in whatever a collector may live through', async () => {
    await fc.assert(
      fc.asyncProperty(anyStory, fc.integer({ min: 1, max: 4_000 }), async ({ policy, steps }, rollBytes) => {
        const found = await verifyOnly(await store(steps, policy, rollBytes));
        expect(found.problems).toEqual([]);
        const blocks = steps.filter((step) => step.does === 'block');
        const gaps = steps.filter((step) => step.does === 'gap');
        const lines = blocks.flatMap((step) => step.lines);
        expect(found).toMatchObject({
          feed: 'user',
          blocks: blocks.length,
          messages: lines.length,
          bytes: joined(lines).length,
          gaps: gaps.length,
          lost: gaps.reduce((sum, gap) => sum + gap.to - gap.from, 0),
          unsealedBytes: 0,
          tornJournalBytes: 0,
          regenerated: false,
        });
      }),
      { numRuns: 150 },
    );
  });

  it('in a folder that a collector has open, at any step', async () => {
    await fc.assert(
      fc.asyncProperty(anyStory, async ({ policy, steps }) => {
        const root = await temporaryFolder();
        const sink = await folderStore(root).open(storedFeed(policy));
        for (const step of steps) {
          await apply(sink, step);
          if (step.does === 'block') await sink.append((step.lines[0] as Line).bytes).then(() => sink.sync());
          expect((await verifyOnly(root)).problems).toEqual([]);
          if (step.does === 'block') break;
        }
        await sink.close();
      }),
      { numRuns: 20 },
    );
  });

  it('and notes what a killed collector left behind its last block', async () => {
    const root = await store([start(0), block(0, 5, 'size')], { size: 5 }, 10_000);
    const folder = folderIn(root, storedFeed({ size: 5 }));
    await writeFile(join(folder, (await dataFilesIn(folder))[0] as string), '{"offset":5', { flag: 'a' });
    await writeFile(join(folder, 'blocks.journal'), '{"from":5,"to', { flag: 'a' });
    expect(await verifyOnly(root)).toMatchObject({
      messages: 5,
      unsealedBytes: 11,
      tornJournalBytes: 13,
      problems: [],
    });
  });
});

describe('verify walks', () => {
  it('a directory with several folders, and any folder below it', async () => {
    const root = await temporaryFolder();
    await store([start(0), block(0, 5, 'size')], { size: 5 }, 1_000, root);
    await store([start(0), block(0, 7, 'size')], { size: 7 }, 1_000, root);
    const all = await verifyFolder(root);
    expect(all.map(({ policy, messages }) => [policy, messages])).toEqual([
      ['size-5', 5],
      ['size-7', 7],
    ]);
    expect(await verifyFolder(join(root, 'user', 'size-7'))).toEqual(all.slice(1));
    expect(await verifyFolder(folderIn(root, storedFeed({ size: 7 })))).toEqual(all.slice(1));
  });

  it('a folder that was moved away from where it was made', async () => {
    const root = await store([start(0), block(0, 5, 'size')], { size: 5 });
    const elsewhere = join(await temporaryFolder(), 'elsewhere');
    await rename(folderIn(root, storedFeed({ size: 5 })), elsewhere);
    expect((await verifyOnly(elsewhere)).problems).toEqual([]);
  });

  it('and rejects where there is nothing to verify', async () => {
    const root = await temporaryFolder();
    await expect(verifyFolder(root)).rejects.toMatchObject({ code: 'storage', message: /no stored blocks/ });
    await expect(verifyFolder(join(root, 'none'))).rejects.toMatchObject({
      code: 'storage',
      about: join(root, 'none'),
    });
  });
});

describe('verify finds', () => {
  it('every byte that was changed, in every file', async () => {
    const steps = [start(3), block(3, 5, 'size'), block(5, 8, 'gap'), { does: 'gap', from: 8, to: 9 } as const];
    const disk = await smallDisk();
    const root = await store([...steps, block(9, 10, 'size'), block(10, 15, 'size')], { size: 5 }, 200, disk.path);
    const folder = folderIn(root, storedFeed({ size: 5 }));
    expect((await verifyOnly(root)).problems).toEqual([]);
    const missed: string[] = [];
    for (const name of (await readdir(folder)).filter((name) => name !== 'lock')) {
      const whole = await readFile(join(folder, name));
      for (let at = 0; at < whole.length; at++) {
        const changed = Buffer.from(whole);
        changed[at] = (whole[at] as number) ^ (1 << (at % 8));
        await writeFile(join(folder, name), changed);
        const found = await verifyOnly(root);
        if (!found.problems.some(({ file }) => file === name)) missed.push(`${name} ${at}: ${JSON.stringify(found)}`);
      }
      await writeFile(join(folder, name), whole);
    }
    expect(missed).toEqual([]);
  }, 60_000);

  it('every newline that became another byte, and every byte that became a newline, in the journal', async () => {
    const root = await store([start(0), block(0, 5, 'size'), block(5, 10, 'size')], { size: 5 });
    const path = join(folderIn(root, storedFeed({ size: 5 })), 'blocks.journal');
    const whole = await readFile(path);
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at] = whole[at] === 10 ? 0x7d : 10;
      await writeFile(path, changed);
      expect((await verifyOnly(root)).problems.length, `byte ${at}`).toBeGreaterThan(0);
    }
  });

  it('a byte missing or too many anywhere in the data, and a file or line that is missing', async () => {
    const root = await store(
      [start(0), block(0, 5, 'size'), block(5, 10, 'size'), block(10, 15, 'size')],
      { size: 5 },
      1,
    );
    const folder = folderIn(root, storedFeed({ size: 5 }));
    const names = await dataFilesIn(folder);
    expect(names).toHaveLength(3);
    for (const name of names) {
      const whole = await readFile(join(folder, name));
      await truncate(join(folder, name), whole.length - 1);
      expect((await verifyOnly(root)).problems).toMatchObject([{ file: name, message: /ends at byte .* inside/ }]);
      await rm(join(folder, name));
      expect((await verifyOnly(root)).problems).toMatchObject([{ file: name, message: /is missing/ }]);
      await writeFile(join(folder, name), whole);
    }
    await writeFile(join(folder, names[0] as string), 'x', { flag: 'a' });
    expect((await verifyOnly(root)).problems).toMatchObject([{ file: names[0], message: /no line of the journal/ }]);
    await truncate(join(folder, names[0] as string), joined(plainLines(0, 5)).length);
    const journal = join(folder, 'blocks.journal');
    const lines = (await readFile(journal, 'utf8')).split('\n');
    await writeFile(journal, lines.filter((_, index) => index !== 3).join('\n'));
    expect((await verifyOnly(root)).problems).toMatchObject([
      {
        file: 'blocks.journal',
        position: `${lines.slice(0, 3).join('\n')}\n`.length,
        offset: 10,
        message: /next offset, 5/,
      },
      { file: names[1], message: /no line of the journal/ },
    ]);
    await writeFile(journal, lines.toSpliced(1, 1).join('\n'));
    expect((await verifyOnly(root)).problems).toMatchObject([{ position: headBytes, message: /before any start/ }]);
    await copyFile(join(folder, names[0] as string), join(folder, '00000000000000000001.ndjson'));
    await writeFile(journal, lines.join('\n'));
    expect((await verifyOnly(root)).problems).toMatchObject([{ file: '00000000000000000001.ndjson', position: 0 }]);
  });

  it('the exact place of a byte that was changed in the data', async () => {
    const root = await store([start(0), block(0, 5, 'size'), block(5, 10, 'size')], { size: 5 }, 1_000);
    const folder = folderIn(root, storedFeed({ size: 5 }));
    const path = join(folder, (await dataFilesIn(folder))[0] as string);
    const whole = await readFile(path);
    const at = joined(plainLines(0, 7)).length;
    whole[at + 10] = 0x39;
    await writeFile(path, whole);
    expect((await verifyOnly(root)).problems).toEqual([
      {
        file: '00000000000000000000.ndjson',
        position: at,
        offset: 7,
        message:
          'the block [5,10) has another checksum than its journal line; the message has offset 9 in the place of 7',
      },
    ]);
  });

  it('messages that are not what their block says, even when every checksum is right', async () => {
    const lies: [string, Line[]][] = [
      ['in the place of', [plainLine(0), plainLine(2), plainLine(2)]],
      ['before the time of', [plainLine(0), makeLine(1, 5, '1'), plainLine(2)]],
      ['does not begin with', [plainLine(0), { ...plainLine(1), bytes: Buffer.from('hello\n') }, plainLine(2)]],
    ];
    for (const [message, lines] of lies) {
      const root = await store([start(0), { does: 'block', lines, cut: 'end' }], { size: 5 });
      expect((await verifyOnly(root)).problems).toMatchObject([{ message: expect.stringContaining(message) }]);
    }
  });

  it('a block that holds fewer or more messages than its range, or other times', async () => {
    const lines = plainLines(0, 4);
    const facts = { from: 0, to: 4, cut: 'end', bytes: joined(lines).length, delivery: 'block' } as const;
    const times = { firstTime: plainLine(0).time, lastTime: plainLine(3).time, firstReceived: 0, lastReceived: 0 };
    for (const [changes, message] of [
      [{ to: 3 }, /more messages/],
      [{ to: 5, cut: 'size' }, /ends with the message before 4/],
      [{ firstTime: 7 }, /first message has another time/],
      [{ lastTime: times.lastTime + 1 }, /last message has another time/],
    ] as const) {
      const root = await temporaryFolder();
      const sink = await folderStore(root).open(storedFeed({ size: 5 }));
      await sink.start(0);
      await sink.append(joined(lines));
      await sink.seal({ ...facts, ...times, ...changes });
      await sink.close();
      expect((await verifyOnly(root)).problems).toMatchObject([{ message: expect.stringMatching(message) }]);
    }
  });

  it('a feed.json of another feed, policy, epoch or request, also where the folder was moved', async () => {
    const others: [string, Policy, object][] = [
      ['policy', { size: 6 }, {}],
      ['feed', { size: 5 }, { feed: 'other', requested: 'other' }],
      ['epoch', { size: 5 }, { epoch: 'f'.repeat(32) }],
      ['words of the request', { size: 5 }, { requested: 'user?rate=1' }],
      ['specification', { size: 5 }, { specification: 'user?rate=2' }],
    ];
    for (const [what, policy, changes] of others) {
      const root = await store([start(0), block(0, 4, 'end')], { size: 5 });
      const folder = folderIn(root, storedFeed({ size: 5 }));
      const elsewhere = await temporaryFolder();
      const other = storedFeed(policy, changes);
      await (await folderStore(elsewhere).open(other)).close();
      await copyFile(join(folderIn(elsewhere, other), 'feed.json'), join(folder, 'feed.json'));
      const isNamed = !['words of the request', 'specification'].includes(what);
      const { problems } = await verifyOnly(folder);
      expect(problems, what).toMatchObject([
        ...(isNamed ? [{ file: 'feed.json', message: /^it speaks of .*, and the folder is user\/size-5\/0011/ }] : []),
        { file: 'blocks.journal', position: 0, message: 'it belongs to another feed.json than the one beside it' },
      ]);
      const moved = join(await temporaryFolder(), 'moved');
      await rename(folder, moved);
      expect((await verifyOnly(moved)).problems, what).toMatchObject([{ file: 'blocks.journal', position: 0 }]);
    }
  });

  it('data files that have neither journal nor feed.json beside them', async () => {
    const root = await store([start(0), block(0, 5, 'size')], { size: 5 });
    const folder = folderIn(root, storedFeed({ size: 5 }));
    for (const name of ['feed.json', 'blocks.journal']) await rm(join(folder, name));
    expect((await verifyOnly(root)).problems.map(({ file }) => file)).toEqual([
      'feed.json',
      'blocks.journal',
      '00000000000000000000.ndjson',
    ]);
  });

  it('a feed.json that is missing', async () => {
    const root = await store([start(0), block(0, 5, 'size')], { size: 5 });
    await rm(join(folderIn(root, storedFeed({ size: 5 })), 'feed.json'));
    expect(await verifyOnly(root)).toMatchObject({ feed: undefined, problems: [{ file: 'feed.json' }] });
  });

  it('something that cannot be read, as a problem of that folder', async () => {
    const root = await store([start(0), block(0, 5, 'size')], { size: 5 });
    await store([start(0), block(0, 6, 'size')], { size: 6 }, 1_000, root);
    const folder = folderIn(root, storedFeed({ size: 5 }));
    const name = (await dataFilesIn(folder))[0] as string;
    await rm(join(folder, name));
    await mkdir(join(folder, name));
    expect(await verifyFolder(root)).toMatchObject([
      { problems: [{ file: name, message: /regular/ }] },
      { problems: [] },
    ]);
  });

  it('at most a hundred problems of a folder', async () => {
    const steps = Array.from({ length: 150 }, (_, n) => block(n * 3, n * 3 + 3, 'size'));
    const root = await store([start(0), ...steps], { size: 5 });
    expect((await verifyOnly(root)).problems).toHaveLength(100);
  });
});

describe('verify checks cuts:', () => {
  const mistakes: [string, Policy, Step[], RegExp][] = [
    [
      'a block beyond its size',
      { size: 5 },
      [start(0), block(0, 10, 'size')],
      /goes on with 5, before which the policy cuts by size/,
    ],
    [
      'a block short of its size',
      { size: 5 },
      [start(0), block(0, 4, 'size')],
      /before 4 is cut by size, where the policy does not/,
    ],
    [
      'a size named end',
      { size: 5 },
      [start(0), block(0, 5, 'end')],
      /before 5 is cut by end, where the policy cuts by size/,
    ],
    ['a size named gap', { size: 5 }, [start(0), block(0, 5, 'gap')], /cut by gap, where the policy cuts by size/],
    [
      'a wait that nobody asked for',
      { size: 5 },
      [start(0), block(0, 4, 'wait')],
      /cut by wait, which the policy does not state/,
    ],
    [
      'bytes that nobody asked for',
      { size: 5 },
      [start(0), block(0, 4, 'bytes')],
      /cut by bytes, which the policy does not state/,
    ],
    [
      'a wait in the midst of its slot',
      { waitMs: 10_000 },
      [start(0), block(0, 5, 'wait'), block(5, 10, 'wait')],
      /before 5 is cut by wait, where the policy does not cut/,
    ],
    [
      'a slot that is passed over',
      { waitMs: 10_000 },
      [start(0), block(0, 15, 'wait')],
      /goes on with 10, before which the policy cuts by wait/,
    ],
    [
      'a wait named bytes',
      { waitMs: 10_000, bytes: 1_000 },
      [start(0), block(0, 10, 'bytes'), block(10, 15, 'end')],
      /before 10 is cut by bytes, where the policy cuts by wait/,
    ],
    [
      'more bytes than asked for',
      { bytes: 1_000 },
      [start(0), block(0, 25, 'bytes')],
      /goes on with 18, before which the policy cuts by bytes/,
    ],
    [
      'more bytes than asked for, also where the begin is not known',
      { bytes: 1_000 },
      [start(3), block(3, 25, 'bytes')],
      /before which the policy cuts by bytes/,
    ],
    [
      'fewer bytes than asked for',
      { bytes: 1_000 },
      [start(0), block(0, 5, 'bytes'), block(5, 10, 'end')],
      /before 5 is cut by bytes, where the policy does not cut/,
    ],
    [
      'fewer bytes than asked for, in the second block of a begin that is not known',
      { bytes: 1_000 },
      [start(3), block(3, 10, 'bytes'), block(10, 15, 'bytes'), block(15, 20, 'end')],
      /before 15 is cut by bytes/,
    ],
    [
      'a gap that is not in the journal',
      { size: 5 },
      [start(0), block(0, 3, 'gap'), block(3, 5, 'size')],
      /but no gap follows/,
    ],
  ];

  it.each(mistakes)('%s', async (_, policy, steps, message) => {
    expect((await verifyOnly(await store(steps, policy))).problems).toMatchObject([
      { message: expect.stringMatching(message) },
    ]);
  });

  it('a first block that ends early by bytes is believed, since what came before the start is not known', async () => {
    const steps = [start(3), block(3, 10, 'bytes'), block(10, 28, 'bytes'), block(28, 33, 'end')];
    expect((await verifyOnly(await store(steps, { bytes: 1_000 }))).problems).toEqual([]);
  });

  it('a partial block is gone on with by the remainder, counted as one', async () => {
    const steps = [start(0), block(0, 8, 'end'), block(8, 12, 'end'), block(12, 18, 'bytes'), block(18, 20, 'end')];
    expect((await verifyOnly(await store(steps, { bytes: 1_000 }))).problems).toEqual([]);
  });
});

describe('verify by making again', () => {
  const again = (from: number, to: number): Buffer => joined(plainLines(from, to));
  const steps = [start(3), block(3, 5, 'size'), block(5, 8, 'gap'), { does: 'gap', from: 8, to: 10 } as const];

  it('is told the specification and the epoch, and compares every byte, in pieces or whole', async () => {
    const root = await store([...steps, block(10, 15, 'size')], { size: 5 });
    async function* pieces(from: number, to: number): AsyncGenerator<Uint8Array> {
      const bytes = again(from, to);
      for (let at = 0; at < bytes.length; at += 7) {
        yield bytes.subarray(at, at + 7);
        yield new Uint8Array(0);
      }
    }
    for (const make of [again, async (from: number, to: number) => again(from, to), pieces]) {
      const asked: string[] = [];
      const regenerate = (...what: string[]) => {
        asked.push(...what);
        return make;
      };
      expect(await verifyFolder(root, { regenerate })).toMatchObject([{ regenerated: true, problems: [] }]);
      expect(asked).toEqual(['user?rate=1', storedFeed({ size: 5 }).epoch]);
    }
  });

  it('finds any byte that comes out different, too few and too many', async () => {
    const root = await store([...steps, block(10, 15, 'size')], { size: 5 }, 100_000);
    const length = again(10, 15).length;
    const position = joined([...plainLines(3, 8)]).length;
    const problemsOf = async (change: (bytes: Buffer) => Buffer): Promise<VerifiedFolder['problems']> => {
      const regenerate = (from: number, to: number) => (from === 10 ? change(again(from, to)) : again(from, to));
      return (await verifyFolder(root, { regenerate: () => regenerate }))[0]?.problems ?? [];
    };
    for (let at = 0; at < length; at++) {
      const flipped = await problemsOf((bytes) => bytes.fill((bytes[at] as number) ^ 1, at, at + 1));
      const offset =
        10 +
        again(10, 15)
          .subarray(0, at)
          .filter((byte) => byte === 10).length;
      expect(flipped).toMatchObject([
        { position: position + at, offset, message: /not the one that is generated again/ },
      ]);
    }
    expect(await problemsOf((bytes) => bytes.subarray(0, -1))).toMatchObject([{ position: position + length - 1 }]);
    expect(await problemsOf((bytes) => Buffer.concat([bytes, bytes]))).toMatchObject([{ message: /fewer bytes than/ }]);
  });

  it('tells why it cannot, and that it did not', async () => {
    const root = await store([start(0), block(0, 5, 'size')], { size: 5 });
    const regenerate = () => {
      throw new Error('made by another version');
    };
    expect(await verifyFolder(root, { regenerate })).toMatchObject([
      { regenerated: false, problems: [{ file: 'feed.json', message: /made by another version/ }] },
    ]);
    const failing = () => () => Promise.reject(new Error('no such message'));
    expect(await verifyFolder(root, { regenerate: failing })).toMatchObject([
      { problems: [{ message: /no such message/ }] },
    ]);
    const published = await temporaryFolder();
    const sink = await folderStore(published).open(storedFeed({ size: 5 }, { specification: undefined }));
    await sink.start(0);
    await apply(sink, block(0, 5, 'size'));
    await sink.close();
    expect(await verifyFolder(published, { regenerate })).toMatchObject([{ regenerated: false, problems: [] }]);
  });
});

it('a block of 300 MB is stored and verified in bounded memory', async () => {
  const root = await temporaryFolder();
  const sink = await folderStore(root).open(storedFeed({ size: 2_147_483_647 }));
  await sink.start(0);
  const count = 300;
  let bytes = 0;
  const before = process.memoryUsage.rss();
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 20);
  for (let offset = 0; offset < count; offset++) {
    const one = makeLine(offset, 0, `"${'x'.repeat(999_000)}"`).bytes;
    bytes += one.length;
    await sink.append(one);
  }
  await sink.seal({
    from: 0,
    to: count,
    cut: 'end',
    bytes,
    firstTime: 0,
    lastTime: 0,
    firstReceived: 0,
    lastReceived: 0,
    delivery: 'block',
  });
  await sink.close();
  const found = await verifyOnly(root);
  clearInterval(watch);
  expect(found).toMatchObject({ messages: count, problems: [] });
  expect(most - before).toBeLessThan(100_000_000);
}, 120_000);
