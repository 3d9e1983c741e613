// Studies collected folders: reads collectors' journals, and nothing else, and reports when their blocks came.
import { realpath } from 'node:fs/promises';
import { storing } from '../blocks/files.ts';
import { findStoredFolders } from '../blocks/folder/find.ts';
import { collectedPage } from './collected/html.ts';
import { readCollected } from './collected/journal.ts';
import { lengthOf } from './collected/pauses.ts';
import type { CollectedFolder, CollectedStudy, Pause, Slot } from './collected/result.ts';
import { writeFiles } from './files.ts';
import { type Column, csv } from './report/csv.ts';

export type { CollectedFolder, CollectedStudy } from './collected/result.ts';
export { collectedTable } from './collected/table.ts';

/**
 * Reads the journals in and below the directories. Memory does not depend on their length: time is divided into at most
 * 400 slots a folder, of one length for all. Rejects with `storage` where a directory has no journal or cannot be read,
 * and with `damaged`, which names file and line, where a journal is not whole.
 */
export async function studyCollected(directories: readonly string[]): Promise<CollectedStudy> {
  const journals = [];
  for (const folder of await eachOnce(directories)) journals.push(await readCollected(folder));
  const slotMicros = Math.max(0, ...journals.map(({ slots }) => slots.slotMicros));
  for (const { slots } of journals) slots.joinTo(slotMicros);
  return {
    version: 1,
    command: `blockfeed study ${directories.map(quoted).join(' ')}`,
    slotMicros,
    folders: journals.map((journal) => journal.folder()),
  };
}

/**
 * Writes collected.json, folders.csv, slots.csv, pauses.csv and report.html into the directory, and makes it if needed.
 * Files of these names are replaced. Resolves with their paths. Rejects with `storage`.
 */
export async function writeCollectedReport(study: CollectedStudy, directory: string): Promise<string[]> {
  const ofFolders = <Row>(rows: (folder: CollectedFolder) => readonly Row[]): (readonly [CollectedFolder, Row])[] =>
    study.folders.flatMap((folder) => rows(folder).map((row) => [folder, row] as const));
  return await writeFiles(directory, {
    'collected.json': `${JSON.stringify(study)}\n`,
    'folders.csv': csv(folderColumns, study.folders),
    'slots.csv': csv(
      slotColumns,
      ofFolders(({ slots }) => slots),
    ),
    'pauses.csv': csv(
      pauseColumns,
      ofFolders(({ pauses }) => pauses),
    ),
    'report.html': await collectedPage(study),
  });
}

const folderColumns: readonly Column<CollectedFolder>[] = [
  { name: 'path', of: ({ path }) => path },
  { name: 'feed', of: ({ feed }) => feed },
  { name: 'policy', of: ({ policy }) => policy },
  { name: 'epoch', of: ({ epoch }) => epoch },
  { name: 'blocks', of: ({ blocks }) => blocks },
  { name: 'messages', of: ({ messages }) => messages },
  { name: 'bytes', of: ({ bytes }) => bytes },
  { name: 'gaps', of: ({ gaps }) => gaps },
  { name: 'lost', of: ({ lost }) => lost },
  { name: 'starts', of: ({ starts }) => starts },
  { name: 'from', of: ({ from }) => from },
  { name: 'to', of: ({ to }) => to },
  { name: 'first_received_us', of: ({ firstReceived }) => firstReceived },
  { name: 'last_received_us', of: ({ lastReceived }) => lastReceived },
  { name: 'pauses', of: ({ pauses }) => pauses.length },
  { name: 'clock_went_back', of: ({ clockWentBack }) => clockWentBack },
  { name: 'from_the_future', of: ({ fromTheFuture }) => fromTheFuture },
  ...(['took', 'span', 'wait', 'between'] as const).flatMap((which) =>
    (['mean', 'min', 'p50', 'p90', 'p99', 'p999', 'max'] as const).map((quantile) => ({
      name: `${which}_${quantile}_us`,
      of: (folder: CollectedFolder) => (folder[which].count === 0 ? undefined : folder[which][quantile]),
    })),
  ),
];

const slotColumns: readonly Column<readonly [CollectedFolder, Slot]>[] = [
  { name: 'path', of: ([{ path }]) => path },
  { name: 'at_us', of: ([, { at }]) => at },
  { name: 'blocks', of: ([, { blocks }]) => blocks },
  { name: 'messages', of: ([, { messages }]) => messages },
  { name: 'bytes', of: ([, { bytes }]) => bytes },
  ...(['took', 'wait', 'between'] as const).flatMap((which) =>
    (['mean', 'min', 'max'] as const).map((extent) => ({
      name: `${which}_${extent}_us`,
      of: ([, slot]: readonly [CollectedFolder, Slot]) => slot[which]?.[extent],
    })),
  ),
];

const pauseColumns: readonly Column<readonly [CollectedFolder, Pause]>[] = [
  { name: 'path', of: ([{ path }]) => path },
  { name: 'from_us', of: ([, { fromMicros }]) => fromMicros },
  { name: 'to_us', of: ([, { toMicros }]) => toMicros },
  { name: 'length_us', of: ([, pause]) => lengthOf(pause) },
  { name: 'offset', of: ([, { offset }]) => offset },
  { name: 'late_us', of: ([, { lateMicros }]) => lateMicros },
  { name: 'kind', of: ([, { kind }]) => kind },
  { name: 'is_start', of: ([, { isStart }]) => isStart },
];

/** The text, quoted for a shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The folders below the directories. Each is there once, also where one directory contains another. */
async function eachOnce(directories: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const directory of directories)
    for (const folder of await findStoredFolders(await storing('read', directory, () => realpath(directory))))
      found.add(folder);
  return found;
}
