// Faker as a pure function: it draws the numbers of the message that is being made, and its present is that message's time.
// One Faker serves all feeds, since making one takes 0.3 ms. Several messages may be under way.
import type { Faker } from '@faker-js/faker';
import { faker as shared } from '@faker-js/faker/locale/en_US';
import { assert } from '../../base/assert.ts';

/** What faker draws from, and takes for the present, while it makes values of one message. */
export class Fakes {
  /** How many numbers were drawn. */
  draws = 0;
  readonly #source: () => number;
  readonly #drawsMax: number;
  readonly presentMs: number;

  /**
   * Faker throws once it has drawn `drawsMax` numbers. It draws for each thing that it makes, so it always comes to an end.
   */
  constructor(source: () => number, timeMicros: number, drawsMax: number = Number.POSITIVE_INFINITY) {
    this.#source = source;
    this.#drawsMax = drawsMax;
    this.presentMs = Math.floor(timeMicros / 1_000);
  }

  /** What `make` gives, which may call faker's methods. */
  make<Value>(make: () => Value): Value {
    making = this;
    return make();
  }

  next(): number {
    this.draws++;
    if (this.draws > this.#drawsMax) throw new RangeError(`more than ${this.#drawsMax} random numbers for one message`);
    return this.#source();
  }
}

/** The message that is being made: `make` sets it, and is never interrupted. */
let making: Fakes | undefined;

function current(): Fakes {
  assert(making !== undefined, 'faker is called for a message');
  return making;
}

// The class comes from the instance: importing it by name would load 70 locales, five times the time.
const FakerClass = shared.constructor as typeof Faker;

/** Its methods are called within `Fakes.make` only. */
export const faker: Faker = new FakerClass({
  locale: shared.rawDefinitions,
  // faker.seed is never called: every message has its place instead.
  randomizer: { next: () => current().next(), seed: () => undefined },
});
faker.setDefaultRefDate(() => new Date(current().presentMs));
