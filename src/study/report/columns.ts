// The columns of measurements.csv and fits.csv: every number of the result except the curves, which are in result.json.
import type { Estimate, Fit, Measurement, Quantiles } from '../result.ts';
import type { Column } from './csv.ts';

const distributions = {
  took: ({ took }) => took,
  span: ({ span }) => span,
  request_to_receipt: ({ requestToReceipt }) => requestToReceipt,
  wait: ({ wait }) => wait,
  latency: ({ latency }) => latency,
} satisfies Record<string, (measurement: Measurement) => Quantiles | undefined>;

const quantiles = ['mean', 'min', 'p50', 'p90', 'p99', 'p999', 'max'] as const;

export const measurementColumns: readonly Column<Measurement>[] = [
  { name: 'delivery', of: ({ point }) => point.delivery },
  { name: 'clients', of: ({ point }) => point.clients },
  { name: 'rate', of: ({ point }) => point.rate },
  { name: 'message_bytes', of: ({ point }) => point.messageBytes },
  { name: 'size', of: ({ point }) => point.size },
  { name: 'round', of: ({ round }) => round },
  { name: 'order', of: ({ order }) => order },
  { name: 'kept_up', of: ({ keptUp }) => keptUp },
  { name: 'duration_us', of: ({ durationMicros }) => durationMicros },
  { name: 'blocks', of: ({ blocks }) => blocks },
  { name: 'messages', of: ({ messages }) => messages },
  { name: 'bytes', of: ({ bytes }) => bytes },
  { name: 'messages_per_s', of: ({ messagesPerSecond }) => messagesPerSecond },
  { name: 'bytes_per_s', of: ({ bytesPerSecond }) => bytesPerSecond },
  { name: 'client_messages_per_s_min', of: ({ clientMessagesPerSecond }) => clientMessagesPerSecond.min },
  { name: 'client_messages_per_s_median', of: ({ clientMessagesPerSecond }) => clientMessagesPerSecond.median },
  { name: 'client_messages_per_s_max', of: ({ clientMessagesPerSecond }) => clientMessagesPerSecond.max },
  { name: 'block_us', of: ({ blockMicros }) => blockMicros },
  ...Object.entries(distributions).flatMap(([name, of]): Column<Measurement>[] => [
    { name: `${name}_count`, of: (measurement) => of(measurement)?.count },
    ...quantiles.map((each) => ({
      name: `${name}_${each}_us`,
      of: (measurement: Measurement) => of(measurement)?.[each],
    })),
  ]),
  { name: 'server_cpu_s_per_million', of: ({ serverCpuPerMillion }) => serverCpuPerMillion },
  { name: 'client_cpu_s_per_million', of: ({ clientCpuPerMillion }) => clientCpuPerMillion },
  { name: 'wire_bytes_per_message', of: ({ wireBytesPerMessage }) => wireBytesPerMessage },
  { name: 'server_rss_bytes', of: ({ serverRssBytes }) => serverRssBytes },
  { name: 'event_loop_delay_p50_us', of: ({ eventLoopDelay }) => eventLoopDelay?.p50 },
  { name: 'event_loop_delay_p99_us', of: ({ eventLoopDelay }) => eventLoopDelay?.p99 },
  { name: 'event_loop_delay_max_us', of: ({ eventLoopDelay }) => eventLoopDelay?.max },
  { name: 'others_cpu_cores', of: ({ othersCpu }) => othersCpu },
  { name: 'speed', of: ({ speed }) => speed },
];

export const fitColumns: readonly Column<Fit>[] = [
  { name: 'delivery', of: ({ delivery }) => delivery },
  { name: 'clients', of: ({ clients }) => clients },
  { name: 'message_bytes', of: ({ messageBytes }) => messageBytes },
  ...estimate('per_block', ({ perBlock }) => perBlock),
  ...estimate('per_message', ({ perMessage }) => perMessage),
  { name: 'r_squared', of: ({ rSquared }) => rSquared },
  { name: 'sizes', of: ({ residuals }) => residuals.length },
  { name: 'prediction_error', of: ({ predictionError }) => predictionError },
];

function estimate(name: string, of: (fit: Fit) => Estimate): Column<Fit>[] {
  return [
    { name: `${name}_us`, of: (fit) => of(fit).value },
    { name: `${name}_low_us`, of: (fit) => of(fit).low },
    { name: `${name}_high_us`, of: (fit) => of(fit).high },
  ];
}
