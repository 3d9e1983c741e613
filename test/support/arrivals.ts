// A test's inbox: what comes waits for the test, or the test for it.

/** Things that come, and those who wait for the next. */
export class Arrivals<Item> {
  readonly #came: Item[] = [];
  readonly #waiting: ((item: Item) => void)[] = [];

  get waiting(): number {
    return this.#came.length;
  }

  add(item: Item): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#came.push(item);
    else waiting(item);
  }

  async next(): Promise<Item> {
    const came = this.#came.shift();
    return came ?? new Promise((resolve) => this.#waiting.push(resolve));
  }
}
