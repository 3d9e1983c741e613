// What there is to know of the kinds, for help and documents.
import { messageLine } from '../protocol/message.ts';
import { commonParameters } from './common.ts';
import { kinds } from './kinds/index.ts';
import type { Parameter } from './kinds/kind.ts';
import { parseSpecification } from './specification.ts';

export interface ParameterDescription {
  readonly name: string;
  readonly default: string;
  readonly range: string;
  /** One line, with unit. */
  readonly meaning: string;
  /** `dist=normal or lognormal` where it exists only with that. */
  readonly onlyWith: string | undefined;
}

export interface KindDescription {
  readonly name: string;
  readonly summary: string;
  /** Its own; every kind has those of `describeCommonParameters` besides. */
  readonly parameters: readonly ParameterDescription[];
  /** The first line of this kind's feed with all defaults, without its newline. */
  readonly example: string;
}

/** The kinds in the order in which they are shown, each with a line from its generator. */
export function describeKinds(): readonly KindDescription[] {
  return [...kinds.values()].map(({ name, summary, parameters }) => ({
    name,
    summary,
    parameters: describeParameters(parameters),
    example: exampleOf(name),
  }));
}

/** The parameters that every kind has: rate, seed, origin. */
export function describeCommonParameters(): readonly ParameterDescription[] {
  return describeParameters(commonParameters);
}

function describeParameters(parameters: Readonly<Record<string, Parameter>>): ParameterDescription[] {
  return Object.entries(parameters).map(([name, { default: value, range, meaning, when }]) => ({
    name,
    default: value,
    range,
    meaning,
    onlyWith: when === undefined ? undefined : `${when.parameter}=${when.is.join(' or ')}`,
  }));
}

function exampleOf(name: string): string {
  const { generator, schedule } = parseSpecification(name);
  const timeMicros = schedule.dueMicros(0);
  return messageLine(0, timeMicros, generator.data(0, timeMicros)).trimEnd();
}
