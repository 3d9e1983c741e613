// How fast the processors are while a run is measured. A virtual machine's processors are often two threads of one core, or its
// neighbours' second threads, as its host likes: then all work takes 1.3 to 1.9 times as long for some tenths of a second
// or seconds, and neither the load average nor stolen time shows it. It is told by a work that is always the same, so
// without a look at what is measured.
import { median } from '../statistics/fit.ts';

/** A look takes some 40 µs, so well below 1 % of the time is spent on looking. */
const lookEveryMs = 5;
const rounds = 32;
const numbers: Int32Array = Int32Array.from({ length: 2_048 }, (_, index) => (index * 7) & 1_023);

/**
 * How much of a fixed work this process does in a millisecond. The work is as wide as a core: several chains of additions side by
 * side. One chain, each step waiting for the one before, leaves most of a core idle and is not slowed by who shares it.
 */
function look(): number {
  const begin = performance.now();
  let [first, second, third, fourth] = [0, 0, 0, 0];
  for (let round = 0; round < rounds; round++)
    for (let at = 0; at < numbers.length; at += 4) {
      first = (first + (numbers[at] as number)) | 0;
      second ^= numbers[at + 1] as number;
      third = (third + (numbers[at + 2] as number)) | 0;
      fourth ^= numbers[at + 3] as number;
    }
  const elapsedMs = performance.now() - begin;
  // The sums are used, so that no compiler leaves their making out.
  return (rounds + ((first + second + third + fourth) & 0)) / elapsedMs;
}

/** Looks every 5 ms how fast this process is, beside whatever else it does. */
export class SpeedLooks {
  #speeds: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  start(): void {
    this.#timer ??= setInterval(() => this.#speeds.push(look()), lookEveryMs).unref();
  }

  /** The median since `start` or the last `take`: a look that was itself interrupted does not count. */
  take(): number {
    const speed = median(this.#speeds.length === 0 ? [look()] : this.#speeds);
    this.#speeds = [];
    return speed;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** What processes tell of their speeds, as a share of the best that any of them ever told. */
export class Speeds {
  #best = 0;

  /** The slowest's share, from 0 to 1. */
  slowest(speeds: readonly number[]): number {
    this.#best = Math.max(this.#best, ...speeds);
    return Math.min(...speeds) / this.#best;
  }
}
