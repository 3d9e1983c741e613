// First in, first out, also when thousands wait: an array's own `shift` moves all that are behind.
import { assert } from '../base/assert.ts';
import type { Task } from './task.ts';

const emptiedMin = 64;

/** The tasks that wait, in the order in which they came. */
export class TaskQueue {
  #tasks: (Task | undefined)[] = [];
  /** Where the first one stands. */
  #head = 0;

  get length(): number {
    return this.#tasks.length - this.#head;
  }

  push(task: Task): void {
    this.#tasks.push(task);
  }

  /** Takes the first one out; there must be one. */
  shift(): Task {
    const task = this.#tasks[this.#head];
    assert(task !== undefined, 'a task waits');
    this.#tasks[this.#head++] = undefined;
    if (this.#head === this.#tasks.length) {
      this.#tasks.length = 0;
      this.#head = 0;
    } else if (this.#head >= emptiedMin && this.#head * 2 > this.#tasks.length) {
      this.#tasks.splice(0, this.#head);
      this.#head = 0;
    }
    return task;
  }
}
