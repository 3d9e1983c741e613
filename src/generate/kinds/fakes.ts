// Faker as a pure function of the place its random numbers stand at: it draws from PlacedRandom, and its present is the
// message's time.
import type { Faker } from '@faker-js/faker';
import { faker as shared } from '@faker-js/faker/locale/en_US';
import type { PlacedRandom } from './random.ts';

export interface Fakes {
  readonly faker: Faker;
  /** Starts on a message: its time is what faker takes for the present, and its draws are counted from here. */
  begin(timeMicros: number): void;
}

/**
 * A Faker of its own for one generator: 0.3 ms to make, so never one a message. With `drawsMax`, faker throws once a
 * message has drawn so many numbers: whatever it is asked to make many of, it draws for each, so it comes to an end.
 */
export function makeFakes(random: PlacedRandom, drawsMax: number = Number.POSITIVE_INFINITY): Fakes {
  let presentMs = 0;
  let draws = 0;
  const next = (): number => {
    draws++;
    if (draws > drawsMax) throw new RangeError(`more than ${drawsMax} random numbers for one message`);
    return random.next();
  };
  // The class comes from the instance: importing it by name would load 70 locales, five times the time.
  const FakerClass = shared.constructor as typeof Faker;
  const faker = new FakerClass({
    locale: shared.rawDefinitions,
    // faker.seed is never called: every message has its place instead.
    randomizer: { next, seed: () => undefined },
  });
  faker.setDefaultRefDate(() => new Date(presentMs));
  return {
    faker,
    begin: (timeMicros) => {
      presentMs = Math.floor(timeMicros / 1_000);
      draws = 0;
    },
  };
}
