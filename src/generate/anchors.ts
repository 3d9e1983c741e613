// How far apart the anchors of a generated feed lie.
import { limits } from '../protocol/limits.ts';
import { generateLimits } from './limits.ts';

/**
 * The `anchorEvery` of a feed whose longest line has so many bytes: so that the messages between two anchors have at most
 * 1 MiB. A pure function, since blocks by bytes hang on it.
 */
export function anchorEveryOf(maxLineBytes: number): number {
  const fitting = Math.max(limits.anchorEvery.min, Math.floor(generateLimits.lookBackBytes.default / maxLineBytes));
  return Math.min(limits.anchorEvery.max, 2 ** Math.floor(Math.log2(fitting)));
}
