// The tables of limits of all rooms, by the name under which docs/limits.md shows them.
import { blockLimits } from '../../src/blocks/limits.ts';
import { cliLimits } from '../../src/cli/limits.ts';
import { clientLimits } from '../../src/client/limits.ts';
import { feedLimits } from '../../src/feed/limits.ts';
import { framesLimits } from '../../src/frames/limits.ts';
import { generateLimits } from '../../src/generate/limits.ts';
import type { Limit } from '../../src/protocol/limit.ts';
import { limits } from '../../src/protocol/limits.ts';
import { serverLimits } from '../../src/server/limits.ts';

export const limitTables: Readonly<Record<string, Readonly<Record<string, Limit>>>> = {
  wire: limits,
  server: serverLimits,
  frames: framesLimits,
  feed: feedLimits,
  generate: generateLimits,
  client: clientLimits,
  blocks: blockLimits,
  cli: cliLimits,
};
