// The flags that only a study has.
import { parseDurationMs } from '../protocol/units.ts';
import { ranges } from '../study/ranges.ts';
import type { Goal } from '../study/result.ts';
import { decimalNumber, nonEmptyText, usage, webSocketUrl } from './flags.ts';

/** `max`, or messages a second. */
export function messageRate(flag: string): (given: string) => number | 'max' {
  const number = decimalNumber(flag, ranges.rate);
  return (given) => (given === 'max' ? given : number(given));
}

const quantiles = { p50: 'p50', p90: 'p90', p99: 'p99', 'p99.9': 'p999', max: 'max' } as const;

/** `p99=50ms` */
export function latencyGoal(flag: string): (given: string) => Goal {
  return (given) => {
    const [, name = '', limit = ''] = /^([^=]*)=(.*)$/s.exec(given) ?? [];
    const limitMs = parseDurationMs(limit) ?? Number.NaN;
    if (!Object.hasOwn(quantiles, name) || !(limitMs > 0 && limitMs <= ranges.latencyMs.max))
      throw usage(flag, given, `${Object.keys(quantiles).join(', ')}, then = and a duration up to 1h, like p99=50ms`);
    const quantile = quantiles[name as keyof typeof quantiles];
    return { kind: 'latency', quantile, limitMicros: Math.round(limitMs * 1_000) };
  };
}

/** What is studied: the address of a server, or a folder. */
export function studied(given: string, earlier: readonly string[] = []): readonly string[] {
  const name = 'WHAT';
  const parsed = given.includes('://') ? webSocketUrl(name)(given) : nonEmptyText(name, 4_096)(given);
  return [...earlier, parsed];
}
