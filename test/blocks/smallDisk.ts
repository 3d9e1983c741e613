// A real file system that is full when a test wants it: a tmpfs, mounted where the test's folder is.
import { execFileSync } from 'node:child_process';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { temporaryFolder } from './folders.ts';

const mounted: string[] = [];

// Declared after the one in folders.ts, so run before it: nothing mounted is removed.
afterEach(() => {
  for (const path of mounted.splice(0)) execFileSync('/bin/umount', ['--lazy', path]);
});

export interface SmallDisk {
  readonly path: string;
  /** Takes all room that is left. */
  fill(): Promise<void>;
  /** Gives back what `fill` took. */
  free(): Promise<void>;
}

/** A file system of 1 MiB, or so many. Needs root: only root may mount. */
export async function smallDisk(mebibytes = 1): Promise<SmallDisk> {
  const path = await temporaryFolder();
  mount(`size=${mebibytes}m`, path);
  const filler = join(path, 'filler');
  return {
    path,
    async fill() {
      const file = await open(filler, 'a');
      try {
        for (;;) await file.write(Buffer.alloc(4_096));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        await file.close();
      }
    },
    free: () => unlink(filler),
  };
}

/** A file system that can only be read. */
export async function readOnlyDisk(): Promise<string> {
  const path = await temporaryFolder();
  mount('size=1m,ro', path);
  return path;
}

function mount(options: string, path: string): void {
  if (process.getuid?.() !== 0)
    throw new Error('this test mounts a small tmpfs, which only root may: run the tests as root');
  execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]);
  mounted.push(path);
}
