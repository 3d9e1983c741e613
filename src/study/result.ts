// The result of a study as plain data. It is saved, printed with --json, and drawn. Times are integer microseconds
// unless the name says otherwise; sizes are bytes.
import type { Delivery } from '../protocol/messages.ts';

/** One point of the grid: a setting that is measured. */
export interface Point {
  readonly delivery: Delivery;
  /** Messages a block. */
  readonly size: number;
  readonly clients: number;
  /** Messages a second of the feed, the same for every client. `max` is as many as each client can take. */
  readonly rate: number | 'max';
  /** About how many bytes one message's line has. */
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
  /** The round, from 0, and the run's position in the random order of all runs. */
  readonly round: number;
  readonly order: number;
  /** The measured time, without the warm-up. */
  readonly durationMicros: number;
  readonly blocks: number;
  readonly messages: number;
  readonly bytes: number;
  /** Sums over all clients. */
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Of the slowest, the median and the fastest client. */
  readonly clientMessagesPerSecond: { readonly min: number; readonly median: number; readonly max: number };
  /**
   * What a block costs where nothing waits: the mean time, over all blocks, from the end of a client's previous block.
   */
  readonly blockMicros: number;
  readonly took: Quantiles;
  readonly span: Quantiles;
  /** From the ack (or the subscription) that made room for the block, to its last byte. */
  readonly requestToReceipt: Quantiles;
  /** Age of a block's first message when the whole block has come. Only where the rate is a number. */
  readonly wait: Quantiles | undefined;
  /** Of each message, from the time it was due to the time its block had come. Only where the rate is a number. */
  readonly latency: Quantiles | undefined;
  /** Whether the server kept up with the rate: at least 95 % of the messages due came. Always true for `max`. */
  readonly keptUp: boolean;
  /**
   * CPU seconds per million delivered messages; undefined where they are not known (the server is not the study's own).
   */
  readonly serverCpuPerMillion: number | undefined;
  readonly clientCpuPerMillion: number | undefined;
  readonly wireBytesPerMessage: number | undefined;
  readonly serverRssBytes: number | undefined;
  readonly eventLoopDelay: { readonly p50: number; readonly p99: number; readonly max: number } | undefined;
  /**
   * Processor time that other programs took on this machine during the run, in cores. Only where the server is the
   * study's own.
   */
  readonly othersCpu?: number | undefined;
  /** Speed of the processors during the run, as a share of the best in the study. The slowest process counts. */
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

/** What the advice optimises. */
export type Goal =
  | { readonly kind: 'throughput' }
  | { readonly kind: 'cpu' }
  /** The least p99 latency among the sizes that keep up with the given rate. `gives` is in microseconds. */
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
  /** Undefined where no size reaches the goal. */
  readonly size: number | undefined;
  /** The goal's figure at that size (messages/s, CPU s per million, or µs), with its measured noise. */
  readonly gives: Estimate | undefined;
  /** The next smaller and the next larger size that were considered, and what they give. */
  readonly neighbours: readonly { readonly size: number; readonly gives: Estimate }[];
  /** The sizes that differ from the advised one by no more than noise. */
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

/** What the study measures, and how. With the seed this is all that is needed to repeat it. */
export interface Setup {
  readonly sizes: readonly number[];
  readonly clients: readonly number[];
  readonly deliveries: readonly Delivery[];
  readonly rates: readonly (number | 'max')[];
  readonly messageBytes: readonly number[];
  /** Blocks that one client may have under way at once. */
  readonly window: number;
  /** Runs of each point. */
  readonly rounds: number;
  /** The most times that a run is made again after other work or slow processors disturbed it. */
  readonly repeats: number;
  readonly warmUpMicros: number;
  /** The measured time of each run; longer where too few blocks would come in it. */
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
  /** The requested goals. Each has its advice below, for each part of the grid. */
  readonly goals: readonly Goal[];
  readonly startedAt: string;
  /** Undefined where the study was interrupted or still runs. */
  readonly finishedAt: string | undefined;
  readonly machine: Machine;
  readonly server: {
    readonly url: string;
    /** Whether the study started it, in a process of its own. */
    readonly own: boolean;
    /** The server's clock minus this machine's, and the largest error of that. */
    readonly clockOffsetMicros: number;
    readonly clockErrorMicros: number;
  };
  readonly measurements: readonly Measurement[];
  /** Points that were left out, and why: for example, the server did not keep up with a lower rate. */
  readonly skipped: readonly { readonly point: Point; readonly why: string }[];
  readonly fits: readonly Fit[];
  /** The median of the fits' prediction errors; undefined where there is no fit. */
  readonly predictionError: number | undefined;
  readonly advice: readonly Advice[];
}
