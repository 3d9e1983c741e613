// Makes blocks of parts. Pure; never decides where a block ends: the parts say.
import type { Gap, Part } from './part.ts';

/** A block that is whole: its parts, and the gaps reported between the block before and this one. */
export interface Gathered {
  readonly parts: readonly Part[];
  readonly gapsBefore: readonly Gap[];
}

export class Gather {
  #parts: Part[] = [];
  #gaps: Gap[] = [];

  /** Takes the next part or gap in order. Returns the block that it completes. */
  take(next: Part | Gap): Gathered | undefined {
    if (next.kind === 'gap') {
      this.#gaps.push(next);
      return undefined;
    }
    this.#parts.push(next);
    if (next.cut === undefined) return undefined;
    const gathered = { parts: this.#parts, gapsBefore: this.#gaps };
    this.#parts = [];
    this.#gaps = [];
    return gathered;
  }
}

/** The lines of all parts in one piece. Where one part has them all it is that part's memory, not a copy. */
export function joinLines(parts: readonly Part[]): Uint8Array {
  const full = parts.filter((part) => part.lines.length > 0);
  if (full.length === 1) return (full[0] as Part).lines;
  const lines = new Uint8Array(full.reduce((bytes, part) => bytes + part.lines.length, 0));
  let at = 0;
  for (const part of full) {
    lines.set(part.lines, at);
    at += part.lines.length;
  }
  return lines;
}
