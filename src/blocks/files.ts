// Files as all sinks need them: errors that say what to do, writes that are whole, names that survive a power cut.
import { type FileHandle, open } from 'node:fs/promises';
import { BlockfeedError } from '../protocol/errors.ts';

/** Does something with a file; whatever the operating system says against it becomes `storage` with path and hint. */
export async function storing<Result>(action: string, path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw storageError(action, path, error);
  }
}

/** `storage` for an error of the operating system; a BlockfeedError stays what it is. */
export function storageError(action: string, path: string, cause: unknown): BlockfeedError {
  if (cause instanceof BlockfeedError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new BlockfeedError('storage', `cannot ${action} ${path}: ${why}`, {
    hint: hints[errorName(cause) ?? ''] ?? 'See what the operating system says about that path.',
    about: path,
    cause,
  });
}

/** The operating system's name of an error: `ENOENT`. */
export function errorName(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

const noSpace = 'Free some space and start again: it goes on where the record of what is stored ends.';
const noRight = 'Give this user the right to write there, or choose another place.';
const inTheWay = 'Something else lies at that path: move it away, or choose another place.';
const hints: Readonly<Record<string, string>> = {
  ENOSPC: noSpace,
  EDQUOT: noSpace,
  EFBIG: 'The file system or a limit of this process allows no larger files: choose another place.',
  EACCES: noRight,
  EPERM: noRight,
  EROFS: 'The file system can only be read: choose another place.',
  ENOTDIR: inTheWay,
  EISDIR: inTheWay,
  EEXIST: inTheWay,
  ELOOP: inTheWay,
  ENOENT: 'Make the folder that holds it first, or choose another place.',
  EMFILE: 'Allow this process more open files (ulimit -n).',
  ENFILE: 'The machine has too many open files.',
  EPIPE: 'The reader of that stream has gone.',
};

/** The part of a FileHandle that writes: what tests put in its place. */
export interface Writer {
  write(bytes: Uint8Array, offset: number, length: number, position: number | null): Promise<{ bytesWritten: number }>;
}

/** Writes all of `bytes`: a write may be short without being an error, so it is repeated for the rest. */
export async function writeFully(file: Writer, bytes: Uint8Array, position: number | null): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const at = position === null ? null : position + done;
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at);
    if (bytesWritten === 0) throw new Error('the operating system wrote no byte and gave no error');
    done += bytesWritten;
  }
}

/** Makes the names in a folder durable. Windows cannot open folders and does not need it. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  await storing('sync', path, () => withFile(path, 'r', (folder) => folder.sync()));
}

/** Opens a file for as long as `work` takes. */
export async function withFile<Result>(
  path: string,
  flags: string,
  work: (file: FileHandle) => Promise<Result>,
): Promise<Result> {
  const file = await open(path, flags);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

/** Reads ranges of a file one after another through one window, so that many small ranges cost few reads. */
export class FileReader {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #windowBytes: number;
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;
  #memory: Buffer | undefined;

  /** To read about so many bytes, with a window of 64 KiB to 1 MiB. */
  constructor(file: FileHandle, path: string, bytes: number) {
    this.#file = file;
    this.#path = path;
    this.#windowBytes = Math.min(Math.max(bytes, 65_536), 1_048_576);
  }

  /** The bytes [from, to), in pieces that are true until the next one is asked for; fewer where the file ends before. */
  async *range(from: number, to: number): AsyncGenerator<Buffer, void, undefined> {
    for (let at = from; at < to; ) {
      if (at < this.#windowAt || at >= this.#windowAt + this.#window.length) await this.#fill(at);
      const piece = this.#window.subarray(at - this.#windowAt, to - this.#windowAt);
      if (piece.length === 0) return;
      yield piece;
      at += piece.length;
    }
  }

  async #fill(at: number): Promise<void> {
    const memory = this.#memory ?? Buffer.allocUnsafeSlow(this.#windowBytes);
    this.#memory = memory;
    const { bytesRead } = await storing('read', this.#path, () => this.#file.read(memory, 0, memory.length, at));
    this.#window = memory.subarray(0, bytesRead);
    this.#windowAt = at;
  }
}
