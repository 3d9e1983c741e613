// Files as all sinks need them: errors that say what to do, writes that are whole, names that survive a power cut.
import { type FileHandle, lstat, open, rename } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { BlockfeedError } from '../protocol/errors.ts';
import { blockLimits } from './limits.ts';

/** Does something with a file. Whatever the operating system says against it becomes `storage`, with path and hint. */
export async function storing<Result>(action: string, path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw storageError(action, path, error);
  }
}

/** `storage` for an error of the operating system. A BlockfeedError stays what it is. */
export function storageError(action: string, path: string, cause: unknown): BlockfeedError {
  if (cause instanceof BlockfeedError) return cause;
  const name = errorName(cause);
  const said = cause instanceof Error ? cause.message : String(cause);
  // Node says "Unknown system error -122" where it has no name for a number.
  const why = name === undefined || said.includes(name) ? said : `${name} (${said})`;
  return new BlockfeedError('storage', `cannot ${action} ${path}: ${why}`, {
    hint: hints[name ?? ''] ?? 'See what the operating system says about that path.',
    about: path,
    cause,
  });
}

/** The operating system's name of an error: `ENOENT`. Undefined where the error is none of the operating system's. */
export function errorName(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code)) return error.code;
  return 'errno' in error && typeof error.errno === 'number' ? namesByNumber.get(-error.errno) : undefined;
}

/** Node names only the errors that libuv knows. The quota's is not among them. */
const namesByNumber: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno).map(([name, number]) => [number, name]),
);

const noRight = 'Give this user the right to write there, or choose another folder.';
const inTheWay = 'Something else lies at that path: move it away, or choose another folder.';
const failing = 'The disk or its file system fails: look into the log of the system before you store anything there.';
const hints: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space and start again: it goes on where the record of what is stored ends.',
  EDQUOT: 'Free some space of this user, or raise its quota, and start again: it goes on where the record ends.',
  EFBIG: 'The file system or a limit of this process allows no larger files: choose another folder.',
  EACCES: noRight,
  EPERM: noRight,
  EROFS: 'The file system can only be read: choose another folder.',
  ENOTDIR: inTheWay,
  EISDIR: inTheWay,
  EEXIST: inTheWay,
  ELOOP: inTheWay,
  ENOENT: 'Make the folder that holds it first, or choose another folder.',
  ENAMETOOLONG: 'Choose a folder with a shorter path.',
  EMFILE: 'Allow this process more open files (ulimit -n).',
  ENFILE: 'The machine has too many open files.',
  ENOMEM: 'The machine has too little memory: end other programs and start again.',
  EIO: failing,
  EUCLEAN: failing,
  ESTALE: 'The file server has lost that path: mount it again, and start again.',
  ETIMEDOUT: 'The file server does not answer: start again when it does.',
  ENOLCK: 'That file system gives no locks: choose a folder on another one.',
  EOPNOTSUPP: 'That file system does not do this: choose a folder on another one.',
  EPIPE: 'The reader of that stream has gone.',
};

/** The part of a FileHandle that writes: tests put their own there. */
export interface Writer {
  write(bytes: Uint8Array, offset: number, length: number, position: number | null): Promise<{ bytesWritten: number }>;
}

/** Writes all of `bytes`. A write may be short without being an error, so it is repeated for the rest. */
export async function writeFully(file: Writer, bytes: Uint8Array, position: number | null): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const at = position === null ? null : position + done;
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at);
    if (bytesWritten === 0) throw new Error('the operating system wrote no byte and gave no error');
    done += bytesWritten;
  }
}

/** Makes a file of these bytes, durable when it resolves. Under another name first, so that the file is there whole or not at all. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.new`;
  await storing('write', draft, () =>
    withFile(draft, 'w', async (file) => {
      await writeFully(file, bytes, 0);
      await file.sync();
    }),
  );
  await storing('rename', draft, () => rename(draft, path));
  await syncFolder(dirname(path));
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

/** Lets go of something after a failure. The failure is what counts: an error of the letting go follows from it, or says less. */
export async function abandon(letGo: () => Promise<void>): Promise<void> {
  try {
    await letGo();
  } catch {
    // The first error is on its way already.
  }
}

/** The size of a regular file, undefined where there is none. Anything else of that name is refused, also a symbolic link. */
export async function fileSize(path: string): Promise<number | undefined> {
  try {
    const found = await lstat(path);
    if (found.isFile()) return found.size;
  } catch (error) {
    if (errorName(error) === 'ENOENT') return undefined;
    throw storageError('read', path, error);
  }
  throw new BlockfeedError('storage', `${path} is not a regular file`, { hint: inTheWay, about: path });
}

/** Waits for all, then rejects with the first error: nothing is left under way. */
export async function settleAll(works: readonly (Promise<void> | undefined)[]): Promise<void> {
  for (const result of await Promise.allSettled(works)) if (result.status === 'rejected') throw result.reason;
}

/** Reads ranges of a file one after another through one window, so that many small ranges cost few reads. */
export class FileReader {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #windowBytes: number;
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;
  #memory: Buffer | undefined;

  /** `bytes` is about how much will be read: a reader of little takes little memory. */
  constructor(file: FileHandle, path: string, bytes: number) {
    this.#file = file;
    this.#path = path;
    const { min, max } = blockLimits.readBytes;
    this.#windowBytes = Math.min(Math.max(bytes, min), max);
  }

  /** The bytes [from, to), in pieces that hold until the next one is taken; fewer where the file ends before. */
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
