// How far apart the anchors of a generated feed are: offsets at which frames and blocks by bytes begin for certain. Whoever starts to
// read between two makes all messages from the one before, so that is bounded in bytes and in what it costs.
import { generateLimits } from './limits.ts';

const anchorEveryMax = 4_096;

/**
 * A power of two up to 4,096: the most messages that together have at most `lookBackBytes` and cost at most `lookBackMicros`; at least 1. Blocks
 * by bytes end at anchors, so it is content: whoever changes it raises `kinds` in kinds/version.ts.
 */
export function anchorEveryOf(maxLineBytes: number, messageMicros: number): number {
  const { lookBackBytes, lookBackMicros } = generateLimits;
  const fitting = Math.min(lookBackBytes.default / maxLineBytes, lookBackMicros.default / messageMicros);
  return fitting < 1 ? 1 : Math.min(anchorEveryMax, 2 ** Math.floor(Math.log2(fitting)));
}
