// People who signed up somewhere: faker's words, put together here the way its patterns do. Faker parses a pattern anew for
// each value, at 2 to 5 µs, and a record has eight.

import { assert } from '../../base/assert.ts';
import { costs } from './costs.ts';
import { Fakes, faker } from './fakes.ts';
import type { Generator, Kind } from './kind.ts';
import { jsonBytes, lineBytesOf, longestJsonBytes } from './lines.ts';
import { PlacedRandom } from './random.ts';

export const user: Kind = {
  name: 'user',
  summary: 'a person: id, name, e-mail, phone, birth date, address, company, job',
  parameters: {},
  generator: (_values, seed) => makeGenerator(seed),
};

function makeGenerator(seed: number): Generator {
  const random = new PlacedRandom('user', seed);
  return {
    maxLineBytes: lineBytesOf(maxDataBytes),
    dataMicros: costs.user,
    data(offset, timeMicros) {
      random.place(offset);
      const fakes = new Fakes(random.next, timeMicros);
      const id = uuid(random);
      const first = random.pick(random.below(2) === 0 ? words.female : words.male);
      const last = random.pick(words.last);
      const state = random.below(words.states.length);
      return JSON.stringify({
        id,
        name: `${first} ${last}`,
        email: `${letters(first)}.${letters(last)}${random.below(1_000)}@example.${random.pick(domains)}`,
        phone: `+1 ${200 + random.below(800)} 555 01${10 + random.below(90)}`,
        birthDate: birthDate(random, timeMicros),
        address: {
          street: `${1 + random.below(9_999)} ${random.pick(words.last)} ${random.pick(words.streetSuffixes)}`,
          city: random.pick(words.cities),
          state: words.states[state],
          zip: fakes.make(() => faker.location.zipCode({ state: words.stateCodes[state] as string })),
          country: 'United States',
        },
        company: company(random),
        job: `${random.pick(words.descriptors)} ${random.pick(words.areas)} ${random.pick(words.jobs)}`,
      });
    },
  };
}

// These are reserved for examples (RFC 2606), as the telephone numbers 555 0110 to 555 0199 are for fiction. Nobody real is reached.
const domains = ['com', 'net', 'org'] as const;

// These are made once for all feeds: there are thousands of words to look at.
const words: Words = wordsOf();
const maxDataBytes: number = maxDataBytesOf();

interface Words {
  readonly female: readonly string[];
  readonly male: readonly string[];
  readonly last: readonly string[];
  readonly streetSuffixes: readonly string[];
  readonly cities: readonly string[];
  readonly states: readonly string[];
  readonly stateCodes: readonly string[];
  readonly entities: readonly string[];
  readonly descriptors: readonly string[];
  readonly areas: readonly string[];
  readonly jobs: readonly string[];
}

function wordsOf(): Words {
  const { person, location, company: companies } = faker.rawDefinitions;
  const states = list(location?.state);
  const stateCodes = list(location?.state_abbr);
  assert(states.length === stateCodes.length, 'states and their codes stand side by side');
  return {
    female: list(person?.first_name?.female),
    male: list(person?.first_name?.male),
    last: list(person?.last_name?.generic),
    streetSuffixes: list(location?.street_suffix),
    cities: list(location?.city_name),
    states,
    stateCodes,
    entities: list(companies?.legal_entity_type),
    descriptors: list(person?.job_descriptor),
    areas: list(person?.job_area),
    jobs: list(person?.job_type),
  };
}

function list(words: unknown): readonly string[] {
  assert(Array.isArray(words) && words.every((word) => typeof word === 'string'), 'faker has the words of en_US');
  return words;
}

function company(random: PlacedRandom): string {
  const name = random.pick(words.last);
  switch (random.below(3)) {
    case 0:
      return `${name} ${random.pick(words.entities)}`;
    case 1:
      return `${name} - ${random.pick(words.last)}`;
    default:
      return `${name}, ${random.pick(words.last)} and ${random.pick(words.last)}`;
  }
}

function letters(name: string): string {
  return name.replace(/[^A-Za-z]/g, '').toLowerCase();
}

const hexOfByte: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hex(bits: number): string {
  return `${hexOfByte[bits >>> 24]}${hexOfByte[(bits >>> 16) & 255]}${hexOfByte[(bits >>> 8) & 255]}${hexOfByte[bits & 255]}`;
}

/** A version 4 UUID (RFC 9562): all random but the version and the variant. */
function uuid(random: PlacedRandom): string {
  const second = hex((random.bits() & 0xff_ff_0f_ff) | 0x40_00);
  const third = hex((random.bits() & 0x3f_ff_ff_ff) | 0x80_00_00_00);
  return `${hex(random.bits())}-${second.slice(0, 4)}-${second.slice(4)}-${third.slice(0, 4)}-${third.slice(4)}${hex(random.bits())}`;
}

const dayMs = 86_400_000;
const yearDays = 365.2425;

/** The birthday of somebody who is 18 to 80 years old at that time. */
function birthDate(random: PlacedRandom, timeMicros: number): string {
  const today = Math.floor(timeMicros / 1_000 / dayMs);
  const ageDays = Math.ceil(18 * yearDays) + 1 + random.below(Math.floor(62 * yearDays));
  return new Date((today - ageDays) * dayMs).toISOString().slice(0, 10);
}

function maxDataBytesOf(): number {
  const first = longestJsonBytes([...words.female, ...words.male]);
  const last = longestJsonBytes(words.last);
  const fixed = jsonBytes({
    id: '00000000-0000-4000-8000-000000000000',
    name: ' ',
    email: '.999@example.com',
    phone: '+1 999 555 0199',
    birthDate: '2000-01-01',
    address: { street: '9999  ', city: '', state: '', zip: '99999-9999', country: 'United States' },
    company: ',  and ',
    job: '  ',
  });
  const street = last + longestJsonBytes(words.streetSuffixes);
  const place = longestJsonBytes(words.cities) + longestJsonBytes(words.states);
  const job = longestJsonBytes(words.descriptors) + longestJsonBytes(words.areas) + longestJsonBytes(words.jobs);
  return (
    fixed + 2 * (first + last) + street + place + Math.max(3 * last, last + longestJsonBytes(words.entities)) + job
  );
}
