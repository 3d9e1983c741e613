// Measures how fast the processors are during a run. A virtual machine's processors are often two threads of one core,
// or share cores with its neighbours, as the host decides. Then all work takes 1.3 to 1.9 times as long, for tenths of
// a second or for seconds, and neither the load average nor stolen time shows it. So each process times a fixed work
// again and again, which does not depend on what is measured.
import { median } from '../statistics/fit.ts';

/** A look takes about 40 µs, so well below 1 % of the time is spent on looking. */
const lookEveryMs = 5;
const rounds = 32;
const numbers: Int32Array = Int32Array.from({ length: 2_048 }, (_, index) => (index * 7) & 1_023);

/**
 * How much of a fixed work this process does in a millisecond. The work is as wide as a core: several chains of
 * additions side by side. In a single chain each step waits for the one before. Most of the core is then idle, and a
 * program that shares the core does not slow the chain.
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
  // The sums are used, so that no compiler leaves them out.
  return (rounds + ((first + second + third + fourth) & 0)) / elapsedMs;
}

/** Looks every 5 ms how fast this process is, beside its other work. */
export class SpeedLooks {
  #speeds: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  start(): void {
    this.#timer ??= setInterval(() => this.#speeds.push(look()), lookEveryMs).unref();
  }

  /** The median since `start` or the last `take`, so that looks that were interrupted do not count. */
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

/** Turns the speeds that processes report into shares of the best speed that any of them ever reported. */
export class Speeds {
  #best = 0;

  /** The slowest's share, from 0 to 1. */
  slowest(speeds: readonly number[]): number {
    this.#best = Math.max(this.#best, ...speeds);
    return Math.min(...speeds) / this.#best;
  }
}
