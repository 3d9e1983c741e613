// A framer, who waits for what it makes, and its turns.
import type { Framer, Progress } from './framer.ts';
import type { GatheredLines, Gatherer } from './gatheredLines.ts';
import type { Reader } from './reader.ts';
import type { Task } from './task.ts';
import type { Turns } from './turns.ts';

export type Outcome = Progress | { readonly failed: unknown };

/** What a framer's task needs of its rendition. */
export interface FramerTaskHost {
  readonly turns: Turns;
  readonly gathered: GatheredLines;
  /** A framer for the place of these readers. */
  framerFor(readers: Iterable<Reader>): Framer;
  /** Units may be there, before what became of the turn is known. */
  advancing(): void;
  /** What became of a turn. Returns whether somebody waits for more, and it can be made at once. */
  advanced(task: FramerTask, outcome: Outcome): boolean;
}

export class FramerTask implements Task, Gatherer {
  queued = false;
  /** Who waits for it. */
  readonly readers: Set<Reader> = new Set();
  readonly slotOver: () => void;
  readonly #host: FramerTaskHost;
  #framer: Framer | undefined;
  #isLate: boolean;
  #isReading = false;
  #isOver = false;

  /** `isLate`: the framer begins far behind the tail. */
  constructor(host: FramerTaskHost, framer: Framer | undefined, isLate: boolean) {
    this.#host = host;
    this.#framer = framer;
    this.#isLate = isLate;
    this.slotOver = () => {
      if (this.readers.size > 0) this.wake();
    };
  }

  /** Undefined: it had to forget what it gathered, and begins again where its readers are. */
  get framer(): Framer | undefined {
    return this.#framer;
  }

  /** Whether it is catching up. */
  get isLate(): boolean {
    return this.#isLate;
  }

  /** Whether it waits for a feed that answers later. */
  get isReading(): boolean {
    return this.#isReading;
  }

  get heldBytes(): number {
    return this.#framer?.heldBytes ?? 0;
  }

  /** Has it run soon. */
  wake(): void {
    if (this.#isLate) this.#host.turns.addLate(this);
    else this.#host.turns.add(this);
  }

  forgetLines(): void {
    this.#framer?.stop();
    this.#framer = undefined;
    this.#isLate = true;
  }

  /** It makes nothing any more, though it may be queued or reading still. */
  end(): void {
    this.#isOver = true;
    this.forgetLines();
    this.#host.gathered.count(this);
    this.#host.gathered.leaveRow(this);
  }

  run(): boolean {
    if (this.#isReading || this.#isOver) return false;
    // One that has room is enough.
    for (const reader of this.readers) {
      if (reader.hasRoom) break;
      this.readers.delete(reader);
    }
    if (this.readers.size === 0) {
      this.#host.gathered.leaveRow(this);
      return false;
    }
    let framer = this.#framer;
    let progress: Progress | Promise<Progress>;
    try {
      framer ??= this.#host.framerFor(this.readers);
      this.#framer = framer;
      progress = framer.advance(this.#host.turns.untilMs);
    } catch (cause) {
      return this.#failed(framer, cause);
    }
    if (!(progress instanceof Promise)) return this.#done(framer, progress);
    this.#host.advancing();
    this.#isReading = true;
    progress.then(
      (made) => this.#read(() => this.#done(framer, made)),
      (cause: unknown) => this.#read(() => this.#failed(framer, cause)),
    );
    return false;
  }

  #read(done: () => boolean): void {
    this.#isReading = false;
    if (done()) this.wake();
  }

  /** What retention took while it was being read is a gap, no failure. */
  #failed(framer: Framer | undefined, cause: unknown): boolean {
    let isLost = false;
    try {
      isLost = framer?.isLost ?? false;
    } catch {
      // The feed cannot say that either. The readers hear of what came first.
    }
    return this.#done(framer, isLost ? 'lost' : { failed: cause });
  }

  #done(framer: Framer | undefined, outcome: Outcome): boolean {
    if (this.#isOver) return false;
    // It had to forget its lines while it read: it begins again.
    if (framer !== this.#framer) return this.readers.size > 0;
    if (framer !== undefined) this.#isLate = !framer.isAtTail;
    this.#host.gathered.count(this);
    const goesOn = this.#host.advanced(this, outcome);
    if (!goesOn) this.#host.gathered.leaveRow(this);
    if (!goesOn || outcome !== 'blocked') return goesOn;
    // Others may be able to go on meanwhile.
    this.#host.turns.addLate(this);
    return false;
  }
}
