// Which pages of all renditions are kept: those used last, up to a number of bytes. What is forgotten is made again when
// somebody asks.
import { framesLimits } from './limits.ts';
import { Page } from './page.ts';

/** Who has the page, and lets go of it. */
export interface PageOwner {
  forget(page: Page): void;
}

/** The pages of all renditions of one server, from when they are begun. */
export class PageCache {
  readonly #maxBytes: number;
  /** The page used last stands at the end. */
  readonly #pages: Map<Page, PageOwner> = new Map();
  readonly #spare: Page[] = [];
  #bytes = 0;
  #spareBytes = 0;

  /** `maxBytes`: limit cachedBytes. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How much memory the pages take, and that which is kept for the next ones. */
  get bytes(): number {
    return this.#bytes + this.#spareBytes;
  }

  /**
   * A new page, whose first message is `from`. Its memory is that of a forgotten one where there is such: making it anew costs
   * more than filling it, and what was thrown away holds the event loop for milliseconds until it is collected.
   */
  newPage(capacityBytes: number, from: number, behindCut: boolean, owner: PageOwner): Page {
    const isWhole = capacityBytes === framesLimits.pageBytes.default;
    let spent = isWhole ? this.#takeSpare() : undefined;
    for (const [oldest, its] of this.#pages) {
      if (this.bytes + (spent?.memoryBytes ?? Page.memoryBytes(capacityBytes)) <= this.#maxBytes) break;
      this.#forget(oldest, its);
      const spare = this.#takeSpare();
      if (isWhole) spent ??= spare;
    }
    const page = new Page(capacityBytes, from, behindCut, this.#grew, spent);
    this.#pages.set(page, owner);
    this.#bytes += page.memoryBytes;
    return page;
  }

  used(page: Page): void {
    const owner = this.#pages.get(page);
    if (owner === undefined) return;
    this.#pages.delete(page);
    this.#pages.set(page, owner);
  }

  remove(page: Page): void {
    if (!this.#pages.delete(page)) return;
    this.#bytes -= page.memoryBytes;
    page.retire(() => {
      if (
        this.#pages.size === 0 ||
        page.capacity !== framesLimits.pageBytes.default ||
        this.#spare.length >= framesLimits.sparePages.default ||
        this.bytes + page.memoryBytes > this.#maxBytes
      )
        return;
      this.#spare.push(page);
      this.#spareBytes += page.memoryBytes;
    });
    if (this.#pages.size > 0) return;
    this.#spare.length = 0;
    this.#spareBytes = 0;
  }

  /** A page that is being filled keeps more of its units: others are forgotten for it. */
  readonly #grew = (page: Page, bytes: number): void => {
    if (!this.#pages.has(page)) return;
    this.#bytes += bytes;
    while (this.bytes > this.#maxBytes && this.#takeSpare() !== undefined);
    for (const [oldest, its] of this.#pages) {
      if (this.bytes <= this.#maxBytes) return;
      if (oldest !== page) this.#forget(oldest, its);
    }
  };

  #forget(page: Page, owner: PageOwner): void {
    this.remove(page);
    owner.forget(page);
  }

  #takeSpare(): Page | undefined {
    const spare = this.#spare.pop();
    if (spare !== undefined) this.#spareBytes -= spare.memoryBytes;
    return spare;
  }
}
