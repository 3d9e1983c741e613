// A study's result as it might have come out: the cost a + b n with noise, latencies of a feed with a rate, from a seed.
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type {
  Advice,
  Estimate,
  Fit,
  Goal,
  Measurement,
  Point,
  Quantiles,
  StudyResult,
} from '../../src/study/result.ts';

export interface MadeUp {
  readonly seed?: number;
  readonly sizes?: readonly number[];
  readonly clients?: readonly number[];
  readonly deliveries?: readonly Point['delivery'][];
  readonly rates?: readonly Point['rate'][];
  readonly messageBytes?: readonly number[];
  readonly rounds?: number;
}

const limitMicros = 50_000;
const latencyGoal: Goal = { kind: 'latency', quantile: 'p99', limitMicros };

/** A result over the requested grid. */
export function madeUpResult({
  seed = 7,
  sizes = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000],
  clients = [1, 10, 100],
  deliveries = ['block', 'message'],
  rates = [1_000, 'max'],
  messageBytes = [128],
  rounds = 3,
}: MadeUp = {}): StudyResult {
  const noise = noiseFrom(seed);
  const points = deliveries.flatMap((delivery) =>
    messageBytes.flatMap((bytes) =>
      clients.flatMap((count) =>
        rates.flatMap((rate) =>
          sizes.map((size): Point => ({ delivery, size, clients: count, rate, messageBytes: bytes })),
        ),
      ),
    ),
  );
  const measurements = Array.from({ length: rounds }, (_, round) =>
    points.map((point, index) => measurementOf(point, round, round * points.length + index, noise)),
  ).flat();
  const fits = rates.includes('max')
    ? deliveries.flatMap((delivery) =>
        messageBytes.flatMap((bytes) =>
          clients.map((count) => fitOf({ delivery, clients: count, messageBytes: bytes }, measurements)),
        ),
      )
    : [];
  const advice = deliveries.flatMap((delivery) =>
    messageBytes.flatMap((bytes) =>
      clients.flatMap((count) =>
        rates.flatMap((rate) => adviceOf({ delivery, clients: count, rate, messageBytes: bytes }, measurements)),
      ),
    ),
  );
  return {
    version: 1,
    command: 'blockfeed study --clients 1,10,100 --rate 1000,max --latency p99=50ms --thorough --out study',
    seed,
    goals: rates.map((rate) => (rate === 'max' ? { kind: 'throughput' } : latencyGoal)),
    setup: {
      sizes,
      clients,
      deliveries,
      rates,
      messageBytes,
      window: 8,
      rounds,
      repeats: 0,
      warmUpMicros: 500_000,
      measureMicros: 2_000_000,
      workers: 1,
    },
    startedAt: '2026-03-04T05:06:07.000Z',
    finishedAt: '2026-03-04T05:21:49.000Z',
    machine: {
      node: 'v20.20.2',
      cpu: 'AMD EPYC 7B13',
      cores: 2,
      memoryBytes: 8_326_000_000,
      system: 'Linux 6.1.0 x64',
    },
    server: { url: 'ws://127.0.0.1:40123/', own: true, clockOffsetMicros: 0, clockErrorMicros: 0 },
    measurements,
    skipped: [
      {
        point: { delivery: 'message', size: 10_000, clients: 100, rate: 'max', messageBytes: 128 },
        why: 'saturated at a smaller size',
      },
    ],
    fits,
    predictionError: fits.length === 0 ? undefined : medianOf(fits.map(({ predictionError }) => predictionError)),
    advice,
  };
}

function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = values.map(Math.round).sort((one, other) => one - other);
  const at = (percentile: number): number =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil((percentile / 100) * sorted.length) - 1))] ?? 0;
  const curve: [number, number][] = [];
  for (let rest = 100; rest * sorted.length >= 100; rest /= 2)
    for (let step = 0; step < 5; step++) {
      const percentile = 100 - rest + (rest / 2) * (step / 5);
      curve.push([percentile, at(percentile)]);
    }
  return {
    count: sorted.length,
    mean: sorted.reduce((sum, value) => sum + value, 0) / Math.max(1, sorted.length),
    min: at(0),
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: at(100),
    curve: [...curve, [100, at(100)]],
  };
}

/** What a block costs in truth, in microseconds: a and b. */
function costOf({ delivery, clients, messageBytes }: Omit<Point, 'size' | 'rate'>): readonly [number, number] {
  const each = delivery === 'block' ? 0.22 : 1.1;
  return [9 + 2.6 * clients, (each + messageBytes / 900) * (1 + clients / 14)];
}

function measurementOf(point: Point, round: number, order: number, noise: () => number): Measurement {
  const { size, clients, rate, messageBytes } = point;
  const [perBlock, perMessage] = costOf(point);
  const cost = (perBlock + perMessage * size) * (1 + 0.03 * noise());
  const fill = rate === 'max' ? 0 : (1_000_000 / rate) * size;
  const blockMicros = Math.max(cost, fill);
  const durationMicros = 2_000_000;
  const blocks = Math.max(1, Math.round((durationMicros / blockMicros) * clients));
  const messages = blocks * size;
  const seconds = durationMicros / 1_000_000;
  const draw = (count: number, of: () => number): Quantiles =>
    quantilesOf(Array.from({ length: Math.min(4_000, Math.max(20, count)) }, of));
  const late = (): number => cost * (1 + Math.abs(noise()) + (Math.abs(noise()) > 2.6 ? 40 * Math.abs(noise()) : 0));
  const age = (): number => Math.abs((noise() * 7_919) % 1) * fill;
  return {
    point,
    round,
    order,
    durationMicros,
    blocks,
    messages,
    bytes: messages * messageBytes,
    messagesPerSecond: messages / seconds,
    bytesPerSecond: (messages * messageBytes) / seconds,
    clientMessagesPerSecond: {
      min: (messages / seconds / clients) * 0.97,
      median: messages / seconds / clients,
      max: (messages / seconds / clients) * 1.02,
    },
    blockMicros,
    took: draw(blocks, () => (point.delivery === 'message' && rate !== 'max' ? fill : 0) + late() * 0.6),
    span: draw(blocks, () => fill * ((size - 1) / size)),
    requestToReceipt: draw(blocks, () => fill + late()),
    wait: rate === 'max' ? undefined : draw(blocks, () => fill * ((size - 1) / size) + late()),
    latency: rate === 'max' ? undefined : draw(messages, () => age() + late()),
    keptUp: rate === 'max' || fill >= cost,
    serverCpuPerMillion: (cost / size) * 0.7,
    clientCpuPerMillion: (cost / size) * 0.4 * (1 + 0.05 * noise()),
    wireBytesPerMessage: messageBytes + 60 / size,
    serverRssBytes: 92_000_000 + clients * 40_000,
    eventLoopDelay: { p50: 10_100, p99: 11_400 + Math.round(Math.abs(noise()) * 500), max: 19_000 },
  };
}

function fitOf(setting: Omit<Point, 'size' | 'rate'>, measurements: readonly Measurement[]): Fit {
  const [perBlock, perMessage] = costOf(setting);
  const own = measurements.filter(
    ({ point }) =>
      point.rate === 'max' &&
      point.delivery === setting.delivery &&
      point.clients === setting.clients &&
      point.messageBytes === setting.messageBytes,
  );
  const residuals = [...new Set(own.map(({ point }) => point.size))].map((size) => ({
    size,
    measured: medianOf(own.filter(({ point }) => point.size === size).map(({ blockMicros }) => blockMicros)),
    fitted: perBlock + perMessage * size,
  }));
  const heldOut = residuals.map(({ size, measured, fitted }) => ({ size, measured, predicted: fitted * 1.02 }));
  return {
    ...setting,
    perBlock: around(perBlock, 0.05),
    perMessage: around(perMessage, 0.03),
    rSquared: 0.9987,
    residuals,
    heldOut,
    predictionError: medianOf(heldOut.map(({ measured, predicted }) => Math.abs(predicted / measured - 1))),
  };
}

function adviceOf(setting: Omit<Point, 'size'>, measurements: readonly Measurement[]): Advice[] {
  const own = measurements.filter(
    ({ point }) =>
      point.rate === setting.rate &&
      point.delivery === setting.delivery &&
      point.clients === setting.clients &&
      point.messageBytes === setting.messageBytes,
  );
  const sizes = [...new Set(own.map(({ point }) => point.size))];
  const at = (size: number, figure: (one: Measurement) => number): number =>
    medianOf(own.filter(({ point }) => point.size === size).map(figure));
  if (setting.rate === 'max') {
    const size = sizes.at(-1);
    if (size === undefined) return [];
    const rate = (one: number): number => at(one, ({ messagesPerSecond }) => messagesPerSecond);
    const words = `Use ${size} messages a block: ${Math.round(rate(size))} messages/s. Larger blocks gain nothing beyond the noise.`;
    return [
      {
        goal: { kind: 'throughput' },
        ...setting,
        size,
        gives: around(rate(size), 0.02),
        neighbours: sizes.slice(-2, -1).map((each) => ({ size: each, gives: around(rate(each), 0.02) })),
        noDifference: sizes.slice(-2),
        words,
      },
    ];
  }
  const latency = (one: number): number => at(one, (each) => each.latency?.p99 ?? 0);
  const within = sizes.filter((each) => latency(each) <= limitMicros);
  const size = within.at(-1);
  if (size === undefined)
    return [
      {
        goal: latencyGoal,
        ...setting,
        size,
        gives: undefined,
        neighbours: [],
        noDifference: [],
        words: 'No size has a p99 within 50 ms.',
      },
    ];
  const place = sizes.indexOf(size);
  return [
    {
      goal: latencyGoal,
      ...setting,
      size,
      gives: around(latency(size), 0.04),
      neighbours: [sizes[place - 1], sizes[place + 1]]
        .filter((each) => each !== undefined)
        .map((each) => ({ size: each, gives: around(latency(each), 0.04) })),
      noDifference: [size],
      words: `Use ${size} messages a block: the largest size whose p99 stays within 50 ms, so the one with the least work for it.`,
    },
  ];
}

function around(value: number, share: number): Estimate {
  return { value, low: value * (1 - share), high: value * (1 + share) };
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}

/** Numbers about as a normal distribution gives them. */
function noiseFrom(seed: number): () => number {
  const generator = xoroshiro128plus(seed);
  const next = (): number => (generator.next() >>> 0) / 2 ** 32;
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}
