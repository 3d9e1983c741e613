// A study from start to end: every run of the plan in its order, and what follows from what was found.
import { withoutCredentials } from '../protocol/address.ts';
import { adviceOf } from './advice.ts';
import { Disturbed } from './disturbed.ts';
import type { EarlierStudy } from './earlier.ts';
import { type ClockOffset, estimateClockOffset } from './experiment/clock.ts';
import { measure } from './experiment/measure.ts';
import { isSameBut, needless, pointsOf, type Run, runsOf, runTimes } from './experiment/plan.ts';
import type { StudiedServer } from './experiment/server.ts';
import { Speeds } from './experiment/speed.ts';
import { Workers } from './experiment/workers.ts';
import { fitsOf, predictionErrorOf } from './fits.ts';
import { machine } from './machine.ts';
import type { Goal, Measurement, Point, Setup, StudyResult } from './result.ts';

export interface StudyOptions {
  readonly setup: Setup;
  readonly seed: number;
  readonly goals: readonly Goal[];
  /** How it was called, for the record. */
  readonly command: string;
  readonly server: StudiedServer;
  /** What an interrupted study with the same setup and seed had found: only what is missing is run. */
  readonly earlier: EarlierStudy | undefined;
  /** Ends it early: the result holds what there is. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** Is called after each run, and awaited; makes the result so far only where it is wanted. */
  readonly save: (resultNow: () => StudyResult) => Promise<void>;
}

export interface Progress {
  readonly runsDone: number;
  readonly runs: number;
  /** Runs that were disturbed and are to be made again: they are not done. */
  readonly runsAgain: number;
  /** What is left to run, in microseconds, as far as can be said. */
  readonly leftMicros: number;
  /** What runs now. */
  readonly point: Point;
}

/** Connecting, closing and talking to processes, for each run. */
const besidesMicros = 60_000;
/** Before anything counts, the processes' code is made fast: so many runs, of any points. */
const warmUpRuns = 4;

/** Runs it. Rejects where the server cannot be reached or refuses. */
export async function runStudy(options: StudyOptions): Promise<StudyResult> {
  const { setup, seed, server, earlier, signal, onProgress } = options;
  const startedAt = earlier?.startedAt ?? new Date().toISOString();
  const disturbed = new Disturbed(setup.repeats);
  const settled: Measurement[] = settledOf(earlier, disturbed);
  const skipped = new Skipped(setup);
  const clock = await clockOffsetOf(server);
  const resultNow = (finishedAt?: string): StudyResult => {
    const measurements = [...settled, ...disturbed.unsettled()];
    const fits = fitsOf(measurements);
    return {
      version: 1,
      command: options.command,
      seed,
      setup,
      goals: options.goals,
      startedAt,
      finishedAt,
      machine: machine(),
      server: {
        url: withoutCredentials(server.url),
        own: server.sample !== undefined,
        clockOffsetMicros: clock.offsetMicros,
        clockErrorMicros: clock.errorMicros,
      },
      measurements,
      skipped: skipped.list(),
      fits,
      predictionError: predictionErrorOf(fits),
      advice: adviceOf(options.goals, measurements),
    };
  };
  const all = runsOf(pointsOf(setup), setup, seed);
  const done = new Set(settled.map(({ order }) => order));
  const runs = all.filter(({ order }) => !done.has(order));
  const pace = new Pace();
  const workers = new Workers(setup.workers);
  const surroundings = {
    server,
    workers,
    speeds: new Speeds(),
    window: setup.window,
    clockOffsetMicros: clock.offsetMicros,
    signal,
  };
  try {
    for (const run of runs.slice(0, warmUpRuns)) await measure({ ...run, order: run.order + all.length }, surroundings);
    for (const [index, run] of runs.entries()) {
      signal.throwIfAborted();
      const why = needless(run.point, settled);
      if (why !== undefined) {
        skipped.add(run.point, why);
        continue;
      }
      const left = runs.slice(index);
      onProgress({
        runsDone: settled.length,
        runs: all.length,
        runsAgain: disturbed.count,
        leftMicros: pace.of(timeOfAll(left)),
        point: run.point,
      });
      const beganMs = performance.now();
      const measurement = await measure(run, surroundings);
      pace.took(timeOf(run), (performance.now() - beganMs) * 1_000);
      const counts = disturbed.settle(measurement);
      if (counts === undefined) runs.push(run);
      else settled.push(counts);
      await options.save(resultNow);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return resultNow();
  } finally {
    workers.end();
  }
  return resultNow(new Date().toISOString());
}

/** What a study that goes on has done. What was disturbed when it was interrupted had perhaps not been made again. */
function settledOf(earlier: EarlierStudy | undefined, disturbed: Disturbed): Measurement[] {
  if (earlier === undefined) return [];
  if (earlier.finishedAt !== undefined) return [...earlier.measurements];
  return earlier.measurements.flatMap((measurement) => disturbed.settle(measurement) ?? []);
}

function timeOf({ point, warmUpMicros, measureMicros }: Run): number {
  const blockMicros = point.rate === 'max' ? 0 : (point.size / point.rate) * 1_000_000;
  return warmUpMicros + measureMicros + besidesMicros + blockMicros;
}

/** How long all of it takes, in microseconds, about. */
export function studyMicros(setup: Setup, seed: number): number {
  return timeOfAll(runsOf(pointsOf(setup), setup, seed));
}

function timeOfAll(runs: readonly Run[]): number {
  return runs.reduce((micros, run) => micros + timeOf(run), 0);
}

/** How much longer runs take than was thought: a server with much to do is measured longer. */
class Pace {
  #thoughtMicros = 0;
  #tookMicros = 0;

  took(thoughtMicros: number, tookMicros: number): void {
    this.#thoughtMicros += thoughtMicros;
    this.#tookMicros += tookMicros;
  }

  of(thoughtMicros: number): number {
    return this.#thoughtMicros === 0 ? thoughtMicros : (thoughtMicros * this.#tookMicros) / this.#thoughtMicros;
  }
}

/** A server that the study started reads the same clock: what the estimate says beyond that is its error. */
async function clockOffsetOf(server: StudiedServer): Promise<ClockOffset> {
  const estimate = await estimateClockOffset(server.url);
  if (server.sample === undefined) return estimate;
  return { offsetMicros: 0, errorMicros: Math.abs(estimate.offsetMicros) };
}

/** What was left out: what is too slow from the start, and what turned out to be needless. */
class Skipped {
  readonly #list: { readonly point: Point; readonly why: string }[];

  constructor(setup: Setup) {
    this.#list = pointsOf(setup)
      .filter((point) => runTimes(point, setup) === undefined)
      .map((point) => ({ point, why: 'a run of some blocks would take too long' }));
  }

  add(point: Point, why: string): void {
    if (!this.#list.some((each) => isSameBut(each.point, point))) this.#list.push({ point, why });
  }

  list(): { readonly point: Point; readonly why: string }[] {
    return [...this.#list];
  }
}
