// The messages between a study and its client processes.
import type { Delivery } from '../../protocol/messages.ts';
import type { Place } from '../../protocol/place.ts';
import type { ClientCount } from './meter.ts';

export interface OpenOrder {
  readonly say: 'open';
  readonly url: string;
  readonly token?: string | undefined;
  readonly feed: string;
  readonly from: Place;
  readonly size: number;
  readonly delivery: Delivery;
  readonly window: number;
  /** How many clients this process runs. */
  readonly clients: number;
  readonly dueEveryMicros?: number | undefined;
  readonly clockOffsetMicros: number;
}

export type Order =
  | OpenOrder
  | { readonly say: 'warm up'; readonly micros: number }
  | { readonly say: 'measure'; readonly measureMicros: number }
  | { readonly say: 'stop' }
  /** Closes all clients without a report, because the run was given up. */
  | { readonly say: 'abandon' };

export type LoadAnswer =
  | { readonly say: 'done' }
  | { readonly say: 'report'; readonly report: LoadReport }
  | { readonly say: 'failed'; readonly code: string; readonly message: string; readonly hint: string };

/** What the clients of one process measured. The distributions are text. */
export interface LoadReport {
  readonly clients: readonly ClientCount[];
  /** Messages that were handed out to the clients while they were measured. */
  readonly delivered: number;
  /** Messages that came in that time. Many of them may still wait to be handed out. */
  readonly received: number;
  readonly missing: number;
  readonly cpuMicros: number;
  readonly elapsedMicros: number;
  /** The speed of the process while it measured: see speed.ts. */
  readonly speed: number;
  readonly took: string;
  readonly span: string;
  readonly requestToReceipt: string;
  readonly wait: string;
  readonly latency: string;
}
