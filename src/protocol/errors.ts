// The one error type that users of blockfeed meet, on the wire, in the library and on the command line.
import { type ErrorCode, errorCodes } from './codes.ts';

export interface BlockfeedErrorOptions {
  /** What to do about it, one sentence. */
  readonly hint: string;
  /** What it is about: a feed's name, a field, a path. */
  readonly about?: string;
  readonly cause?: unknown;
}

/** An error with a stable `code`, what happened (`message`) and what to do next (`hint`). */
export class BlockfeedError extends Error {
  override readonly name = 'BlockfeedError';
  readonly code: ErrorCode;
  readonly hint: string;
  readonly about: string | undefined;

  constructor(code: ErrorCode, message: string, options: BlockfeedErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.about = options.about;
  }

  /** Whether the same thing tried again later may succeed without anything being changed. */
  get retry(): boolean {
    return errorCodes[this.code].retry;
  }
}
