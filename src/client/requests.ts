// The requests of one connection that have no answer yet: which id is whose, and how long each is waited for.
import type { Clock, Timer } from '../base/clock.ts';
import { clientLimits } from './limits.ts';

/** Time is counted in so many parts: one in which the connection was not read, or the program was busy, counts little. */
const parts = 12;
const partMs = clientLimits.requestMs.default / parts;

interface Waiting<Request> {
  readonly request: Request;
  partsWaited: number;
}

export class Requests<Request> {
  readonly #clock: Clock;
  readonly #isReading: () => boolean;
  readonly #overdue: (request: Request) => void;
  readonly #open = new Map<number, Waiting<Request>>();
  #nextId = 0;
  #timer: Timer | undefined;

  /** `isReading`: while nothing is read no answer can come. `overdue` is called with the first that is waited for in vain. */
  constructor(clock: Clock, isReading: () => boolean, overdue: (request: Request) => void) {
    this.#clock = clock;
    this.#isReading = isReading;
    this.#overdue = overdue;
  }

  get open(): Request[] {
    return Array.from(this.#open.values(), ({ request }) => request);
  }

  /** Returns the id to say it with. */
  add(request: Request): number {
    const id = this.#nextId++;
    this.#open.set(id, { request, partsWaited: 0 });
    this.#timer ??= this.#clock.after(partMs, this.#look);
    return id;
  }

  /** It has its answer. Undefined: no request of that id is open. */
  answered(id: number): Request | undefined {
    const waiting = this.#open.get(id);
    this.#open.delete(id);
    return waiting?.request;
  }

  /** Those up to this id of which that holds have their answer. */
  answeredUpTo(id: number, isOne: (request: Request) => boolean): void {
    for (const [openId, { request }] of this.#open) if (openId <= id && isOne(request)) this.#open.delete(openId);
  }

  /** The connection is over. */
  stop(): void {
    this.#open.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    const isReading = this.#isReading();
    for (const waiting of this.#open.values()) {
      if (isReading) waiting.partsWaited++;
      if (waiting.partsWaited > parts) return this.#overdue(waiting.request);
    }
    if (this.#open.size > 0) this.#timer = this.#clock.after(partMs, this.#look);
  };
}
