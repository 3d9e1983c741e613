// A distribution of times as an HdrHistogram (G. Tene; here hdr-histogram-js): every value counts, to three significant digits,
// at a fixed cost in memory, and distributions of several processes add up to one.
import hdr from 'hdr-histogram-js';
import type { Quantiles } from '../result.ts';

/** An hour in microseconds: what is longer is counted as that. */
const highestMicros = 3_600_000_000;
/** Values up to 2,048 lie in buckets of one each; from there on the width doubles with the value. */
const exactBelow = 2_048;

export class Distribution {
  #histogram: hdr.Histogram = hdr.build({
    bitBucketSize: 32,
    lowestDiscernibleValue: 1,
    highestTrackableValue: highestMicros,
    numberOfSignificantValueDigits: 3,
  });

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** A value below zero is counted as zero: clocks of two processes may differ by a little. */
  record(micros: number, count = 1): void {
    this.#histogram.recordValueWithCount(Math.min(highestMicros, Math.max(0, Math.round(micros))), count);
  }

  /**
   * `count` values, evenly from `leastMicros` to `mostMicros`: the messages of a block of a paced feed, which are due at equal
   * distances and are there at the same time. As many as fall into one bucket are counted at once.
   */
  recordEvenly(leastMicros: number, mostMicros: number, count: number): void {
    if (count === 1) return this.record(mostMicros);
    const step = (mostMicros - leastMicros) / (count - 1);
    for (let index = 0; index < count; ) {
      const value = leastMicros + index * step;
      const width = value < exactBelow ? 1 : 2 ** (Math.floor(Math.log2(value)) - 10);
      const together = step <= 0 ? count - index : Math.max(1, Math.floor(width / step));
      const fitting = Math.min(together, count - index);
      this.record(value + ((fitting - 1) * step) / 2, fitting);
      index += fitting;
    }
  }

  add(other: Distribution): void {
    this.#histogram.add(other.#histogram);
  }

  /** As text, to be sent to another process. */
  encode(): string {
    return hdr.encodeIntoCompressedBase64(this.#histogram);
  }

  static decode(text: string): Distribution {
    const distribution = new Distribution();
    distribution.#histogram.add(hdr.decodeFromCompressedBase64(text));
    return distribution;
  }

  /** All zero where nothing was recorded. */
  quantiles(): Quantiles {
    const histogram = this.#histogram;
    const max = this.count === 0 ? 0 : histogram.maxValue;
    // A quantile is told as the end of its bucket, a mean as if values lay in the middle of theirs: both may be beyond the greatest.
    const at = (percentile: number): number =>
      this.count === 0 ? 0 : Math.min(max, histogram.getValueAtPercentile(percentile));
    return {
      count: this.count,
      mean: this.count === 0 ? 0 : Math.min(max, Math.round(histogram.mean)),
      min: at(0),
      p50: at(50),
      p90: at(90),
      p99: at(99),
      p999: at(99.9),
      max,
      curve: withoutRepeats(percentilesFor(this.count).map((percentile) => [percentile, at(percentile)] as const)),
    };
  }
}

/** Of points with one value the first and the last. */
function withoutRepeats(curve: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  return curve.filter(([, value], index) => value !== curve[index - 1]?.[1] || value !== curve[index + 1]?.[1]);
}

const stepsPerHalving = 5;

/** Percentiles closer and closer to 100, as far as so many values tell them apart. */
function percentilesFor(count: number): number[] {
  if (count === 0) return [];
  const percentiles: number[] = [];
  for (let rest = 100; rest * count >= 100; rest /= 2)
    for (let step = 0; step < stepsPerHalving; step++)
      percentiles.push(Number((100 - rest + (rest / 2) * (step / stepsPerHalving)).toFixed(6)));
  return [...percentiles, 100];
}
