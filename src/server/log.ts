// Where the server tells what happens. The shape is pino's, so a pino logger fits as it is.

/** Takes fields and a sentence. */
export interface ServerLog {
  info(fields: object, sentence: string): void;
  warn(fields: object, sentence: string): void;
  error(fields: object, sentence: string): void;
}

/** Says nothing: what a library does by itself. */
export const silentLog: ServerLog = { info() {}, warn() {}, error() {} };
