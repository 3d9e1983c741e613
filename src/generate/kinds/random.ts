// Random numbers that can be placed at any offset: message n draws from a stream of its own, so nobody has to run through
// the messages before it.
import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** Streams of a place: what is above would fall together with the high half of an offset. */
const streamsMax = 2_048;

/** A source of random numbers for one feed. Draw only after `place`. */
export class PlacedRandom {
  readonly #key: readonly [number, number, number, number];
  #generator: ReturnType<typeof xoroshiro128plusFromState> = xoroshiro128plusFromState([1, 1, 1, 1]);

  /** `kind` keeps feeds of different kinds and one seed apart; `seed` is an integer from 0 to 2^53-1. */
  constructor(kind: string, seed: number) {
    const hash = createHash('sha256').update(`${kind}\n${seed}`).digest();
    this.#key = [hash.readInt32LE(0), hash.readInt32LE(4), hash.readInt32LE(8), hash.readInt32LE(12)];
  }

  /**
   * Goes to the start of the numbers of `offset`; of `stream` (0 to 2,047) among those, for who needs several.
   * The first two words are a bijection of the place, so no two places share a state; all four are mixed, since
   * generators of the xoroshiro family begin alike from states that are alike.
   */
  place(offset: number, stream = 0): void {
    this.#generator = this.#generatorAt(offset, stream);
  }

  /** A source of its own for the numbers of `offset`, for a message that is made in pieces: `place` does not move it. */
  at(offset: number): () => number {
    const generator = this.#generatorAt(offset, 0);
    return () => uniformFloat64(generator);
  }

  #generatorAt(offset: number, stream: number): ReturnType<typeof xoroshiro128plusFromState> {
    const [key0, key1, key2, key3] = this.#key;
    const high = Math.floor(offset / 4_294_967_296) ^ ((stream % streamsMax) << 21);
    const word0 = mix(offset ^ key0);
    const word1 = mix((high + word0) ^ key1);
    const word2 = mix(word0 ^ ((word1 << 16) | (word1 >>> 16)) ^ key2);
    const word3 = mix((word2 + word1) ^ key3);
    // The state is never all zero: such a generator would stay there.
    return xoroshiro128plusFromState([word0, word1, word2, word3 | 1]);
  }

  /** The next number, uniform in [0, 1), a multiple of 2^-53. Bound, to be handed to libraries. */
  readonly next: () => number = () => uniformFloat64(this.#generator);

  /** The next 32 bits, from -2^31 to 2^31-1. */
  bits(): number {
    return this.#generator.next();
  }

  /** The next whole number, uniform in [0, below); `below` up to 2^31, beside which the unevenness of 2^-21 is nothing. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** A number in [0, 1) skewed towards 0: a uniform one to the third. Multiplied out, since `**` may differ by engine. */
  skewed(): number {
    const uniform = this.next();
    return uniform * uniform * uniform;
  }

  /** One of the list, each as likely. */
  pick<Item>(list: readonly Item[]): Item {
    return list[this.below(list.length)] as Item;
  }

  /**
   * Near enough normal, mean 0 and deviation 1: the sum of three uniform numbers, so always within 3. In place of an exact
   * one, since this needs no logarithm: every engine gets the same bits.
   */
  bell(): number {
    return (this.next() + this.next() + this.next()) * 2 - 3;
  }
}

// The finalizer of MurmurHash3 (A. Appleby, public domain): a bijection of 32 bits.
function mix(word: number): number {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85_eb_ca_6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2_b2_ae_35);
  return mixed ^ (mixed >>> 16);
}
