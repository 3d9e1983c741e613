// A platform without a network: a test opens its sockets, hands them what comes, and reads what was said.
import type { Platform, Socket, SocketEvents } from '../../src/client/platform.ts';
import type { ClientMessage, ServerMessage } from '../../src/protocol/messages.ts';

export class FakeSocket implements Socket {
  readonly events: SocketEvents;
  readonly said: ClientMessage[] = [];
  readonly flow: Socket['flow'];
  isCut = false;
  arriving = false;
  unsent = 0;
  #isClosed = false;

  constructor(events: SocketEvents, pauses: boolean) {
    this.events = events;
    this.flow = pauses ? { pause: () => undefined, resume: () => undefined } : undefined;
  }

  send(text: string): void {
    this.said.push(JSON.parse(text) as ClientMessage);
  }

  unsentBytes(): number {
    return this.unsent;
  }

  isArriving(): boolean {
    return this.arriving;
  }

  close(code: number, reason: string): void {
    this.ends(code, reason);
  }

  cut(): void {
    this.isCut = true;
  }

  hears(message: ServerMessage): void {
    this.events.text(JSON.stringify(message));
  }

  welcomes(heartbeat = 10_000_000): void {
    this.events.opened();
    this.hears({ type: 'welcome', server: 'fake', session: 's', heartbeat, subscriptions: 64, features: [] });
  }

  ends(code: number, reason = ''): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.events.closed({ code, reason, error: undefined });
  }
}

export class FakePlatform implements Platform {
  readonly name = 'fake';
  readonly seesBytes: boolean;
  readonly windowBytes = 4_194_304;
  readonly sockets: FakeSocket[] = [];
  readonly warnings: string[] = [];

  constructor(seesBytes: boolean) {
    this.seesBytes = seesBytes;
  }

  /** The one opened last. */
  get socket(): FakeSocket {
    const last = this.sockets.at(-1);
    if (last === undefined) throw new Error('no socket was opened');
    return last;
  }

  openSocket(_url: string, _subprotocol: string, events: SocketEvents): Socket {
    const socket = new FakeSocket(events, this.seesBytes);
    this.sockets.push(socket);
    return socket;
  }

  soon(act: () => void): void {
    setImmediate(act);
  }

  warn(text: string): void {
    this.warnings.push(text);
  }
}
