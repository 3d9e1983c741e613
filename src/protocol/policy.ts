// What block a reader asks for, and the one way to write it down.
import { wholeWithin } from './limit.ts';
import { limits } from './limits.ts';
import { formatDurationMs } from './units.ts';

/** Where blocks end: whichever of the stated limits is reached first. At least one is stated. */
export interface Policy {
  /** Messages: a block ends before every offset that is a multiple of it. 1 to 2^31-1. */
  readonly size?: number;
  /** Milliseconds: a block holds messages of one slot of the clock of this length only. 1 to 86,400,000. */
  readonly waitMs?: number;
  /** Bytes of lines: a block ends before the message that would take it beyond. 1,000 to 2^30. */
  readonly bytes?: number;
}

/** What a reader gets who states nothing: 100 messages or a second, whichever comes first. */
export const defaultPolicy: Policy = Object.freeze({ size: limits.size.default, waitMs: limits.waitMs.default });

/**
 * Checks what was stated and leaves out the rest. Nothing stated is the default policy; where one thing is stated only
 * that counts: size 5 means 5, however slow the feed. Throws `bad-option` naming the field and its range.
 */
export function makePolicy(stated: {
  readonly size?: number | undefined;
  readonly waitMs?: number | undefined;
  readonly bytes?: number | undefined;
}): Policy {
  const { size, waitMs, bytes } = stated;
  if (size === undefined && waitMs === undefined && bytes === undefined) return defaultPolicy;
  return Object.freeze({
    ...(size === undefined ? {} : { size: wholeWithin('size', size, limits.size) }),
    ...(waitMs === undefined ? {} : { waitMs: wholeWithin('waitMs', waitMs, limits.waitMs) }),
    ...(bytes === undefined ? {} : { bytes: wholeWithin('bytes', bytes, limits.bytes) }),
  });
}

/** The policy's name, one for each policy, fit for a folder: `size-5`, `wait-1s`, `size-100,wait-1s,bytes-1000`. */
export function policyName(policy: Policy): string {
  const parts: string[] = [];
  if (policy.size !== undefined) parts.push(`size-${policy.size}`);
  if (policy.waitMs !== undefined) parts.push(`wait-${formatDurationMs(policy.waitMs)}`);
  if (policy.bytes !== undefined) parts.push(`bytes-${policy.bytes}`);
  return parts.join(',');
}
