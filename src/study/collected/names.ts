// The names of folders in a report: no longer than they must be to differ.
import type { CollectedFolder } from './result.ts';

/**
 * One name for each folder: the feed; where two are the same, also the policy, then also the begin of the epoch; else
 * the path.
 */
export function folderLabels(folders: readonly CollectedFolder[]): string[] {
  const ways: readonly ((folder: CollectedFolder) => string)[] = [
    ({ feed }) => feed,
    ({ feed, policy }) => `${feed} ${policy}`,
    ({ feed, policy, epoch }) => `${feed} ${policy} ${epoch.slice(0, 8)}`,
    ({ path }) => path,
  ];
  for (const way of ways) {
    const names = folders.map(way);
    if (new Set(names).size === names.length) return names;
  }
  return folders.map(({ path }) => path);
}
