// A client that speaks WebSocket and nothing else.
import { WebSocket } from 'ws';

export class PlainPeer {
  readonly webSocket: WebSocket;
  /** The text frames that came. */
  readonly frames: string[] = [];
  closeCode: number | undefined;
  #fault: Error | undefined;
  #wakers: (() => void)[] = [];

  constructor(url: string) {
    this.webSocket = new WebSocket(url);
    this.webSocket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.#fault = new Error('a plain client gets text only');
      this.frames.push(data.toString());
      this.#wake();
    });
    this.webSocket.on('close', (code) => {
      this.closeCode = code;
      this.#wake();
    });
  }

  static async open(url: string): Promise<PlainPeer> {
    const peer = new PlainPeer(url);
    await new Promise<void>((resolve, reject) => {
      peer.webSocket.once('open', resolve);
      peer.webSocket.once('error', reject);
    });
    return peer;
  }

  /** The HTTP status with which it is refused. */
  static async refused(url: string, subprotocol?: string): Promise<{ readonly status: number; readonly body: string }> {
    const webSocket = new WebSocket(url, subprotocol === undefined ? [] : [subprotocol]);
    return await new Promise((resolve, reject) => {
      webSocket.on('error', () => {});
      webSocket.on('open', () => reject(new Error('it was not refused')));
      webSocket.on('unexpected-response', (_request, response) => {
        let body = '';
        response.on('data', (bytes: Buffer) => {
          body += bytes.toString();
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      });
    });
  }

  get text(): string {
    return this.frames.join('');
  }

  async until(wanted: () => boolean): Promise<void> {
    while (!wanted()) {
      if (this.#fault !== undefined) throw this.#fault;
      if (this.closeCode !== undefined) throw new Error(`closed with ${this.closeCode}, and not as wanted: ${wanted}`);
      await new Promise<void>((wake) => this.#wakers.push(wake));
    }
  }

  async closed(): Promise<number> {
    while (this.closeCode === undefined) await new Promise<void>((wake) => this.#wakers.push(wake));
    return this.closeCode;
  }

  close(): void {
    this.webSocket.terminate();
  }

  #wake(): void {
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }
}
