// What folders are called in a report: by what tells them apart, and no more.
import type { CollectedFolder } from './result.ts';

/** One name for each: the feed and policy, and the epoch's begin where two have those; the path where even that is the same. */
export function folderNames(folders: readonly CollectedFolder[]): string[] {
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
