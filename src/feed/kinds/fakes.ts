// Faker as a pure function of the place its random numbers stand at: it draws from PlacedRandom, and its present is the
// message's time.
import type { Faker } from '@faker-js/faker';
import { faker as shared } from '@faker-js/faker/locale/en_US';
import type { PlacedRandom } from './random.ts';

export interface Fakes {
  readonly faker: Faker;
  /** From now on this is what faker takes for the present. */
  setTime(timeMicros: number): void;
}

/** A Faker of its own for one generator: 0.3 ms to make, so never one a message. */
export function makeFakes(random: PlacedRandom): Fakes {
  let presentMs = 0;
  // The class comes from the instance: importing it by name would load 70 locales, five times the time.
  const FakerClass = shared.constructor as typeof Faker;
  const faker = new FakerClass({
    locale: shared.rawDefinitions,
    // faker.seed is never called: every message has its place instead.
    randomizer: { next: random.next, seed: () => undefined },
  });
  faker.setDefaultRefDate(() => new Date(presentMs));
  return {
    faker,
    setTime: (timeMicros) => {
      presentMs = Math.floor(timeMicros / 1_000);
    },
  };
}
