// Where consumers got to: the last ack under each name, feed and epoch. A convenience for clients that keep no record of
// their own; it lasts as long as the server's process.
export class Commits {
  /** The place written to last at the end. */
  readonly #places: Map<string, number> = new Map();
  readonly #max: number;
  readonly #forgotten: (key: string) => void;

  /** `forgotten` hears of a place that had to go because there are too many; `max`: limit consumers. */
  constructor(forgotten: (key: string) => void, max: number) {
    this.#forgotten = forgotten;
    this.#max = max;
  }

  get(consumer: string, feed: string, epoch: string): number | undefined {
    return this.#places.get(keyOf(consumer, feed, epoch));
  }

  /** Remembers `to` unless the consumer was further already. */
  set(consumer: string, feed: string, epoch: string, to: number): void {
    const key = keyOf(consumer, feed, epoch);
    const place = Math.max(to, this.#places.get(key) ?? 0);
    this.#places.delete(key);
    this.#places.set(key, place);
    if (this.#places.size <= this.#max) return;
    const oldest = this.#places.keys().next().value as string;
    this.#places.delete(oldest);
    this.#forgotten(oldest);
  }
}

function keyOf(consumer: string, feed: string, epoch: string): string {
  return `${consumer} ${feed} ${epoch}`;
}
