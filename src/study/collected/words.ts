// The words for collected folders, on the terminal and on the page.
import { formatBytes, formatCount, formatMicros, formatWhole } from '../page/format.ts';
import { lengthOf } from './pauses.ts';
import type { CollectedFolder, Pause } from './result.ts';

export const timeRows = [
  ['took', 'took', 'from its first byte to its last'],
  ['wait', 'age', 'from its first message’s time to its last byte'],
  ['span', 'span', 'from its first message’s time to its last’s'],
  ['between', 'distance', 'from one block’s last byte to the next one’s'],
] as const;

export function instant(micros: number): string {
  return new Date(micros / 1_000).toISOString().replace('T', ' ').slice(0, 23);
}

/** `1,205 blocks, cut by size (1,204) and end (1), in block delivery; 6,021 messages, [0, 6021), 812 kB`. */
export function blocksWords({ blocks, messages, bytes, cuts, deliveries, from, to }: CollectedFolder): string {
  const cut = `cut by ${kindsWords(cuts)}, in ${kindsWords(deliveries)} delivery`;
  return `${many(blocks, 'block')}, ${cut}; ${many(messages, 'message')}, [${from}, ${to}), ${formatBytes(bytes)}`;
}

/** The kinds, and how many of each where there are several. */
function kindsWords(counts: Readonly<Partial<Record<string, number>>>): string {
  const kinds = Object.entries(counts);
  return kinds
    .map(([name, count]) => (kinds.length === 1 ? name : `${name} (${formatWhole(count ?? 0)})`))
    .join(' and ');
}

export function many(count: number, what: string): string {
  return `${formatWhole(count)} ${count === 1 ? what : `${what}s`}`;
}

/** When its blocks came, and how many messages a second that is. */
export function periodWords(firstReceived: number, lastReceived: number, messages: number): string {
  const micros = lastReceived - firstReceived;
  const rate = micros > 0 ? `, ${formatCount((messages / micros) * 1_000_000)} messages/s` : '';
  return `${instant(firstReceived)} to ${instant(lastReceived)} UTC, ${formatMicros(micros)}${rate}`;
}

export function pauseWords(pause: Pause): string {
  const { kind, lateMicros, isStart, offset } = pause;
  const why =
    kind === 'away'
      ? `away: the next block had been ready for ${formatMicros(lateMicros)}`
      : 'quiet: the next block was fresh when it came';
  return `${formatMicros(lengthOf(pause))} before offset ${offset}; ${why}${isStart ? '; reading began anew' : ''}`;
}

/** What is odd in a folder, as sentences. */
export function oddWords(folder: CollectedFolder): string[] {
  const { gaps, lost, starts, clockWentBack, fromTheFuture, tornBytes } = folder;
  const odd: string[] = [];
  if (gaps > 0) odd.push(`${many(gaps, 'gap')} reported: ${many(lost, 'message')} never came.`);
  if (starts > 1) odd.push(`Reading jumped to another offset ${many(starts - 1, 'time')}.`);
  if (clockWentBack > 0)
    odd.push(`The collector's clock went back ${many(clockWentBack, 'time')}: do not trust the times around that.`);
  if (fromTheFuture > 0)
    odd.push(
      `${many(fromTheFuture, 'block')} came before the time of their first message: the two clocks differ, so ages are wrong.`,
    );
  if (tornBytes > 0) odd.push('The journal ends inside a line: its collector runs, or was killed.');
  return odd;
}

/** What a journal shows of connections. */
export const reconnectWords =
  'A journal does not record connections: a collector that comes back goes on where it was, and writes no line. It shows as a pause, a time in which nothing came: at least a second, and ten times the usual distance between blocks. Where the next block had been ready for half of the pause or longer, the collector, the network or the server was away; otherwise the feed was quiet.';
