// The names of a folder's files. People read `*.ndjson`, so nothing but data has such a name.

export const journalFileName = 'blocks.journal';
export const lockFileName = 'lock';

/** An offset in so many digits that names sort as numbers do. */
export function offsetDigits(offset: number): string {
  return String(offset).padStart(20, '0');
}

/** The data file whose first message has this offset. */
export function dataFile(offset: number): string {
  return `${offsetDigits(offset)}${dataSuffix}`;
}

/** The offset in a data file's name, or undefined: the name is none of a data file. */
export function dataFileOffset(name: string): number | undefined {
  const digits = name.slice(0, -dataSuffix.length);
  return name.endsWith(dataSuffix) && /^\d{20}$/.test(digits) ? Number(digits) : undefined;
}

/** Where what was taken out of a file is kept until it is stored anew. */
export function asideFile(name: string): string {
  return `${name}${asideSuffix}`;
}

/** Whether a name is one of those that `asideFile` makes. */
export function isAsideFile(name: string): boolean {
  const of = name.slice(0, -asideSuffix.length);
  return name.endsWith(asideSuffix) && (of === journalFileName || dataFileOffset(of) !== undefined);
}

const dataSuffix = '.ndjson';
const asideSuffix = '.aside';
