// Collected folders for the terminal.
import { formatMicros, formatWhole } from '../page/format.ts';
import { plainTable, wrapped } from '../report/plain.ts';
import type { CollectedFolder, CollectedStudy } from './result.ts';
import { blocksWords, instant, oddWords, pauseWords, periodWords, reconnectWords, timeRows } from './words.ts';

/** How many of a folder's last pauses are printed. */
const mostPauses = 10;

/** The study as plain text of at most a hundred columns, ending with a newline. */
export function collectedTable({ folders }: CollectedStudy): string {
  const hasPauses = folders.some(({ pauses }) => pauses.length > 0);
  const lines = [...folders.flatMap(folderLines), ...(hasPauses ? wrapped(reconnectWords) : [])];
  return `${lines.join('\n').trimEnd()}\n`;
}

function folderLines(folder: CollectedFolder): string[] {
  const { path, messages, firstReceived, lastReceived, pauses } = folder;
  const head = wrapped(path);
  if (firstReceived === undefined || lastReceived === undefined) return [...head, '  no block', ''];
  const rows = timeRows.flatMap(([which, name]) => {
    const { count, mean, p50, p90, p99, p999, max } = folder[which];
    return count === 0 ? [] : [[name, ...[mean, p50, p90, p99, p999, max].map((each) => formatMicros(each))]];
  });
  const longest = pauses.slice(-mostPauses);
  return [
    ...head,
    ...wrapped(blocksWords(folder), '  '),
    ...wrapped(periodWords(firstReceived, lastReceived, messages), '  '),
    ...plainTable(['a block’s', '#mean', '#p50', '#p90', '#p99', '#p99.9', '#max'], rows).map((line) => `  ${line}`),
    ...oddWords(folder).flatMap((words) => wrapped(words, '  ')),
    ...(longest.length < pauses.length ? [`  ${formatWhole(pauses.length)} pauses, the last ${mostPauses}:`] : []),
    ...longest.flatMap((pause) => wrapped(`${instant(pause.fromMicros)} paused ${pauseWords(pause)}`, '  ', '    ')),
    '',
  ];
}
