// How far each consumer of a client has acked each feed in this life, to see that a server has forgotten it.
import { clientLimits } from './limits.ts';

export interface AckedPlace {
  readonly epoch: string;
  readonly to: number;
}

export class AckedPlaces {
  /** The one acked last at the end. */
  readonly #places = new Map<string, AckedPlace>();

  set(consumer: string, feed: string, place: AckedPlace): void {
    const key = keyOf(consumer, feed);
    this.#places.delete(key);
    this.#places.set(key, place);
    if (this.#places.size <= clientLimits.rememberedAcks.default) return;
    const [oldest] = this.#places.keys();
    if (oldest !== undefined) this.#places.delete(oldest);
  }

  get(consumer: string, feed: string): AckedPlace | undefined {
    return this.#places.get(keyOf(consumer, feed));
  }
}

/** Neither name has a space. */
function keyOf(consumer: string, feed: string): string {
  return `${consumer} ${feed}`;
}
