// Whether a study is right on this machine: three times over a study on some sizes predicts those it leaves out, and advises
// one; then other sizes beside them are tried, all of them, and the advised size is held against the best that is found.
// Takes forty minutes, on a machine that does nothing else. Exit code 1 where it is not right. Given a folder, every
// study's result is kept there.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const studied = [1, 3, 10, 30, 100, 300, 1_000, 3_000];
const beside = [20, 50, 200, 500, 2_000];
const all = [...studied, ...beside].sort((left, right) => left - right);
const grid = ['--clients', '1,10', '--delivery', 'block,message', '--rate', 'max', '--repeats', '1'];
const times = 3;
const studyRounds = 9;
const tryRounds = 7;
/** Student's t for the 6 degrees of freedom of 7 rounds. */
const student95 = 2.447;

let wrong = 0;
for (let time = 1; time <= times; time++) {
  const first = await study(studied, studyRounds, time);
  tell(
    `${time}. prediction error ${percent(first.predictionError)}`,
    (first.predictionError ?? Number.POSITIVE_INFINITY) <= 0.1,
  );
  for (const { delivery, clients, predictionError } of first.fits)
    console.log(`   ${delivery} delivery, ${clients} clients: ${percent(predictionError)}`);
  const second = await study(all, tryRounds, time + times);
  for (const { delivery, clients, size } of first.advice) {
    const tried = all.map((each) => ({ size: each, ...throughput(second, delivery, clients, each) }));
    const best = tried.reduce((left, right) => (right.mean > left.mean ? right : left));
    const advised = tried.find((each) => each.size === size) ?? best;
    const share = advised.mean / best.mean;
    const words = `${delivery} delivery, ${clients} clients: advised ${size}, ${million(advised.mean)}; best ${best.size}, ${million(best.mean)} (from ${million(best.low)}): ${percent(share)}`;
    tell(`   ${words}`, share >= 0.95 || advised.mean >= best.low);
  }
}
process.exitCode = wrong > 0 ? 1 : 0;

/** @param {readonly number[]} sizes @param {number} rounds @param {number} seed */
async function study(sizes, rounds, seed) {
  const how = ['--throughput', 'max', '--rounds', String(rounds), '--seed', String(seed), '--json'];
  const args = ['study', '--size', sizes.join(','), ...grid, ...how];
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [json] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (process.argv[2] !== undefined) await writeFile(`${process.argv[2]}/${seed}.json`, json);
  return /** @type {import('../dist/study/result.js').StudyResult} */ (JSON.parse(json));
}

/**
 * The mean over the rounds, and the lower end of its 95 % interval.
 * @param {import('../dist/study/result.js').StudyResult} result
 * @param {string} delivery @param {number} clients @param {number} size
 */
function throughput(result, delivery, clients, size) {
  const rates = result.measurements
    .filter(({ point }) => point.delivery === delivery && point.clients === clients && point.size === size)
    .map(({ messagesPerSecond }) => messagesPerSecond);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / (rates.length - 1);
  return { mean, low: mean - student95 * Math.sqrt(variance / rates.length) };
}

/** @param {string} line @param {boolean} isRight */
function tell(line, isRight) {
  if (!isRight) wrong++;
  console.log(`${line} ${isRight ? 'ok' : 'WRONG'}`);
}

/** @param {number | undefined} share */
function percent(share = Number.NaN) {
  return `${(share * 100).toFixed(1)} %`;
}

/** @param {number} rate */
function million(rate) {
  return `${(rate / 1e6).toFixed(2)} M/s`;
}
