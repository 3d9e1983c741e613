// The kinds there are. A new one is added here, and nowhere else.
import { access } from './access.ts';
import { array } from './array.ts';
import { counter } from './counter.ts';
import type { Kind } from './kind.ts';
import { reading } from './reading.ts';
import { template } from './template.ts';
import { tick } from './tick.ts';
import { user } from './user.ts';

/** By name, in the order in which they are shown. */
export const kinds: ReadonlyMap<string, Kind> = new Map(
  [user, array, tick, reading, access, counter, template].map((kind) => [kind.name, kind]),
);
