// Where the server tells what happens. The shape is pino's, so a pino logger fits as it is.

export type LogLevel = 'info' | 'warn' | 'error';

/** Takes fields and a sentence. */
export interface ServerLog {
  info(fields: object, sentence: string): void;
  warn(fields: object, sentence: string): void;
  error(fields: object, sentence: string): void;
  /** Whether anybody hears what is logged at that level: where nobody does, no sentences are made. @default everything is heard */
  isLevelEnabled?(level: LogLevel): boolean;
}

/** Says nothing: what a library does by itself. */
export const silentLog: ServerLog = { info() {}, warn() {}, error() {}, isLevelEnabled: () => false };

export function isHeard(log: ServerLog, level: LogLevel): boolean {
  return log.isLevelEnabled?.(level) ?? true;
}
