// Whether a study is right on this machine: three times over a study on some sizes predicts those it leaves out, and advises
// one; then other sizes beside them are tried, all of them, those that may be the best in more rounds, and the advised size
// is held against the best that is found. Also whether a message in blocks of 100 takes less than half the time of one by itself. Takes an hour or more, on a machine that does nothing else. Exit code 1 where it is
// not right. Given a folder, every study's result is kept there.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { differ, meanOf } from '../dist/study/statistics/mean.js';

const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const studied = [1, 3, 10, 30, 100, 300, 1_000, 3_000];
const beside = [20, 50, 200, 500, 2_000];
const all = [...studied, ...beside].sort((left, right) => left - right);
const grid = ['--clients', '1,10', '--delivery', 'block,message', '--rate', 'max', '--repeats', '3'];
const times = 3;
const studyRounds = 24;
const tryRounds = 5;
const bestRounds = 15;
/** A size with less than this of the best, and by more than chance explains, is not tried further. */
const hopelessShare = 0.85;

let wrong = 0;
for (let time = 1; time <= times; time++) {
  const first = await study('studied', time, studied, studyRounds);
  tell(
    `${time}. prediction error ${percent(first.predictionError)}`,
    (first.predictionError ?? Number.POSITIVE_INFINITY) <= 0.1,
  );
  for (const { delivery, clients, predictionError } of first.fits) {
    console.log(`   ${delivery} delivery, ${clients} clients: ${percent(predictionError)}`);
    if (delivery !== 'block') continue;
    const [alone, shared] = [1, 100].map((size) => meanOf(throughputs(first, { delivery, clients }, size)).value);
    const ratio = (shared ?? Number.NaN) / (alone ?? Number.NaN);
    tell(`   ${clients} clients: blocks of 100 are ${ratio.toFixed(1)} times as fast as blocks of 1`, ratio > 2);
  }
  const tried = await study('tried', time, all, tryRounds);
  const hopeful = all.filter((size) =>
    first.advice.some((advice) => advice.size === size || isHopeful(tried, advice, size)),
  );
  const last = await study('best', time, hopeful, bestRounds);
  for (const advice of first.advice) {
    const { delivery, clients, size } = advice;
    const each = hopeful.map((one) => ({ size: one, ...meanOf(throughputs(last, advice, one)) }));
    const best = each.reduce((left, right) => (right.value > left.value ? right : left));
    const advised = each.find((one) => one.size === size) ?? { value: 0 };
    const share = advised.value / best.value;
    const words = `${delivery} delivery, ${clients} clients: advised ${size}, ${million(advised.value)}; best of ${hopeful.join(', ')}: ${best.size}, ${million(best.value)} (from ${million(best.low)}): ${percent(share)}`;
    tell(`   ${words}`, share >= 0.95 || advised.value >= best.low);
  }
}
process.exitCode = wrong > 0 ? 1 : 0;

/** @typedef {import('../dist/study/result.js').StudyResult} StudyResult */
/** @typedef {Pick<import('../dist/study/result.js').Point, 'delivery' | 'clients'>} Where */

/** @param {string} name @param {number} time @param {readonly number[]} sizes @param {number} rounds */
async function study(name, time, sizes, rounds) {
  const how = ['--throughput', 'max', '--rounds', String(rounds), '--seed', String(time), '--json'];
  const args = ['study', '--size', sizes.join(','), ...grid, ...how];
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [json] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (process.argv[2] !== undefined) await writeFile(`${process.argv[2]}/${name}-${time}.json`, json);
  return /** @type {StudyResult} */ (JSON.parse(json));
}

/** @param {StudyResult} result @param {Where} where @param {number} size */
function throughputs({ measurements }, { delivery, clients }, size) {
  return measurements
    .filter(({ point }) => point.delivery === delivery && point.clients === clients && point.size === size)
    .map(({ messagesPerSecond }) => messagesPerSecond);
}

/** @param {StudyResult} result @param {Where} where @param {number} size */
function isHopeful(result, where, size) {
  const each = all.map((one) => throughputs(result, where, one));
  const best = each.reduce((left, right) => (meanOf(right).value > meanOf(left).value ? right : left));
  const own = throughputs(result, where, size);
  return meanOf(own).value >= hopelessShare * meanOf(best).value || !differ(own, best);
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
