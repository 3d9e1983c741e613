// A client that speaks blockfeed.v1 through the ws library and decides nothing: a test tells it what to say, and waits for
// what it wants to hear. It also gathers what comes into blocks, as any client must be able to.
import { WebSocket } from 'ws';
import type { Cut } from '../../src/protocol/cut.ts';
import { parseFrame } from '../../src/protocol/frame.ts';
import { parseMessage } from '../../src/protocol/message.ts';
import {
  type ClientMessage,
  parseServerMessage,
  type ServerMessage,
  serverMessages,
  subprotocol,
} from '../../src/protocol/messages.ts';

import type { Policy } from '../../src/protocol/policy.ts';

type Said<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>;
type WithoutId<Message> = Message extends { id: number } ? Omit<Message, 'id'> & { id?: number } : Message;
/** A message as a test says it: a request gets an id where none is stated. */
export type Sayable = WithoutId<ClientMessage>;
type SubscribeFields = Omit<Extract<ClientMessage, { type: 'subscribe' }>, 'type' | 'id'>;

/** A policy as `subscribe` states it. */
export function policyFields({ size, waitMs, bytes }: Policy): Pick<SubscribeFields, 'size' | 'wait' | 'bytes'> {
  return {
    ...(size === undefined ? {} : { size }),
    ...(waitMs === undefined ? {} : { wait: waitMs * 1_000 }),
    ...(bytes === undefined ? {} : { bytes }),
  };
}

/** A block as it came. */
export interface PeerBlock {
  readonly feed: string;
  readonly from: number;
  readonly to: number;
  readonly cut: Cut;
  readonly lines: string;
  /** In how many binary frames. */
  readonly frames: number;
}

export interface PeerGap {
  readonly gap: readonly [from: number, to: number];
}

interface OpenBlock {
  from: number;
  to: number;
  lines: Buffer[];
}

interface Reading {
  readonly byMessage: boolean;
  readonly epoch: string;
  next: number;
  open: OpenBlock | undefined;
  /** Blocks and gaps in their order. */
  readonly came: (PeerBlock | PeerGap)[];
}

export class SessionPeer {
  readonly webSocket: WebSocket;
  /** Every control message that came. */
  readonly said: ServerMessage[] = [];
  /** Everything that came, in its order: what was said, and for a binary frame its bytes. */
  readonly order: (ServerMessage | Buffer)[] = [];
  closeCode: number | undefined;
  closeReason = '';
  /** Acks every block at once. */
  acksAll = false;
  /** Called for each block, after it was gathered. */
  onBlock: ((block: PeerBlock) => void) | undefined;
  /** What broke the protocol, if anything did. */
  fault: Error | undefined;
  readonly #readings: Map<string, Reading> = new Map();
  /** By the id of the request. */
  readonly #requested: Map<number, 'block' | 'message'> = new Map();
  #nextId = 1;
  #wakers: (() => void)[] = [];
  #seen = 0;

  private constructor(webSocket: WebSocket) {
    this.webSocket = webSocket;
    webSocket.on('message', (data: Buffer, isBinary) => {
      try {
        if (isBinary) this.#binary(data);
        else this.#text(data.toString());
      } catch (error) {
        this.fault ??= error as Error;
      }
      this.#wake();
    });
    webSocket.on('close', (code, reason) => {
      this.closeCode = code;
      this.closeReason = reason.toString();
      this.#wake();
    });
    webSocket.on('error', () => this.#wake());
  }

  /** Connects, and says hello unless told otherwise. */
  static async open(url: string, options: { readonly hello?: boolean } = {}): Promise<SessionPeer> {
    const webSocket = new WebSocket(url, subprotocol);
    const peer = new SessionPeer(webSocket);
    await new Promise<void>((resolve, reject) => {
      webSocket.once('open', resolve);
      webSocket.once('error', reject);
    });
    if (options.hello === false) return peer;
    peer.say({ type: 'hello', client: 'test', instance: 'one' });
    await peer.hears('welcome');
    return peer;
  }

  /** Returns the id of a request, and undefined of what is none. */
  say(message: Sayable): number | undefined {
    if (message.type !== 'subscribe' && message.type !== 'unsubscribe') {
      this.sayText(JSON.stringify(message));
      return undefined;
    }
    const { type, id = this.#nextId++, ...fields } = message;
    if (message.type === 'subscribe') this.#requested.set(id, message.delivery ?? 'block');
    this.sayText(JSON.stringify({ type, id, ...fields }));
    return id;
  }

  sayText(text: string): void {
    this.webSocket.send(text);
  }

  /** Says `subscribe` and waits for the answer. */
  async subscribe(fields: SubscribeFields): Promise<Said<'subscribed'>> {
    const id = this.ask(fields);
    return await this.hears('subscribed', (message) => message.id === id);
  }

  /** Says `subscribe`. */
  ask(fields: SubscribeFields): number | undefined {
    return this.say({ type: 'subscribe', ...fields });
  }

  ack(feed: string, to: number): void {
    this.say({ type: 'ack', feed, epoch: this.epoch(feed), to });
  }

  epoch(feed: string): string {
    return this.#reading(feed).epoch;
  }

  /** The next message of that type that was not heard yet; throws when an `error` comes instead. */
  async hears<Type extends ServerMessage['type']>(
    type: Type,
    wanted: (message: Said<Type>) => boolean = () => true,
  ): Promise<Said<Type>> {
    for (;;) {
      for (; this.#seen < this.said.length; ) {
        const message = this.said[this.#seen++] as ServerMessage;
        if (message.type === type && wanted(message as Said<Type>)) return message as Said<Type>;
        if (message.type === 'error') throw new Error(`error ${message.code}: ${message.message}`);
      }
      await this.#more(`${type} ${wanted}`);
    }
  }

  /** Waits until what came is as wanted. */
  async until(wanted: () => boolean): Promise<void> {
    while (!wanted()) await this.#more(`${wanted}`);
  }

  async closed(): Promise<number> {
    while (this.closeCode === undefined) await this.#more('the close');
    return this.closeCode;
  }

  /** Says something that is refused, and waits for the refusal: everything said before was dealt with then. */
  async settled(): Promise<void> {
    const before = this.said.filter(({ type }) => type === 'error').length;
    this.say({ type: 'unsubscribe', feed: 'nobody', flush: false });
    await this.until(() => this.said.filter(({ type }) => type === 'error').length > before);
    this.#seen = this.said.length;
  }

  blocks(feed: string): PeerBlock[] {
    return this.came(feed).filter((item): item is PeerBlock => !('gap' in item));
  }

  gaps(feed: string): (readonly [number, number])[] {
    return this.came(feed).flatMap((item) => ('gap' in item ? [item.gap] : []));
  }

  came(feed: string): readonly (PeerBlock | PeerGap)[] {
    return this.#readings.get(feed)?.came ?? [];
  }

  /** Everything of the feed's lines that came, also of the block that is open. */
  lines(feed: string): string {
    const reading = this.#readings.get(feed);
    const open = reading?.open === undefined ? '' : Buffer.concat(reading.open.lines).toString();
    return this.blocks(feed)
      .map(({ lines }) => lines)
      .join('')
      .concat(open);
  }

  /** The next offset to come. */
  next(feed: string): number {
    return this.#reading(feed).next;
  }

  isOpen(feed: string): boolean {
    return this.#reading(feed).open !== undefined;
  }

  close(): void {
    this.webSocket.terminate();
  }

  async #more(what: string): Promise<void> {
    if (this.fault !== undefined) throw this.fault;
    if (this.closeCode !== undefined)
      throw new Error(`closed with ${this.closeCode} ${this.closeReason}, and this did not come: ${what}`);
    await new Promise<void>((wake) => this.#wakers.push(wake));
    if (this.fault !== undefined) throw this.fault;
  }

  #wake(): void {
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }

  #reading(feed: string): Reading {
    const reading = this.#readings.get(feed);
    if (reading === undefined) throw new Error(`feed ${feed} was not subscribed`);
    return reading;
  }

  #text(text: string): void {
    const message = parseServerMessage(text);
    const known = ['type', ...Object.keys(serverMessages[message.type])];
    for (const name of Object.keys(JSON.parse(text) as object))
      if (!known.includes(name)) throw new Error(`the server says ${name}, which is in no table: ${text}`);
    this.said.push(message);
    this.order.push(message);
    if (message.type === 'subscribed')
      this.#readings.set(message.feed, {
        byMessage: this.#requested.get(message.id) === 'message',
        epoch: message.epoch,
        next: message.from,
        open: undefined,
        came: [...this.came(message.feed)],
      });
    if (message.type === 'cut') this.#cut(message.feed, message.to, message.cut);
    if (message.type === 'gap') this.#gap(message);
  }

  #gap({ feed, from, to }: Said<'gap'>): void {
    const reading = this.#reading(feed);
    if (from !== reading.next || to <= from) throw new Error(`gap [${from},${to}) at ${reading.next}`);
    if (reading.open !== undefined) this.#cut(feed, from, 'gap');
    reading.came.push({ gap: [from, to] });
    reading.next = to;
  }

  #binary(data: Buffer): void {
    this.order.push(data);
    const byMessage = [...this.#readings].find(([, reading]) => reading.byMessage);
    if (byMessage !== undefined) {
      const { offset } = parseMessage(data);
      if (data.indexOf(10) !== data.length - 1) throw new Error('a frame of message delivery is not one line');
      return this.#lines(byMessage[0], offset, offset + 1, data);
    }
    const { header, lines } = parseFrame(data);
    if (header.to > header.from) this.#lines(header.feed, header.from, header.to, Buffer.from(lines));
    if (header.cut !== undefined) this.#cut(header.feed, header.to, header.cut);
  }

  #lines(feed: string, from: number, to: number, lines: Buffer): void {
    const reading = this.#reading(feed);
    if (from !== reading.next) throw new Error(`${feed}: a frame begins at ${from}, not at ${reading.next}`);
    let offset = from;
    for (const line of lines.toString().split('\n').slice(0, -1)) {
      if (!line.startsWith(`{"offset":${offset},`)) throw new Error(`${feed}: line ${offset} is ${line.slice(0, 60)}`);
      offset++;
    }
    if (offset !== to) throw new Error(`${feed}: the frame's lines end at ${offset}, its header says ${to}`);
    reading.open ??= { from, to, lines: [] };
    reading.open.lines.push(lines);
    reading.open.to = to;
    reading.next = to;
  }

  #cut(feed: string, to: number, cut: Cut): void {
    const reading = this.#reading(feed);
    const { open } = reading;
    if (open === undefined || open.to !== to) throw new Error(`${feed}: cut ${cut} at ${to}, and open is ${open?.to}`);
    const lines = Buffer.concat(open.lines).toString();
    const block = { feed, from: open.from, to, cut, lines, frames: open.lines.length };
    reading.open = undefined;
    reading.came.push(block);
    if (this.acksAll) this.ack(feed, to);
    this.onBlock?.(block);
  }
}
