// The processes that run a study's clients. Clients run neither in the server's process nor in the study's own, which
// only waits.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, errorCodes } from '../../protocol/codes.ts';
import { BlockfeedError } from '../../protocol/errors.ts';
import type { LoadAnswer, LoadReport, OpenOrder, Order } from './orders.ts';

export class Workers {
  readonly #workers: readonly Worker[];

  constructor(count: number) {
    this.#workers = Array.from({ length: count }, () => new Worker());
  }

  /** Spreads the clients over the processes and opens them all. */
  async open(order: OpenOrder): Promise<void> {
    const count = this.#workers.length;
    await this.#all((worker, index) => {
      const clients = Math.floor(order.clients / count) + (index < order.clients % count ? 1 : 0);
      return worker.ask({ ...order, clients });
    });
  }

  async warmUp(micros: number): Promise<void> {
    await this.#all((worker) => worker.ask({ say: 'warm up', micros }));
  }

  async measure(measureMicros: number): Promise<void> {
    await this.#all((worker) => worker.ask({ say: 'measure', measureMicros }));
  }

  async stop(): Promise<LoadReport[]> {
    const answers = await this.#all((worker) => worker.ask({ say: 'stop' }));
    return answers.flatMap((answer) => (answer.say === 'report' ? [answer.report] : []));
  }

  async abandon(): Promise<void> {
    await this.#all((worker) => worker.ask({ say: 'abandon' }));
  }

  end(): void {
    for (const worker of this.#workers) worker.end();
  }

  async #all(act: (worker: Worker, index: number) => Promise<LoadAnswer>): Promise<LoadAnswer[]> {
    return await Promise.all(this.#workers.map(act));
  }
}

class Worker {
  // It has a process group of its own, so that a Ctrl-C in the terminal reaches only the study, which ends its
  // processes last.
  readonly #child: ChildProcess = fork(fileURLToPath(new URL('./loadProcess.js', import.meta.url)), {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  #waiting: { resolve: (answer: LoadAnswer) => void; reject: (error: unknown) => void } | undefined;
  #ended: string | undefined;

  constructor() {
    this.#child.on('message', (answer: LoadAnswer) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (answer.say !== 'failed') return waiting?.resolve(answer);
      const code: ErrorCode = answer.code in errorCodes ? (answer.code as ErrorCode) : 'bad-server';
      waiting?.reject(new BlockfeedError(code, answer.message, { hint: answer.hint }));
    });
    this.#child.on('error', (error) => this.#over(error.message));
    this.#child.on('exit', (code, signal) => this.#over(`it ended with ${signal ?? `exit code ${code}`}`));
  }

  async ask(order: Order): Promise<LoadAnswer> {
    return await new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      if (this.#ended !== undefined) return this.#over(this.#ended);
      this.#child.send(order);
    });
  }

  end(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  #over(why: string): void {
    this.#ended = why;
    this.#waiting?.reject(
      new BlockfeedError('unreachable', `a client process has failed: ${why}`, {
        hint: 'Study fewer clients, or give the machine more memory.',
      }),
    );
    this.#waiting = undefined;
  }
}
