// feed.json: what a folder's blocks are blocks of, and all that is needed to generate them again. One line of JSON that
// ends with its own checksum, written once, before anything else in the folder.
import { isFeedName } from '../../protocol/feedName.ts';
import { makePolicy, type Policy, policyName } from '../../protocol/policy.ts';
import { encodeChecked, parseChecked } from '../selfcheck.ts';
import type { StoredFeed } from '../sink.ts';

export const feedFileName = 'feed.json';

const epochPattern = /^[0-9a-f]{32}$/;

/** A folder lies in three that are named by what it holds. */
export function folderNames({
  feed,
  policy,
  epoch,
}: StoredFeed): readonly [feed: string, policy: string, epoch: string] {
  return [feed, policyName(policy), epoch];
}

/** Whether a name can be that of a folder of blocks. */
export function isEpoch(name: string): boolean {
  return epochPattern.test(name);
}

/** Another number in a feed.json is a folder of another version. */
const formatVersion = 2;

/** Why these names may not be used in paths, or undefined. Both come from a server. */
export function nameFault(feed: string, epoch: string): string | undefined {
  if (!isFeedName(feed)) return `${JSON.stringify(feed.slice(0, 100))} is not a feed's name`;
  if (!epochPattern.test(epoch))
    return `the epoch ${JSON.stringify(epoch.slice(0, 100))} does not match ${epochPattern}`;
  return undefined;
}

/** The file's one line. A generator's version needs no field of its own: it is part of what the epoch is made of. */
export function encodeFeedFile(stored: StoredFeed): string {
  const { requested, feed, epoch, specification, anchorEvery, policy } = stored;
  const { size, waitMs, bytes } = policy;
  const generated = specification === undefined ? {} : { specification };
  return encodeChecked({
    format: formatVersion,
    requested,
    feed,
    epoch,
    ...generated,
    anchorEvery,
    policy: { size, waitMs, bytes },
  });
}

/** What a feed.json says, or why it says nothing, as a sentence. */
export function parseFeedFile(bytes: Buffer): StoredFeed | string {
  const end = bytes.length > 0 && bytes[bytes.length - 1] === 0x0a ? bytes.length - 1 : undefined;
  const fields = end === undefined ? undefined : parseChecked(bytes.subarray(0, end));
  if (fields === undefined) return 'its checksum `self` does not match';
  if (fields.format !== formatVersion)
    return `its format is ${JSON.stringify(fields.format)}, and this version reads ${formatVersion}`;
  const { requested, feed, epoch, specification, anchorEvery } = fields;
  const policy = readPolicy(fields.policy);
  if (typeof requested !== 'string' || typeof feed !== 'string' || typeof epoch !== 'string' || policy === undefined)
    return 'requested, feed, epoch or policy is missing or wrong';
  if (specification !== undefined && typeof specification !== 'string') return 'its specification is not text';
  if (!Number.isInteger(anchorEvery)) return 'its anchorEvery is no whole number';
  const fault = nameFault(feed, epoch);
  if (fault !== undefined) return fault;
  const stored = { requested, feed, epoch, specification, anchorEvery: Number(anchorEvery), policy };
  return encodeFeedFile(stored) === bytes.toString('utf8') ? stored : 'it is not a feed.json of this format';
}

/** Whether two descriptions are of the same blocks; `requested` may differ: there are many words for one feed. */
export function sameBlocks(one: StoredFeed, other: StoredFeed): boolean {
  return (
    one.feed === other.feed &&
    one.epoch === other.epoch &&
    one.specification === other.specification &&
    one.anchorEvery === other.anchorEvery &&
    policyName(one.policy) === policyName(other.policy)
  );
}

function readPolicy(value: unknown): Policy | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { size, waitMs, bytes } = value as {
    readonly size?: unknown;
    readonly waitMs?: unknown;
    readonly bytes?: unknown;
  };
  if (!isNumberOrAbsent(size) || !isNumberOrAbsent(waitMs) || !isNumberOrAbsent(bytes)) return undefined;
  if (size === undefined && waitMs === undefined && bytes === undefined) return undefined;
  try {
    return makePolicy({ size, waitMs, bytes });
  } catch {
    // Out of range: makePolicy's hint speaks of options, and here there is a file.
    return undefined;
  }
}

function isNumberOrAbsent(value: unknown): value is number | undefined {
  return value === undefined || typeof value === 'number';
}
