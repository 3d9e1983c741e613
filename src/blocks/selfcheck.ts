// A line of JSON that ends with the checksum of itself: `{…,"self":1234}` and a newline. `self` is the crc32 of the line's
// bytes before `,"self"`. So a line that was torn or changed on disk is known without any other file.
import { crc32 } from 'node:zlib';

const key = ',"self":';

/** The line for an object with at least one field, newline included. */
export function encodeChecked(fields: object): string {
  return checked(JSON.stringify(fields).slice(0, -1));
}

/** The same for the text of an object without its closing brace. */
export function checked(head: string): string {
  return `${head}${key}${crc32(head)}}\n`;
}

/** The object in a line (without its newline), or undefined when the line is not what `encodeChecked` made. */
export function parseChecked(line: Buffer): Record<string, unknown> | undefined {
  const headEnd = line.lastIndexOf(key);
  if (headEnd < 0) return undefined;
  const head = line.subarray(0, headEnd);
  if (line.toString('latin1', headEnd) !== `${key}${crc32(head)}}`) return undefined;
  try {
    const value: unknown = JSON.parse(`${head.toString('utf8')}}`);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Text that is not JSON under a right checksum: whoever wrote it, it was not us, and that is all there is to say.
    return undefined;
  }
}
