// Logs each of what clients do again and again, up to a number of lines a second; of the rest it logs one sum a second. So
// a client in a loop cannot fill a disk, and nothing that happened goes uncounted.
import type { Clock } from '../base/clock.ts';
import { isHeard, type LogLevel, type ServerLog } from './log.ts';

/** What is added up of those that are not logged one by one: `{ blocks: 2, messages: 10 }`. */
export type Sums = Readonly<Record<string, number>>;

export class LimitedLog {
  readonly #log: ServerLog;
  readonly #clock: Clock;
  readonly #level: LogLevel;
  readonly #what: string;
  readonly #perSecond: number;
  #secondBeganMs: number;
  #inSecond = 0;
  #more = 0;
  #sums: Record<string, number> = {};

  /** `what` names them in the sum: `acks`. `perSecond`: limit logsPerSecond. */
  constructor(log: ServerLog, clock: Clock, level: LogLevel, what: string, perSecond: number) {
    this.#log = log;
    this.#clock = clock;
    this.#level = level;
    this.#what = what;
    this.#perSecond = perSecond;
    this.#secondBeganMs = clock.monotonicMs();
  }

  /** `format` makes fields and sentence, and is only called where they are logged. */
  add(sums: Sums, format: () => readonly [fields: object, sentence: string]): void {
    if (!isHeard(this.#log, this.#level)) return;
    this.flush(false);
    if (++this.#inSecond <= this.#perSecond) {
      const [fields, sentence] = format();
      this.#log[this.#level](fields, sentence);
      return;
    }
    this.#more++;
    for (const [name, number] of Object.entries(sums)) this.#sums[name] = (this.#sums[name] ?? 0) + number;
  }

  /** Logs what was summed up, once its second is over or, with `now`, at once. */
  flush(now: boolean): void {
    const nowMs = this.#clock.monotonicMs();
    if (!now && nowMs - this.#secondBeganMs < 1_000) return;
    this.#secondBeganMs = nowMs;
    this.#inSecond = 0;
    if (this.#more === 0) return;
    const sums = { [this.#what]: this.#more, ...this.#sums };
    this.#more = 0;
    this.#sums = {};
    const [first, ...rest] = Object.entries(sums).map(([name, number]) => [number, name]);
    const words = [`${first?.[0]} more ${first?.[1]}`, ...rest.map((each) => each.join(' '))];
    this.#log[this.#level](sums, words.join(', '));
  }
}
