// The log of a command: pino to stderr, readable on a terminal and JSON lines elsewhere.
import { type Logger, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { hasColours, talk } from './output.ts';
import { lostWords } from './talk.ts';

const hiddenFields =
  'session,instance,spanMicros,tookMicros,size,waitMs,bytes,feed,from,to,blocks,messages,acks,address,client,url,window,windowBytes,delivery,at,code,reason,acked,next,text,lines';

/** Times are ISO 8601; `level` is one of pino's. */
export function makeLog(level: string): Logger {
  const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination());
  talk.reportLost = (lines) => log.error({ lines }, lostWords(lines));
  return log;
}

/** Not one of pino's: those write to a file descriptor, and wait for a terminal, or drop lines and do not say so. */
function destination(): { write(line: string): void } {
  if (process.stderr.isTTY !== true) return talk;
  const pretty = prettyFactory({
    colorize: hasColours(process.stderr),
    translateTime: 'HH:MM:ss.l',
    ignore: hiddenFields,
  });
  return { write: (line) => talk.write(pretty(line)) };
}
