// Work in turns: everything that sends or lays out is a task, and no turn of the event loop spends more than a little time
// on tasks, so that acks, pings and newcomers are never kept waiting behind a flood of data.
import { feedLimits } from '../feed/limits.ts';

/** Something to do in a turn. It is in the queue at most once; `queued` is for Turns alone. */
export interface Task {
  queued: boolean;
  run(): void;
}

/** The tasks of one server, in the order in which they came. */
export class Turns {
  #queue: Task[] = [];
  #next: Task[] = [];
  #scheduled = false;
  #untilMs = 0;

  /** When the turn that runs is to be over, by performance.now: a task that has much to do leaves the rest to its next. */
  get untilMs(): number {
    return this.#untilMs;
  }

  /** Has the task run soon, once, however often it is added before. */
  add(task: Task): void {
    if (task.queued) return;
    task.queued = true;
    this.#next.push(task);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#untilMs = performance.now() + feedLimits.turnMs.default;
    let at = 0;
    for (;;) {
      if (at === this.#queue.length) {
        if (this.#next.length === 0) break;
        this.#queue = this.#next;
        this.#next = [];
        at = 0;
      }
      const task = this.#queue[at++] as Task;
      task.queued = false;
      task.run();
      if (performance.now() > this.#untilMs) break;
    }
    this.#next = this.#queue.slice(at).concat(this.#next);
    this.#queue = [];
    this.#scheduled = this.#next.length > 0;
    if (this.#scheduled) setImmediate(this.#turn);
  };
}
