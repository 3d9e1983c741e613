// What a command says about its work, on stderr. It never waits for its reader: what a reader leaves unread waits within a
// bound, and lines beyond that are counted and reported once the reader reads again.
import type { Writable } from 'node:stream';
import { cliLimits } from './limits.ts';

export class Talk {
  /** Reports lines that were not shown. A log reports them as a line of its own form. */
  reportLost: (lines: number) => void = (lines) => this.write(`${lostWords(lines)}\n`);
  readonly #stream: Writable;
  /** Texts that were given to the stream, and that it has not written yet. */
  #unwritten = 0;
  #lostLines = 0;
  #isGone = false;
  #whenWritten: (() => void)[] = [];

  constructor(stream: Writable) {
    this.#stream = stream;
    // Talk that nobody hears any more is no reason to end.
    stream.on('error', () => {
      this.#isGone = true;
      this.#resolve();
    });
  }

  write(text: string): void {
    if (this.#isGone) return;
    if (this.#stream.writableLength + text.length > cliLimits.talkBytes.default) {
      this.#lostLines += text.split('\n').length - 1;
      return;
    }
    this.#unwritten++;
    this.#stream.write(text, this.#written);
  }

  /** Writes what is of no use later, such as a status: only where nothing waits. Returns whether it did. */
  show(text: string): boolean {
    if (this.#stream.writableLength > 0) return false;
    this.write(text);
    return true;
  }

  /** Resolves when all is written or its reader is gone, at the latest after `waitMs`: then with false. */
  async written(waitMs: number): Promise<boolean> {
    if (this.#unwritten === 0 || this.#isGone) return true;
    return await new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), waitMs);
      this.#whenWritten.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  // One function for all texts: the stream calls it once for each.
  readonly #written = (): void => {
    this.#unwritten--;
    if (this.#unwritten > 0) return;
    const lines = this.#lostLines;
    this.#lostLines = 0;
    if (lines > 0 && !this.#isGone) this.reportLost(lines);
    // The report waits to be written too, unless the log's level leaves it out.
    if (this.#unwritten === 0) this.#resolve();
  };

  #resolve(): void {
    for (const resolve of this.#whenWritten.splice(0)) resolve();
  }
}

export function lostWords(lines: number): string {
  return `${lines} ${lines === 1 ? 'line was' : 'lines were'} not shown: stderr was not read`;
}
