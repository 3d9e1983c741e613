// Logs each of what one client does again and again, its acks for one; above 100 a second, one summary a second instead.
import type { Clock } from '../base/clock.ts';
import type { ServerLog } from './log.ts';

/** What is added up of those that are not logged one by one: `{ blocks: 2, messages: 10 }`. */
export type Sums = Readonly<Record<string, number>>;

export class LimitedLog {
  readonly #log: ServerLog;
  readonly #clock: Clock;
  readonly #who: object;
  readonly #what: string;
  readonly #perSecond: number;
  #secondBegan = 0;
  #inSecond = 0;
  #more = 0;
  #sums: Record<string, number> = {};

  /** `who` is logged with each; `what` names them in the summary: `acks`. `perSecond`: limit logsPerSecond. */
  constructor(log: ServerLog, clock: Clock, who: object, what: string, perSecond: number) {
    this.#log = log;
    this.#clock = clock;
    this.#who = who;
    this.#what = what;
    this.#perSecond = perSecond;
  }

  /** `format` makes fields and sentence, and is only called where they are logged. */
  add(sums: Sums, format: () => readonly [fields: object, sentence: string]): void {
    this.flush(false);
    if (++this.#inSecond <= this.#perSecond) {
      const [fields, sentence] = format();
      this.#log.info({ ...this.#who, ...fields }, sentence);
      return;
    }
    this.#more++;
    for (const [name, number] of Object.entries(sums)) this.#sums[name] = (this.#sums[name] ?? 0) + number;
  }

  /** Logs what was summed up, once its second is over or, with `now`, at once. */
  flush(now: boolean): void {
    const micros = this.#clock.nowMicros();
    if (!now && micros - this.#secondBegan < 1_000_000) return;
    this.#secondBegan = micros;
    this.#inSecond = 0;
    if (this.#more === 0) return;
    const sums = { [this.#what]: this.#more, ...this.#sums };
    this.#more = 0;
    this.#sums = {};
    const [first, ...rest] = Object.entries(sums).map(([name, number]) => [number, name]);
    const words = [`${first?.[0]} more ${first?.[1]}`, ...rest.map((each) => each.join(' '))];
    this.#log.info({ ...this.#who, ...sums }, words.join(', '));
  }
}
