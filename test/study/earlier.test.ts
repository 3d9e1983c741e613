// A result that is read again: what a study left is read as it was, and anything else is an error that says where.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockfeedError } from '../../src/protocol/errors.ts';
import { parseEarlier } from '../../src/study/earlier.ts';
import { isSameBut, pointsOf, runsOf } from '../../src/study/experiment/plan.ts';
import { mostRuns } from '../../src/study/ranges.ts';
import type { Measurement, StudyResult } from '../../src/study/result.ts';
import { madeUpResult } from '../support/studyResult.ts';

const saved = inOrder(madeUpResult({ sizes: [1, 10], clients: [1, 3], rounds: 2 }));

describe('a result that is read again', () => {
  it('is what was saved', () => {
    const { command, seed, setup, goals, startedAt, finishedAt, measurements } = saved;
    const read = readAgain(saved);
    expect(read).toMatchObject({ command, seed, setup, goals, startedAt, finishedAt });
    expect(read.server).toEqual({ url: saved.server.url, own: true });
    expect(JSON.parse(JSON.stringify(read.measurements))).toEqual(JSON.parse(JSON.stringify(measurements)));
    expect(read.measurements).toEqual(measurements);
  });

  it('is an error that names the file and the place, wherever one value is of another type or out of range', () => {
    const needed = { ...saved, measurements: saved.measurements.slice(0, 2) };
    const places = placesOf(onlyWhatIsRead(needed));
    expect(places.length).toBeGreaterThan(100);
    const wrong = fc.constantFrom(null, -1, 0.5, Number.POSITIVE_INFINITY, 1e308, 'x', '', {}, [], [[]], true);
    fc.assert(
      fc.property(fc.constantFrom(...places), wrong, (place, value) => {
        const text = JSON.stringify(replaced(needed, place, marker)).replace(JSON.stringify(marker), textOf(value));
        const error = errorOf(text);
        // Some values are as good as others: an empty command, a faster run.
        if (error === undefined) return;
        expect(error).toBeInstanceOf(BlockfeedError);
        expect(error).toMatchObject({ code: 'storage', about: path });
        expect((error as Error).message).toMatch(/^folder\/result\.json is not the result of a study: [a-zA-Z]/);
      }),
      { numRuns: 2_000 },
    );
    for (const place of places) {
      if (typeof valueAt(needed, place) !== 'number') continue;
      expect(errorOf(JSON.stringify(replaced(needed, place, 'x'))), place.join('.')).toMatchObject({
        message: expect.stringContaining(place.join('.')),
      });
    }
  });

  it('is an error where it is no JSON, or not all of it', () => {
    const text = JSON.stringify(saved);
    for (const wrong of [
      '',
      'x',
      '[]',
      'null',
      '7',
      '{}',
      text.slice(0, -1),
      text.slice(0, text.length / 2),
      '['.repeat(1e5),
    ])
      expect(errorOf(wrong)).toMatchObject({ code: 'storage' });
  });

  it('is an error where a run is of another plan, or there twice', () => {
    const [first, second, ...rest] = saved.measurements as [Measurement, Measurement, ...Measurement[]];
    const message = (measurements: readonly Measurement[]) => errorOf(JSON.stringify({ ...saved, measurements }));
    expect(message([first, first])).toMatchObject({
      message: expect.stringContaining('measurements.1 repeats an earlier run'),
    });
    const others = [
      { ...first, order: second.order },
      { ...first, round: first.round + 1 },
      { ...first, order: saved.measurements.length },
      { ...first, point: { ...first.point, size: 11 } },
    ];
    for (const other of others)
      expect(message([second, ...rest, other])).toMatchObject({
        message: expect.stringContaining('is not a run of its setup and seed'),
      });
    expect(errorOf(JSON.stringify({ ...saved, seed: saved.seed + 1 }))).toMatchObject({ code: 'storage' });
  });

  it('is an error where its plan would fill the memory', () => {
    const sizes = Array.from({ length: mostRuns }, (_, index) => 1 + (index % 1_000));
    expect(errorOf(JSON.stringify({ ...saved, setup: { ...saved.setup, sizes } }))).toMatchObject({
      message: expect.stringContaining(`more than ${mostRuns} runs`),
    });
  });
});

const path = 'folder/result.json';
const marker = 'what is replaced';

function readAgain(result: StudyResult) {
  return parseEarlier(JSON.stringify(result), path);
}

function errorOf(text: string): unknown {
  try {
    parseEarlier(text, path);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** JSON has no infinity, but numbers that are read as such. */
function textOf(value: unknown): string {
  return value === Number.POSITIVE_INFINITY ? '1e999' : JSON.stringify(value);
}

/** With the orders and rounds that its setup and seed give. */
function inOrder(result: StudyResult): StudyResult {
  const runs = runsOf(pointsOf(result.setup), result.setup, result.seed);
  const measurements = runs.map((run) => {
    const made = result.measurements.find((each) => each.round === run.round && isSameBut(each.point, run.point));
    if (made === undefined) throw new Error('a run of the plan was not made up');
    return { ...made, order: run.order };
  });
  return { ...result, measurements };
}

function onlyWhatIsRead(result: StudyResult) {
  const { machine, skipped, fits, predictionError, advice, server, ...read } = result;
  return { ...read, server: { url: server.url, own: server.own } };
}

type Place = readonly (string | number)[];

/** Where a value is, of all values in it that hold no others. */
function placesOf(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return value === undefined ? [] : [[]];
  return Object.entries(value).flatMap(([name, inner]) => placesOf(inner).map((place) => [name, ...place]));
}

function valueAt(value: unknown, place: Place): unknown {
  return place.reduce((within, name) => (within as Record<string | number, unknown>)[name], value);
}

function replaced(value: unknown, [name, ...rest]: Place, by: unknown): unknown {
  if (name === undefined) return by;
  const inner = (value as Record<string | number, unknown>)[name];
  const made = replaced(inner, rest, by);
  if (Array.isArray(value)) return value.map((each, index) => (String(index) === name ? made : each));
  return { ...(value as object), [name]: made };
}
