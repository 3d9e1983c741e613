// The memory that the sockets of a server hold: frames that were given to them and that the system has not taken. A page
// counts once, however many sockets have a slice of it, and as a whole, since all of it is held. So a thousand who read the
// same cost one page; and where there is too much, whoever has taken nothing for longest is ended: it is most likely gone, and
// if not, it comes back and goes on where it was.
import type { Page } from '../frames/page.ts';

/** A connection that may hold memory. */
export interface UnsentHolder {
  /** Others need the memory that it holds. It lets go of all of it, and is over. */
  endUnsent(): void;
}

export class UnsentMemory {
  readonly #maxBytes: number;
  /** Who holds something, the one that has taken nothing for longest first. */
  readonly #holders: Set<UnsentHolder> = new Set();
  #bytes = 0;

  /** `maxBytes`: limit unsentBytesInAll. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** From half of the limit on each socket is given one frame at a time. */
  get isScarce(): boolean {
    return this.#bytes > this.#maxBytes / 2;
  }

  holdPage(holder: UnsentHolder, page: Page): void {
    this.hold(holder, page.hold());
  }

  releasePage(page: Page, isBroken: boolean): void {
    this.#bytes -= page.release(isBroken);
  }

  /** So many bytes that are its own. */
  hold(holder: UnsentHolder, bytes: number): void {
    this.#holders.add(holder);
    this.#bytes += bytes;
    if (this.#bytes <= this.#maxBytes) return;
    for (const oldest of this.#holders) {
      if (this.#bytes <= this.#maxBytes) return;
      // The one that was given something just now is not it.
      if (oldest !== holder) oldest.endUnsent();
    }
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** The system took something of what it holds. */
  took(holder: UnsentHolder): void {
    if (this.#holders.delete(holder)) this.#holders.add(holder);
  }

  /** It holds nothing any more. */
  leave(holder: UnsentHolder): void {
    this.#holders.delete(holder);
  }
}
