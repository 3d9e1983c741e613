// The log of a command: pino to stderr, readable on a terminal and JSON lines elsewhere.
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import { hasColours } from './output.ts';

/** What may wait for a slow reader of stderr, in bytes. Beyond it lines are dropped rather than memory filled. */
const maxWaitingBytes = 4_194_304;

/** Times are ISO 8601; `level` is one of pino's. */
export function makeLog(level: string): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (process.stderr.isTTY !== true)
    return pino(options, pino.destination({ dest: 2, sync: false, maxLength: maxWaitingBytes }));
  const ignore =
    'session,instance,spanMicros,tookMicros,size,waitMs,bytes,feed,from,to,blocks,messages,acks,peer,client,url,window,delivery,code,reason,acked,next,text';
  return pino(
    options,
    pretty({ destination: 2, sync: true, colorize: hasColours(process.stderr), translateTime: 'HH:MM:ss.l', ignore }),
  );
}
