// Verifies what collectors have stored, from nothing but the folders: that the journal is whole, that every byte is the
// one it vouches for, that every offset is there once or accounted for, that blocks end where the cut rule says, and, on
// request, that the messages come out the same when they are generated again. Reads everything, changes nothing.
import { findStoredFolders } from './folder/find.ts';
import { type VerifiedFolder, type VerifyOptions, verifyOne } from './verify/folder.ts';

export type { VerifiedFolder, VerifyOptions } from './verify/folder.ts';

/**
 * Verifies a collector's directory or any folder below it, in the order of names. Rejects with `storage` when there is
 * nothing to verify or something cannot be read. What is wrong with the contents is in the result.
 */
export async function verifyFolder(directory: string, options: VerifyOptions = {}): Promise<VerifiedFolder[]> {
  const results: VerifiedFolder[] = [];
  for (const folder of await findStoredFolders(directory)) results.push(await verifyOne(folder, options));
  return results;
}
