// Who reads a rendition, as the rendition knows it.
export interface Reader {
  /** The next message it wants. */
  readonly next: number;
  /** Whether it has lines of a block whose end it was not told. */
  readonly open: boolean;
  /** Where it stops, or Infinity. */
  readonly until: number;
  /** Whether its socket takes something now. Nothing is framed for one that has no room; it waits anew when it has. */
  readonly hasRoom: boolean;
  /** There may be something for it: look again. `isLate`: whoever made it is catching up. */
  made(isLate: boolean): void;
  /** The feed could not be read. */
  failed(cause: unknown): void;
}
