// How far apart the anchors of a generated feed are. At an anchor frames begin for certain, and blocks by bytes too. A reader who starts
// between two has all messages from the one before made. So that is bounded, in bytes and in what it costs.
import { generateLimits } from './limits.ts';

const anchorEveryMax = 4_096;

/**
 * A power of two up to 4,096. So many messages have at most `lookBackBytes` together, and cost at most `lookBackMicros`; it is at least 1.
 * Blocks by bytes end at anchors: whoever changes this raises `kinds` in kinds/version.ts.
 */
export function anchorEveryOf(maxLineBytes: number, messageMicros: number): number {
  const { lookBackBytes, lookBackMicros } = generateLimits;
  const fitting = Math.min(lookBackBytes.default / maxLineBytes, lookBackMicros.default / messageMicros);
  return fitting < 1 ? 1 : Math.min(anchorEveryMax, 2 ** Math.floor(Math.log2(fitting)));
}
