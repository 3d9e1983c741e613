// Runs a study from start to end: makes every run of the plan, in order, and draws the conclusions.
import { withoutCredentialsOfOne } from '../protocol/address.ts';
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
  /** The command line, for the record. */
  readonly command: string;
  readonly server: StudiedServer;
  /** The result of an interrupted study with the same setup and seed. Only the missing runs are made. */
  readonly earlier: EarlierStudy | undefined;
  /** Ends the study early. The result then holds what was measured so far. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: StudyProgress) => void;
  /**
   * Called and awaited after each run. `resultNow` makes the result so far, so it costs nothing where it is not called.
   */
  readonly save: (resultNow: () => StudyResult) => Promise<void>;
}

export interface StudyProgress {
  readonly runsDone: number;
  readonly runs: number;
  /** Disturbed runs that will be made again. They do not count as done. */
  readonly runsAgain: number;
  /** An estimate of the time that the remaining runs take, in microseconds. */
  readonly leftMicros: number;
  /** The point that is measured now. */
  readonly point: Point;
}

/** The time that each run spends on connecting, closing and messages between processes. */
const besidesMicros = 60_000;
/** Runs that are made first and do not count, so that the processes' code is fast. */
const warmUpRuns = 4;

/** Runs the study. Rejects when the server cannot be reached or refuses. */
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
        url: withoutCredentialsOfOne(server.url),
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

/**
 * The measurements that a resumed study begins with. Runs that were disturbed before the interruption may still have to
 * be made again.
 */
function settledOf(earlier: EarlierStudy | undefined, disturbed: Disturbed): Measurement[] {
  if (earlier === undefined) return [];
  if (earlier.finishedAt !== undefined) return [...earlier.measurements];
  return earlier.measurements.flatMap((measurement) => disturbed.settle(measurement) ?? []);
}

function timeOf({ point, warmUpMicros, measureMicros }: Run): number {
  const blockMicros = point.rate === 'max' ? 0 : (point.size / point.rate) * 1_000_000;
  return warmUpMicros + measureMicros + besidesMicros + blockMicros;
}

/** An estimate of the time that the whole study takes, in microseconds. */
export function studyMicros(setup: Setup, seed: number): number {
  return timeOfAll(runsOf(pointsOf(setup), setup, seed));
}

function timeOfAll(runs: readonly Run[]): number {
  return runs.reduce((micros, run) => micros + timeOf(run), 0);
}

/** Corrects estimates by the time that runs really took: a busy server is measured for longer. */
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

/** A server that the study started reads the same clock, so any offset that is estimated is an error. */
async function clockOffsetOf(server: StudiedServer): Promise<ClockOffset> {
  const estimate = await estimateClockOffset(server.url);
  if (server.sample === undefined) return estimate;
  return { offsetMicros: 0, errorMicros: Math.abs(estimate.offsetMicros) };
}

/** The points that are left out: those too slow from the start, and those that turn out to be needless. */
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
