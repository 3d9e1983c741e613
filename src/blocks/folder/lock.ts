// A lock on a path: one holder at a time, whatever process, container or part of this process it is. It is the kernel's
// own lock on an open file, so it ends with its holder, however that ends, and nobody has to find out whether a holder
// still lives. The file stays behind, and a file that is there says nothing. It is never removed: whoever has the removed
// file open and whoever makes a new one would both hold a lock.
//
// On Linux it is a lock of the open file description (fcntl F_OFD_SETLK), on macOS flock, on Windows LockFileEx. All three
// exclude a second open of the file in the same process, and on Linux NFS hands the lock to the file server.
import { constants, type FileHandle, open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { BlockfeedError } from '../../protocol/errors.ts';
import { abandon, errorName, settleAll, storageError, storing, writeFully } from '../files.ts';
import { FileIdentity } from '../identity.ts';
import { blockLimits } from '../limits.ts';

export interface Lock {
  /** Throws `storage` when the file was deleted, moved or replaced: somebody else may then hold a lock of that path. */
  check(): void;
  /** Gives it back. Harmless when it was given back already. */
  release(): Promise<void>;
}

/**
 * Takes the lock of `path`, a file that is made where there is none. Rejects with `locked` when somebody else holds it,
 * also in this process; with `storage` when the file cannot be opened, or the file system or this platform has no locks.
 */
export async function takeLock(path: string): Promise<Lock> {
  const native = await loadNative(path);
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
  const file = await storing('open', path, () => open(path, flags));
  try {
    if (!isGranted(native, file, path)) throw lockedBy(path, await readNote(file));
    const identity = await FileIdentity.of(file, path, 'refused');
    // Between the open and the lock the file may have been replaced. Then the lock is one of nothing.
    identity.check();
    await storing('write', path, () => writeNote(file));
    return new HeldLock(native, file, path, identity);
  } catch (error) {
    await abandon(() => file.close());
    throw error;
  }
}

class HeldLock implements Lock {
  readonly #native: NativeLock;
  readonly #path: string;
  readonly #identity: FileIdentity;
  #file: FileHandle | undefined;

  constructor(native: NativeLock, file: FileHandle, path: string, identity: FileIdentity) {
    this.#native = native;
    this.#file = file;
    this.#path = path;
    this.#identity = identity;
  }

  check(): void {
    this.#identity.check();
  }

  async release(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    // Closing alone would do, but for a child process that is being started at this moment and has the file open too.
    const unlocked = storing('unlock', this.#path, async () => this.#native.unlock(file.fd));
    await settleAll([unlocked, storing('close', this.#path, () => file.close())]);
  }
}

function isGranted(native: NativeLock, file: FileHandle, path: string): boolean {
  try {
    return native.tryLock(file.fd);
  } catch (error) {
    // Windows says it in these words.
    if (errorName(error) === 'EBUSY' || errorName(error) === 'EACCES') return false;
    throw storageError('lock', path, error);
  }
}

/** Who holds a lock, as its holder has written it down. Only a hint: a pid means something in its own container alone. */
interface Note {
  readonly pid: number;
  readonly machine: string;
}

async function writeNote(file: FileHandle): Promise<void> {
  const note: Note = { pid: process.pid, machine: hostname() };
  await file.truncate(0);
  await writeFully(file, Buffer.from(`${JSON.stringify(note)}\n`), 0);
}

async function readNote(file: FileHandle): Promise<Note | undefined> {
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(blockLimits.lockNoteBytes.max), 0, null, 0);
    const value: unknown = JSON.parse(buffer.toString('utf8', 0, bytesRead));
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('machine' in value)) return undefined;
    const { pid, machine } = value;
    const isNote = Number.isSafeInteger(pid) && typeof machine === 'string' && /^[\w.-]+$/.test(machine);
    return isNote ? { pid: Number(pid), machine } : undefined;
  } catch {
    // Not written yet, or not to be read (Windows lets nobody else read it): then the holder has no name, and that is all.
    return undefined;
  }
}

function lockedBy(path: string, note: Note | undefined): BlockfeedError {
  const who = note === undefined ? 'another process' : `process ${note.pid} of the machine ${note.machine}`;
  return new BlockfeedError('locked', `${path} is locked: the folder is in use by ${who}`, {
    hint: 'Let that collector leave first, or choose another folder. Removing the lock file does not help.',
    about: path,
  });
}

/** The part of fs-native-extensions that is used. */
interface NativeLock {
  tryLock(fd: number): boolean;
  unlock(fd: number): void;
}

/** Loaded only where something is locked: without it everything else still works. */
async function loadNative(path: string): Promise<NativeLock> {
  try {
    return await import('fs-native-extensions');
  } catch (error) {
    throw withoutNative(path, error);
  }
}

function withoutNative(path: string, cause: unknown): BlockfeedError {
  const platform = `${process.platform}-${process.arch}`;
  return new BlockfeedError('storage', `cannot lock ${path}: fs-native-extensions cannot be loaded on ${platform}`, {
    hint: 'Install it for this platform (Linux, macOS and Windows on x64 and arm64 come with it), or store without a folder.',
    about: path,
    cause,
  });
}
