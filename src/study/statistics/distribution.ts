// A distribution of times, kept as an HdrHistogram (G. Tene; here hdr-histogram-js). Every value counts, to three
// significant digits, in a fixed amount of memory. Distributions of several processes can be added.
import hdr from 'hdr-histogram-js';
import type { Quantiles } from '../result.ts';

/** An hour in microseconds. Longer times count as an hour. */
const highestMicros = 3_600_000_000;
/** Values up to 2,048 have buckets of width 1. Above that the width doubles each time the value does. */
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

  /** A value below zero counts as zero: the clocks of two processes may differ a little. */
  record(micros: number, count = 1): void {
    this.#histogram.recordValueWithCount(Math.min(highestMicros, Math.max(0, Math.round(micros))), count);
  }

  /**
   * Records `count` values, evenly spaced from `leastMicros` to `mostMicros`: the latencies of a block's messages in a
   * paced feed, which are due at equal distances and come at the same time. Values of one bucket are recorded together.
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

  /** The quantiles; all zero where nothing was recorded. */
  quantiles(): Quantiles {
    const histogram = this.#histogram;
    const max = this.count === 0 ? 0 : histogram.maxValue;
    // The histogram gives a quantile as the end of its bucket, and the mean as if values lay in the middle of theirs.
    // Both may exceed the greatest value.
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

/** Leaves out the points between others of the same value. */
function withoutRepeats(curve: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  return curve.filter(([, value], index) => value !== curve[index - 1]?.[1] || value !== curve[index + 1]?.[1]);
}

const stepsPerHalving = 5;

/** Percentiles that come closer and closer to 100, as far as `count` values can separate them. */
function percentilesFor(count: number): number[] {
  if (count === 0) return [];
  const percentiles: number[] = [];
  for (let rest = 100; rest * count >= 100; rest /= 2)
    for (let step = 0; step < stepsPerHalving; step++)
      percentiles.push(Number((100 - rest + (rest / 2) * (step / stepsPerHalving)).toFixed(6)));
  return [...percentiles, 100];
}
