// Which pages of all renditions are kept: those used last, up to a number of bytes. What is forgotten is made again when
// somebody asks.
import { assert } from '../base/assert.ts';
import { framesLimits } from './limits.ts';
import { Page } from './page.ts';

/** Who has the page, and lets go of it. */
export interface PageOwner {
  forget(page: Page): void;
}

/** How many pages' memory is kept for the next pages: they are made about as fast as they are forgotten. */
const sparePagesMax = 8;

/** The full pages of all renditions of one server. Pages that still grow belong to their framers and are not here. */
export class PageCache {
  readonly #maxBytes: number;
  /** The page used last stands at the end. */
  readonly #pages: Map<Page, PageOwner> = new Map();
  readonly #spare: Page[] = [];
  #bytes = 0;

  /** `maxBytes`: limit cachedBytes. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * A new page. Its memory is that of a forgotten one where there is such: making it anew costs more than filling it, and
   * what was thrown away holds the event loop for milliseconds until it is collected.
   */
  newPage(capacityBytes: number, behindCut: boolean): Page {
    const spent = capacityBytes === framesLimits.pageBytes.default ? this.#spare.pop() : undefined;
    return new Page(capacityBytes, behindCut, spent);
  }

  add(page: Page, owner: PageOwner): void {
    assert(!this.#pages.has(page), 'a page is given to the cache once');
    this.#pages.set(page, owner);
    this.#bytes += page.capacity;
    for (const [oldest, its] of this.#pages) {
      if (this.#bytes <= this.#maxBytes) break;
      this.remove(oldest);
      its.forget(oldest);
    }
  }

  used(page: Page): void {
    const owner = this.#pages.get(page);
    if (owner === undefined) return;
    this.#pages.delete(page);
    this.#pages.set(page, owner);
  }

  remove(page: Page): void {
    if (!this.#pages.delete(page)) return;
    this.#bytes -= page.capacity;
    page.retire(() => {
      if (page.capacity === framesLimits.pageBytes.default && this.#spare.length < sparePagesMax)
        this.#spare.push(page);
    });
  }
}
