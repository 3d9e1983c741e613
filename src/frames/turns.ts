// Work in turns: everything that sends or frames is a task, and no turn of the event loop spends more than a little time on
// tasks, so that acks, pings and newcomers are never kept waiting behind a flood of data. Who is live, at the tail with
// little to do, goes before who is late, catching up or sending much; and the late have a share of each turn, so that they do
// not starve.
import { feedLimits } from '../feed/limits.ts';
import { framesLimits } from './limits.ts';
import type { Task } from './task.ts';
import { TaskQueue } from './taskQueue.ts';

const turnMs = feedLimits.turnMs.default;
const sliceMs = framesLimits.sliceMs.default;
const lateMs = framesLimits.lateMs.default;
const visitMs = framesLimits.visitMs.default;

/** The tasks of one server. */
export class Turns {
  readonly #live: TaskQueue = new TaskQueue();
  /** Those for whom somebody late has just made something: before the others who are late. */
  readonly #next: TaskQueue = new TaskQueue();
  readonly #late: TaskQueue = new TaskQueue();
  /** The late one whose visit goes on. Others do not begin meanwhile, so few are ever half done. */
  #visitor: Task | undefined;
  #visitedMs = 0;
  #scheduled = false;
  #untilMs = 0;

  /** When the task that runs is to stop, by performance.now: what it has not done is left to its next run. */
  get untilMs(): number {
    return this.#untilMs;
  }

  /** Has the task run soon, once, however often it is added before: it has little to do. */
  add(task: Task): void {
    this.#queue(this.#live, task);
  }

  /** Has the task run before the others who are late. */
  addNext(task: Task): void {
    this.#queue(this.#next, task);
  }

  /** Has the task run when its turn comes among those who are late. */
  addLate(task: Task): void {
    this.#queue(this.#late, task);
  }

  /** Does `work` once, among those who are late: for what has no task of its own. Settles as it does. */
  async late<Result>(work: (untilMs: number) => Result): Promise<Awaited<Result>> {
    return await new Promise<Result>((resolve, reject) => {
      this.addLate({
        queued: false,
        run: () => {
          try {
            resolve(work(this.#untilMs));
          } catch (cause) {
            reject(cause);
          }
          return false;
        },
      });
    });
  }

  #queue(queue: TaskQueue, task: Task): void {
    if (task.queued) return;
    task.queued = true;
    queue.push(task);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#turn);
  }

  get #isAnyLate(): boolean {
    return this.#visitor !== undefined || this.#next.length + this.#late.length > 0;
  }

  readonly #turn = (): void => {
    try {
      this.#runTasks();
    } finally {
      // Also where a task throws: the others have their turns.
      this.#scheduled = this.#live.length > 0 || this.#isAnyLate;
      if (this.#scheduled) setImmediate(this.#turn);
    }
  };

  #runTasks(): void {
    const began = performance.now();
    const endMs = began + turnMs;
    for (let nowMs = began; nowMs < endMs; nowMs = performance.now()) {
      if (this.#live.length > 0 && (nowMs < endMs - lateMs || !this.#isAnyLate)) {
        this.#untilMs = Math.min(nowMs + sliceMs, endMs);
        const task = this.#live.shift();
        if (this.#run(task)) this.addLate(task);
      } else if (this.#isAnyLate) {
        this.#untilMs = endMs;
        this.#runLate(nowMs);
      } else break;
    }
  }

  #run(task: Task): boolean {
    task.queued = false;
    return task.run();
  }

  #runLate(nowMs: number): void {
    if (this.#next.length > 0) {
      this.#run(this.#next.shift());
      return;
    }
    if (this.#visitor === undefined) this.#visitedMs = 0;
    const visitor = this.#visitor ?? this.#late.shift();
    this.#visitor = undefined;
    if (!this.#run(visitor) || visitor.queued) return;
    // It made nothing yet. It goes on at once, until it has had its time.
    visitor.queued = true;
    this.#visitedMs += performance.now() - nowMs;
    if (this.#visitedMs < visitMs) this.#visitor = visitor;
    else this.#late.push(visitor);
  }
}
