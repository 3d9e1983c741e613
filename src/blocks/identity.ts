// Which file an open handle is. A path may name another file later, or none: somebody has deleted, moved or replaced it.
// What is then written goes to a file that nobody finds, and the operating system calls that a success.
import { lstatSync, statSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { BlockfeedError } from '../protocol/errors.ts';
import { errorName, storageError, storing } from './files.ts';

export class FileIdentity {
  readonly #path: string;
  readonly #device: bigint;
  readonly #inode: bigint;
  readonly #lookUp: typeof lstatSync;

  private constructor(path: string, device: bigint, inode: bigint, lookUp: typeof lstatSync) {
    this.#lookUp = lookUp;
    this.#path = path;
    this.#device = device;
    this.#inode = inode;
  }

  /** `links` is how the file was opened: whether a symbolic link at `path` was followed to it, or refused. */
  static async of(file: FileHandle, path: string, links: 'followed' | 'refused'): Promise<FileIdentity> {
    // As bigint: inodes of some file systems are beyond 2^53.
    const { dev, ino } = await storing('read', path, () => file.stat({ bigint: true }));
    return new FileIdentity(path, dev, ino, links === 'followed' ? statSync : lstatSync);
  }

  /**
   * Throws `storage` unless the path still names this file. The path is asked, not the number of the file's names:
   * a file server keeps a deleted file that is open under another name, and a folder that is moved takes its files along.
   */
  check(): void {
    try {
      // Not as a promise: the answer is in memory, and three promises for each sync would cost a tenth of its time.
      const { dev, ino } = this.#lookUp(this.#path, { bigint: true });
      if (dev === this.#device && ino === this.#inode) return;
    } catch (error) {
      const name = errorName(error);
      if (name !== 'ENOENT' && name !== 'ENOTDIR') throw storageError('read', this.#path, error);
      throw this.#lost('is gone', error);
    }
    throw this.#lost('is another file now', undefined);
  }

  #lost(what: string, cause: unknown): BlockfeedError {
    const message = `${this.#path} ${what}: it was deleted, moved or replaced while it was written to`;
    return new BlockfeedError('storage', message, {
      hint: 'Start again: it goes on where the record of what is stored ends. Move files away only when nobody writes them.',
      about: this.#path,
      cause,
    });
  }
}
