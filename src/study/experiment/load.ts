// The clients of a study in one process. They connect, take their blocks as any program would, do not parse them, and
// measure.
import type { Client } from '../../client/client.ts';
import { connect } from '../../client/connect.ts';
import type { Subscription } from '../../client/subscription.ts';
import { BlockfeedError } from '../../protocol/errors.ts';
import { sum } from '../statistics/sum.ts';
import { studyClock } from './clock.ts';
import { Distributions, Meter } from './meter.ts';
import type { LoadReport, OpenOrder } from './orders.ts';
import { SpeedLooks } from './speed.ts';

/** Interval of the checks whether the time is up, in ms. */
const lookEveryMs = 5;
/**
 * At full speed there is no steady state while windows fill. So each client first gets a window of blocks that do not
 * count. Then it is measured for at least `windowsMeasured` windows, but for no longer than `timesLonger` times the
 * requested time.
 */
const windowsMeasured = 2;
const timesLonger = 20;
const longestWarmUpMicros = 10_000_000;
/** How long messages that were due are awaited, in microseconds. The time of two blocks is added. */
const graceMicros = 2_000_000;

export class Load {
  readonly #distributions = new Distributions();
  readonly #clients: Client[] = [];
  readonly #meters: Meter[] = [];
  readonly #subscriptions: Subscription[] = [];
  readonly #order: OpenOrder;
  #failure: { readonly error: unknown } | undefined;
  #isStopping = false;
  #cpuMicros = 0;
  #elapsedMicros = 0;
  #received = 0;
  #speed = 0;

  constructor(order: OpenOrder) {
    this.#order = order;
  }

  /** Connects and subscribes all clients. Resolves when the server has answered each of them. */
  async open(): Promise<void> {
    await Promise.all(Array.from({ length: this.#order.clients }, () => this.#openOne()));
  }

  /** Lets `micros` pass, and at full speed also a window of blocks. Nothing of it counts. */
  async warmUp(micros: number): Promise<void> {
    const { window } = this.#order;
    await this.#until(
      micros + longestWarmUpMicros,
      (elapsedMicros) =>
        elapsedMicros >= micros && (!this.#atFullSpeed || this.#each((each) => each.blocksInAll >= window)),
    );
  }

  /** Measures for `measureMicros`. Resolves when the time is up; `stop` still awaits the messages that were due. */
  async measure(measureMicros: number): Promise<void> {
    const { window } = this.#order;
    const begin = studyClock.nowMicros();
    const cpu = process.cpuUsage();
    const receivedBefore = this.#receivedInAll();
    for (const meter of this.#meters) meter.begin(begin);
    const looks = new SpeedLooks();
    looks.start();
    await this.#until(
      measureMicros * timesLonger,
      (elapsedMicros) =>
        elapsedMicros >= measureMicros &&
        (!this.#atFullSpeed || this.#each(({ blocks }) => blocks >= windowsMeasured * window)),
    );
    const end = studyClock.nowMicros();
    for (const meter of this.#meters) meter.end(end);
    this.#speed = looks.take();
    looks.stop();
    const { user, system } = process.cpuUsage(cpu);
    this.#cpuMicros = user + system;
    this.#elapsedMicros = end - begin;
    this.#received = this.#receivedInAll() - receivedBefore;
  }

  /** Awaits the messages that were due, closes all clients, and reports. */
  async stop(): Promise<LoadReport> {
    const { dueEveryMicros, size } = this.#order;
    const longestMicros = graceMicros + 2 * size * (dueEveryMicros ?? 0);
    await this.#until(longestMicros, () => this.#each(({ isComplete }) => isComplete));
    const now = studyClock.nowMicros();
    for (const meter of this.#meters) meter.countMissing(now);
    await this.close();
    const { took, span, requestToReceipt, wait, latency } = this.#distributions;
    return {
      clients: this.#meters.map((meter) => meter.count()),
      delivered: sum(this.#meters.map(({ delivered }) => delivered)),
      received: this.#received,
      missing: sum(this.#meters.map(({ missing }) => missing)),
      cpuMicros: this.#cpuMicros,
      elapsedMicros: this.#elapsedMicros,
      speed: this.#speed,
      took: took.encode(),
      span: span.encode(),
      requestToReceipt: requestToReceipt.encode(),
      wait: wait.encode(),
      latency: latency.encode(),
    };
  }

  async close(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  async #openOne(): Promise<void> {
    const { url, token, feed, from, size, delivery, window, dueEveryMicros, clockOffsetMicros } = this.#order;
    const client = await connect(url, { clock: studyClock, name: 'blockfeed study', retry: 3, token });
    this.#clients.push(client);
    const subscription = client.subscribe(feed, { size, delivery, window, from });
    const meter = new Meter({ window, dueEveryMicros, clockOffsetMicros }, this.#distributions, studyClock.nowMicros());
    this.#meters.push(meter);
    this.#subscriptions.push(subscription);
    await subscription.opened;
    void this.#take(subscription, meter).catch((error: unknown) => {
      if (!this.#isStopping) this.#failure ??= { error };
    });
  }

  async #take(subscription: Subscription, meter: Meter): Promise<void> {
    for await (const part of subscription.parts()) {
      if (part.kind === 'gap')
        throw new BlockfeedError('bad-server', `messages ${part.from} to ${part.to} never came: ${part.reason}`, {
          hint: 'A study needs feeds that keep what it reads.',
        });
      // The ack goes first, so that the server does not wait for the counting.
      if (part.cut !== undefined) subscription.ack(part.to);
      meter.take(part, part.cut === undefined ? 0 : studyClock.nowMicros());
    }
  }

  get #atFullSpeed(): boolean {
    return this.#order.dueEveryMicros === undefined;
  }

  /** The sum of the offsets that are next for each client. Only its growth is used. */
  #receivedInAll(): number {
    return sum(this.#subscriptions.map(({ next }) => next ?? 0));
  }

  #each(isSo: (meter: Meter) => boolean): boolean {
    return this.#meters.every(isSo);
  }

  /** Resolves when `isSo` is true, or when the time is over. */
  async #until(longestMicros: number, isSo: (elapsedMicros: number) => boolean): Promise<void> {
    const begin = studyClock.nowMicros();
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      const elapsedMicros = studyClock.nowMicros() - begin;
      if (elapsedMicros >= longestMicros || isSo(elapsedMicros)) return;
      await sleep(lookEveryMs);
    }
  }
}

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
