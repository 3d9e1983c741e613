// What a study found: plain data, as it is saved, printed with --json, and drawn. Times in integer microseconds unless the
// name says otherwise, sizes in bytes.
import type { Delivery } from '../protocol/messages.ts';

/** What was tried at one point of the grid. */
export interface Point {
  readonly delivery: Delivery;
  /** Messages a block. */
  readonly size: number;
  readonly clients: number;
  /** Messages a second of the feed, the same for every client; `max`: as many as each client can take. */
  readonly rate: number | 'max';
  /** Bytes of one message's line, about. */
  readonly messageBytes: number;
}

/** Quantiles of a distribution, from an HdrHistogram. */
export interface Quantiles {
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** For drawing: [percentile from 0 to 100, value], ascending. */
  readonly curve: readonly (readonly [percentile: number, value: number])[];
}

/** What was measured in one run of one point. */
export interface Measurement {
  readonly point: Point;
  /** Which repeat, from 0, and its place in the random order in which everything ran. */
  readonly round: number;
  readonly order: number;
  /** How long was measured, after the warm-up. */
  readonly durationMicros: number;
  readonly blocks: number;
  readonly messages: number;
  readonly bytes: number;
  /** Of all clients together. */
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Of the slowest and the fastest client. */
  readonly clientMessagesPerSecond: { readonly min: number; readonly median: number; readonly max: number };
  /** The mean, over all blocks, of the time from the end of a client's block before: what a block costs where nothing waits. */
  readonly blockMicros: number;
  readonly took: Quantiles;
  readonly span: Quantiles;
  /** From the ack (or the subscription) that made room for the block, to its last byte. */
  readonly requestToReceipt: Quantiles;
  /** Only where the rate is a number: age of a block's first message when the block is there. */
  readonly wait: Quantiles | undefined;
  /** Only where the rate is a number: each message's, from the time it was due to the time its block was there. */
  readonly latency: Quantiles | undefined;
  /** The server kept up with the rate: at least 95 % of what was due came. Always true for `max`. */
  readonly keptUp: boolean;
  /** CPU seconds per million delivered messages; undefined where it could not be seen (a server elsewhere). */
  readonly serverCpuPerMillion: number | undefined;
  readonly clientCpuPerMillion: number | undefined;
  readonly wireBytesPerMessage: number | undefined;
  readonly serverRssBytes: number | undefined;
  readonly eventLoopDelay: { readonly p50: number; readonly p99: number; readonly max: number } | undefined;
  /** Processor time that others took on this machine meanwhile, in cores; only where the server is the study's own. */
  readonly othersCpu?: number | undefined;
  /** How fast the processors were meanwhile, the slowest process's, as a share of the best in the study. */
  readonly speed?: number | undefined;
}

/** An estimate with its 95 % confidence interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The cost of a block of n messages, a + b n, for one delivery, number of clients and message size. */
export interface Fit {
  readonly delivery: Delivery;
  readonly clients: number;
  readonly messageBytes: number;
  /** Microseconds per block, and per message. */
  readonly perBlock: Estimate;
  readonly perMessage: Estimate;
  /** Share of the variance of the logarithm of the cost that is explained, from 0 to 1. */
  readonly rSquared: number;
  readonly residuals: readonly { readonly size: number; readonly measured: number; readonly fitted: number }[];
  /** Each size predicted from a fit on the others. */
  readonly heldOut: readonly { readonly size: number; readonly measured: number; readonly predicted: number }[];
  /** Median absolute relative error of `heldOut`. */
  readonly predictionError: number;
}

/** What the advice is to optimise. */
export type Goal =
  | { readonly kind: 'throughput' }
  | { readonly kind: 'cpu' }
  /** Among the sizes that keep up with a given rate, the least p99 of the messages' latency: `gives` is in microseconds. */
  | { readonly kind: 'rate' }
  | {
      readonly kind: 'latency';
      readonly quantile: 'p50' | 'p90' | 'p99' | 'p999' | 'max';
      readonly limitMicros: number;
    };

/** The size to use, for one delivery, number of clients, rate and message size. */
export interface Advice {
  readonly goal: Goal;
  readonly delivery: Delivery;
  readonly clients: number;
  readonly rate: number | 'max';
  readonly messageBytes: number;
  /** Undefined: no size reaches the goal. */
  readonly size: number | undefined;
  /** What the goal's figure is there (messages/s, CPU s per million, or µs), with the noise it was measured with. */
  readonly gives: Estimate | undefined;
  /** The next sizes below and above that were considered, and what they would give. */
  readonly neighbours: readonly { readonly size: number; readonly gives: Estimate }[];
  /** The sizes that cannot be told from the best beyond the noise. */
  readonly noDifference: readonly number[];
  /** One sentence for people. */
  readonly words: string;
}

export interface Machine {
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
}

/** What was to be tried, and how: with the seed all there is to know to do it again. */
export interface Setup {
  readonly sizes: readonly number[];
  readonly clients: readonly number[];
  readonly deliveries: readonly Delivery[];
  readonly rates: readonly (number | 'max')[];
  readonly messageBytes: readonly number[];
  /** Blocks of one client under way at once. */
  readonly window: number;
  /** How often every point was run. */
  readonly rounds: number;
  /** How often a run is made again at most that other work or slow processors disturbed. */
  readonly repeats: number;
  readonly warmUpMicros: number;
  /** How long each run was measured; longer where few blocks would fall into it. */
  readonly measureMicros: number;
  /** Processes that the clients were spread over. */
  readonly workers: number;
}

export interface StudyResult {
  readonly version: 1;
  /** The command that made it. */
  readonly command: string;
  readonly seed: number;
  readonly setup: Setup;
  /** What was asked for; each has its advice below, for each part of the grid. */
  readonly goals: readonly Goal[];
  readonly startedAt: string;
  /** Undefined: it was interrupted, or still runs. */
  readonly finishedAt: string | undefined;
  readonly machine: Machine;
  readonly server: {
    readonly url: string;
    /** Started by the study, in a process of its own. */
    readonly own: boolean;
    /** Server's clock minus this machine's, and by how much that may be wrong. */
    readonly clockOffsetMicros: number;
    readonly clockErrorMicros: number;
  };
  readonly measurements: readonly Measurement[];
  /** Points that were left out, and why: saturated at a lower rate, for one. */
  readonly skipped: readonly { readonly point: Point; readonly why: string }[];
  readonly fits: readonly Fit[];
  /** The median of the fits' prediction errors; undefined where there is no fit. */
  readonly predictionError: number | undefined;
  readonly advice: readonly Advice[];
}
