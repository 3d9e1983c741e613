// Removes dist, since `tsc --build` leaves the outputs of deleted sources behind, and they would be packed.
import { rmSync } from 'node:fs';

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
