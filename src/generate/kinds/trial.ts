// Each expression of a template is tried once before anybody reads it. What faker cannot do is refused then, and what it costs is known.
import { BlockfeedError } from '../../protocol/errors.ts';
import { generateLimits } from '../limits.ts';
import { expressionMicros } from './costs.ts';
import { bad, type Call } from './expression.ts';
import { Fakes } from './fakes.ts';
import { withCommas } from './parameters.ts';

/** An expression, and what makes its value within `Fakes.make`. */
export interface Bound {
  readonly call: Call;
  readonly make: () => unknown;
}

/** 2026-01-01. The trial does not read the present, as messages do not. */
const presentMicros = 1_767_225_600_000_000;

/**
 * What each expression costs, by how it is written. Throws `bad-feed` for one that has no value in JSON, and `feed-refused` where trying them
 * costs too much: nobody has subscribed yet.
 */
export function tried(expressions: readonly Bound[], source: () => number, drawsMax: number): Map<string, number> {
  const micros = new Map<string, number>();
  const fakes = new Fakes(source, presentMicros, drawsMax);
  let sum = 0;
  for (const { call, make } of expressions) {
    if (micros.has(call.written)) continue;
    const drawsBefore = fakes.draws;
    tryOut(fakes, call, make);
    const its = expressionMicros(`${call.module}.${call.method}`, call.argsLength, fakes.draws - drawsBefore);
    micros.set(call.written, its);
    sum += its;
    if (sum > generateLimits.trialMicros.default) throw tooDear(call, sum);
  }
  return micros;
}

function tryOut(fakes: Fakes, call: Call, make: () => unknown): void {
  let value: unknown;
  try {
    value = fakes.make(make);
  } catch (cause) {
    throw bad(call.written, `faker says: ${(cause as Error).message.split('\n')[0]}`, undefined, cause);
  }
  const fault = faultOf(value);
  if (fault !== undefined) throw bad(call.written, `its value is ${fault}, which JSON does not have`);
}

/** What JSON would change to null in silence. */
function faultOf(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'no date' : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.values(value)
    .map(faultOf)
    .find((fault) => fault !== undefined);
}

function tooDear({ written }: Call, micros: number): BlockfeedError {
  const most = withCommas(generateLimits.trialMicros.default);
  return new BlockfeedError(
    'feed-refused',
    `the expressions of record up to ${written} cost ${withCommas(Math.ceil(micros))} µs to try`,
    { hint: `Use fewer different expressions, or some that make less: at most ${most} µs.`, about: 'record' },
  );
}
