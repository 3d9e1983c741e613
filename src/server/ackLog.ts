// Logs every ack of one session; above 100 a second, one summary a second instead.
import type { Clock } from '../base/clock.ts';
import { limits } from '../protocol/limits.ts';
import type { ServerLog } from './log.ts';

/** What an ack said. Times in microseconds; undefined where the server does not know (a block of an earlier connection). */
export interface AckFacts {
  readonly feed: string;
  /** The range that became durable. */
  readonly from: number;
  readonly to: number;
  readonly blocks: number;
  readonly spanMicros: number | undefined;
  readonly tookMicros: number | undefined;
}

export class AckLog {
  readonly #log: ServerLog;
  readonly #clock: Clock;
  readonly #who: object;
  #secondBegan = 0;
  #inSecond = 0;
  #summary: { acks: number; blocks: number; messages: number } | undefined;

  constructor(log: ServerLog, clock: Clock, who: object) {
    this.#log = log;
    this.#clock = clock;
    this.#who = who;
  }

  ack(facts: AckFacts): void {
    this.flush(false);
    if (++this.#inSecond <= limits.ackLogsPerSecond.default) {
      const { feed, from, to, blocks, spanMicros, tookMicros } = facts;
      this.#log.info(
        { ...this.#who, feed, from, to, blocks, messages: to - from, spanMicros, tookMicros },
        `ack ${feed} [${from},${to}) ${to - from} messages span ${seconds(spanMicros)} took ${seconds(tookMicros)}`,
      );
      return;
    }
    this.#summary ??= { acks: 0, blocks: 0, messages: 0 };
    this.#summary.acks++;
    this.#summary.blocks += facts.blocks;
    this.#summary.messages += facts.to - facts.from;
  }

  /** Logs what was summed up, once its second is over or, with `now`, at once. */
  flush(now: boolean): void {
    const micros = this.#clock.nowMicros();
    if (!now && micros - this.#secondBegan < 1_000_000) return;
    this.#secondBegan = micros;
    this.#inSecond = 0;
    const summary = this.#summary;
    this.#summary = undefined;
    if (summary === undefined) return;
    this.#log.info(
      { ...this.#who, ...summary },
      `${summary.acks} more acks, ${summary.blocks} blocks, ${summary.messages} messages`,
    );
  }
}

function seconds(micros: number | undefined): string {
  return micros === undefined ? 'unknown' : `${(micros / 1_000_000).toFixed(3)} s`;
}
