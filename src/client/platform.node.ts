// Placeholder.
import type { Platform } from './platform.ts';

export const platform: Platform = { name: `node ${process.versions.node}` };
