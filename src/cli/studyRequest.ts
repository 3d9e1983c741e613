// What a study is to measure and to advise: from the flags, from the presets where nothing is stated, and from the earlier
// request of a study that goes on.
import { availableParallelism } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { withoutCredentialsOfOne } from '../protocol/address.ts';
import type { Delivery } from '../protocol/messages.ts';
import type { EarlierStudy } from '../study/earlier.ts';
import { runCountOf } from '../study/experiment/plan.ts';
import { mostRuns, ranges } from '../study/ranges.ts';
import type { Goal, Setup } from '../study/result.ts';
import { UsageError } from './flags.ts';

export interface StudyFlags {
  readonly size?: readonly number[];
  readonly clients?: readonly number[];
  readonly delivery?: readonly Delivery[];
  readonly rate?: readonly (number | 'max')[];
  readonly messageBytes?: readonly number[];
  readonly window?: number;
  readonly rounds?: number;
  readonly repeats?: number;
  readonly measure?: number;
  readonly warmUp?: number;
  readonly workers?: number;
  readonly seed?: number;
  readonly thorough?: boolean;
  readonly latency?: Goal;
  readonly throughput?: 'max';
  readonly cpu?: boolean;
  readonly out?: string;
  readonly resume?: boolean;
  readonly json?: boolean;
}

/** About a minute. */
const quick = {
  sizes: [1, 4, 16, 64, 256, 1_024],
  clients: [1, 10],
  rounds: 3,
  repeats: 0,
  measureMs: 250,
  warmUpMs: 100,
} as const;
/** 15 minutes, and up to an hour where disturbed runs are made again. */
const thorough = {
  sizes: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000],
  clients: [1, 10, 100],
  rounds: 5,
  repeats: 2,
  measureMs: 600,
  warmUpMs: 200,
} as const;
/** Where nothing is stated. */
const usualRates = [10_000, 'max'] as const;
const usualBytes = 128;
const usualSeed = 1;
const usualGoals: readonly Goal[] = [{ kind: 'throughput' }, { kind: 'cpu' }, { kind: 'rate' }];
/** More processes would only take the server's processors. */
const mostWorkers = 4;

export interface StudyRequest {
  readonly setup: Setup;
  readonly seed: number;
  readonly goals: readonly Goal[];
}

/** Throws a usage error if that is more than can be run. */
export function requestedStudy(flags: StudyFlags): StudyRequest {
  const preset = flags.thorough === true ? thorough : quick;
  const setup = {
    sizes: sorted(flags.size ?? preset.sizes),
    clients: sorted(flags.clients ?? preset.clients),
    deliveries: flags.delivery ?? ['block', 'message'],
    rates: flags.rate ?? usualRates,
    messageBytes: sorted(flags.messageBytes ?? [usualBytes]),
    window: flags.window ?? ranges.window.default,
    rounds: flags.rounds ?? preset.rounds,
    repeats: flags.repeats ?? preset.repeats,
    warmUpMicros: (flags.warmUp ?? preset.warmUpMs) * 1_000,
    measureMicros: (flags.measure ?? preset.measureMs) * 1_000,
    workers: flags.workers ?? Math.max(1, Math.min(mostWorkers, availableParallelism() - 1)),
  } as const;
  const runs = runCountOf(setup);
  if (runs > mostRuns)
    throw new UsageError(
      `${runs.toLocaleString('en')} runs are requested, at most ${mostRuns.toLocaleString('en')} are made: state fewer sizes, clients, rates or rounds`,
    );
  return { setup, seed: flags.seed ?? usualSeed, goals: usualGoals, ...goalsStated(flags) };
}

export function goalsStated({ latency, throughput, cpu }: StudyFlags): { readonly goals?: readonly Goal[] } {
  const goals: Goal[] = [
    ...(latency === undefined ? [] : [latency]),
    ...(throughput === undefined ? [] : [{ kind: 'throughput' } as const]),
    ...(cpu === true ? [{ kind: 'cpu' } as const] : []),
  ];
  return goals.length === 0 ? {} : { goals };
}

/** A study that goes on may state these anew. All other flags say what to measure. */
const notOfTheGrid = ['latency', 'throughput', 'cpu', 'out', 'resume', 'json'];

/**
 * A study goes on as it began. What to measure may be left out, or stated as it was; else half of it would be another study.
 */
export function refuseOther(
  earlier: EarlierStudy,
  requested: StudyRequest,
  flags: StudyFlags,
  url: string | undefined,
): void {
  const refuse = (how: string, help: string): never => {
    throw new UsageError(`the study in ${flags.out} was begun with ${how}: ${help}, or state another --out`);
  };
  const { server } = earlier;
  if (server.own && url !== undefined) refuse('a server of its own', 'leave out the URL');
  // A result holds no password.
  if (!server.own && (url === undefined || withoutCredentialsOfOne(url) !== server.url))
    refuse(`the server ${server.url}`, 'state it');
  if (Object.keys(flags).every((name) => notOfTheGrid.includes(name))) return;
  const was = { ...earlier.setup, seed: earlier.seed };
  const is = { ...requested.setup, seed: requested.seed };
  for (const name of Object.keys(was) as (keyof typeof was)[])
    if (!isDeepStrictEqual(was[name], is[name]))
      refuse(`${name} ${was[name]}, not ${is[name]}`, 'leave out what says what to measure');
}

function sorted(values: readonly number[]): number[] {
  return [...values].sort((left, right) => left - right);
}
