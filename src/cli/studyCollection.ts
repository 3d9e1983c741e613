// blockfeed study with folders: charts of what collectors took.
import { collectedTable, studyCollected, writeCollectedReport } from '../study/collected.ts';
import { UsageError } from './flags.ts';
import { print, say } from './output.ts';

interface CollectionFlags {
  readonly out?: string;
  readonly json?: boolean;
}

const itsFlags = ['out', 'json'];

/** Reads the folders' journals, prints what is in them, and writes the charts. */
export async function studyCollection(folders: readonly string[], flags: CollectionFlags): Promise<void> {
  const other = Object.keys(flags).find((name) => !itsFlags.includes(name));
  if (other !== undefined) {
    const flag = other.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new UsageError(
      `--${flag} says what to measure, but folders are given, where all was measured: leave out one`,
    );
  }
  const study = await studyCollected(folders);
  print(flags.json === true ? JSON.stringify(study) : collectedTable(study));
  if (flags.out === undefined) return;
  for (const path of await writeCollectedReport(study, flags.out)) say(`wrote ${path}`);
}
