// Shows on stderr how far a collector is: on a terminal a line that is rewritten, else a line every 10 s.
import type { CollectStatus } from '../collect/index.ts';
import { say, styled, talk } from './output.ts';

const liveEveryMs = 500;
const lineEveryMs = 10_000;

/** Shows the status until it is stopped. Call `clear` before anything else is written to the terminal. */
export class StatusLine {
  readonly #status: () => CollectStatus;
  readonly #isLive: boolean = process.stderr.isTTY === true;
  readonly #timer: NodeJS.Timeout;
  #isShown = false;
  #before: { readonly messages: number; readonly atMs: number } = { messages: 0, atMs: performance.now() };
  #state = '';

  constructor(status: () => CollectStatus) {
    this.#status = status;
    this.#timer = setInterval(() => this.#show(), this.#isLive ? liveEveryMs : lineEveryMs);
  }

  /** What the connection does, if that is unusual; else ''. */
  set state(state: string) {
    this.#state = state;
    if (this.#isLive) this.#show();
    else if (state !== '') say(state);
  }

  clear(): void {
    if (!this.#isShown) return;
    talk.write('\r\u001b[2K');
    this.#isShown = false;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.clear();
  }

  #show(): void {
    const status = this.#status();
    const nowMs = performance.now();
    const perSecond = ((status.messages - this.#before.messages) * 1_000) / Math.max(1, nowMs - this.#before.atMs);
    this.#before = { messages: status.messages, atMs: nowMs };
    const line = `${describeStatus(status)}, ${round(perSecond)} messages/s, lag ${status.lag}`;
    if (!this.#isLive) return say(line);
    const columns = process.stderr.columns ?? 80;
    const state = this.#state === '' ? '' : ` — ${this.#state}`;
    this.clear();
    this.#isShown = talk.show(styled(process.stderr, 'dim', `${line}${state}`.slice(0, columns - 1)));
  }
}

/** `12 blocks, 60 messages, 9.7 kB, 1 reconnect` */
export function describeStatus({ blocks, messages, bytes, gaps, lost, reconnects }: CollectStatus): string {
  const parts = [count(blocks, 'block'), count(messages, 'message'), describeBytes(bytes)];
  if (gaps > 0) parts.push(`${count(gaps, 'gap')} (${count(lost, 'message')} lost)`);
  if (reconnects > 0) parts.push(count(reconnects, 'reconnect'));
  return parts.join(', ');
}

export function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}

export function describeBytes(bytes: number): string {
  for (const [unit, factor] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const)
    if (bytes >= factor) return `${(bytes / factor).toFixed(1)} ${unit}`;
  return `${bytes} B`;
}

function round(perSecond: number): string {
  return perSecond >= 10 ? String(Math.round(perSecond)) : perSecond.toFixed(1);
}
