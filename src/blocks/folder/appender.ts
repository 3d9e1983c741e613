// A file that only grows. Small appends are gathered in memory, so that many of them are one write; a big one is written
// from where it lies, without a copy.
import { type FileHandle, open } from 'node:fs/promises';
import { abandon, storing, writeFully } from '../files.ts';
import { FileIdentity } from '../identity.ts';

export class Appender {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #identity: FileIdentity;
  readonly #gatherBytes: number;
  #gathered: Buffer | undefined;
  #used = 0;
  #written: number;

  private constructor(file: FileHandle, identity: FileIdentity, path: string, length: number, gatherBytes: number) {
    this.#file = file;
    this.#identity = identity;
    this.path = path;
    this.#written = length;
    this.#gatherBytes = gatherBytes;
  }

  /** `length` is where the file ends. At most `gatherBytes` wait in memory for the next write. */
  static async open(path: string, flags: number, length: number, gatherBytes: number): Promise<Appender> {
    const file = await storing('open', path, () => open(path, flags));
    try {
      return new Appender(file, await FileIdentity.of(file, path, 'refused'), path, length, gatherBytes);
    } catch (error) {
      await abandon(() => file.close());
      throw error;
    }
  }

  /** Bytes appended, written or not. */
  get length(): number {
    return this.#written + this.#used;
  }

  /** Whether so many bytes can be appended without anything being written. */
  hasRoom(bytes: number): boolean {
    return this.#used + bytes <= this.#gatherBytes;
  }

  /** Takes bytes. Their memory is the caller's again when this resolves. */
  async append(bytes: Uint8Array): Promise<void> {
    // From half the memory on, a copy would save no write that is worth it. Its write is begun before this call returns, so
    // that the caller may work while the disk does.
    const isBig = bytes.length * 2 >= this.#gatherBytes;
    if (this.#used > 0 && (isBig || !this.hasRoom(bytes.length))) await this.flush();
    if (isBig) return await this.#write(bytes);
    this.#gathered ??= Buffer.allocUnsafeSlow(this.#gatherBytes);
    this.#gathered.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  /** Gives everything to the operating system. */
  async flush(): Promise<void> {
    if (this.#used === 0 || this.#gathered === undefined) return;
    const bytes = this.#gathered.subarray(0, this.#used);
    await this.#write(bytes);
    this.#used = 0;
  }

  /** Resolves when everything that was flushed is on the disk, in the file that the path names. */
  async sync(): Promise<void> {
    await storing('sync', this.path, () => this.#file.datasync());
    this.#identity.check();
  }

  /** Writes over the file's first bytes. Not durable before the next sync. */
  async overwrite(bytes: Uint8Array): Promise<void> {
    await storing('write', this.path, () => writeFully(this.#file, bytes, 0));
  }

  /** Takes back what was appended beyond `length`, also what a failed write may have left behind it. */
  async truncate(length: number): Promise<void> {
    this.#used = Math.max(0, Math.min(this.#used, length - this.#written));
    if (length > this.#written) return;
    await storing('truncate', this.path, () => this.#file.truncate(length));
    this.#written = length;
  }

  async close(): Promise<void> {
    await storing('close', this.path, () => this.#file.close());
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await storing('write', this.path, () => writeFully(this.#file, bytes, this.#written));
    this.#written += bytes.length;
  }
}
