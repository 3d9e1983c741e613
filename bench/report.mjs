// The tables, in Markdown, so that they can be pasted where they are quoted.
import { yardstick } from './cases.mjs';

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {number} clients
 * @property {number} messagesPerSecond
 * @property {number} serverCpuSecondsPerMillion
 * @property {number} readerCpuSecondsPerMillion
 * @property {number} loopDelayP99Ms
 * @property {number} loopDelayMaxMs
 * @property {number} iterationP99Ms
 * @property {number} iterationMaxMs
 * @property {number} serverRssMiB
 */

/** @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? Number.NaN) + high) / 2;
}

/** Delivered messages a second, and how many times the yardstick of the same run that is. @param {Row[]} rows @param {number[]} clientCounts */
export function fanOutTable(rows, clientCounts) {
  if (rows.length === 0) return '';
  /** @param {string} name @param {number} clients */
  const find = (name, clients) => rows.find((row) => row.name === name && row.clients === clients)?.messagesPerSecond;
  return table(
    ['delivered messages/s', ...clientCounts.map((clients) => `N=${clients}`)],
    [...new Set(rows.map(({ name }) => name))].map((name) => [
      name,
      ...clientCounts.map((clients) => {
        const rate = find(name, clients) ?? Number.NaN;
        const base = find(yardstick.name, clients);
        return base === undefined ? millions(rate) : `${millions(rate)} (${ratio(rate / base)})`;
      }),
    ]),
  );
}

/** @param {Row[]} rows */
export function oneConsumerTable(rows) {
  return table(
    ['one consumer takes a million messages', 'messages/s', 'reader + server CPU s per million'],
    rows.map((row) => [
      row.name,
      millions(row.messagesPerSecond),
      `${row.readerCpuSecondsPerMillion.toFixed(2)} + ${row.serverCpuSecondsPerMillion.toFixed(2)}`,
    ]),
  );
}

/** @param {Row[]} rows */
export function programTable(rows) {
  return table(
    ['one program takes', 'connections', 'messages/s', 'CPU s per million'],
    rows.map((row) => [
      row.name,
      String(row.clients),
      millions(row.messagesPerSecond),
      row.readerCpuSecondsPerMillion.toFixed(2),
    ]),
  );
}

/** @param {Row[]} rows */
export function farAwayTable(rows) {
  return table(
    ['one program takes, over a round trip of 50 ms', 'messages/s'],
    rows.map((row) => [row.name, Math.round(row.messagesPerSecond).toLocaleString('en')]),
  );
}

/** @param {Row[]} rows */
export function eventLoopTable(rows) {
  return table(
    ["the server's event loop at full speed", 'clients', 'messages/s', 'turn p99 / max', 'delay p99 / max', 'memory'],
    rows.map((row) => [
      row.name,
      String(row.clients),
      millions(row.messagesPerSecond),
      `${row.iterationP99Ms.toFixed(1)} / ${row.iterationMaxMs.toFixed(1)} ms`,
      `${row.loopDelayP99Ms.toFixed(1)} / ${row.loopDelayMaxMs.toFixed(1)} ms`,
      `${row.serverRssMiB.toFixed(0)} MiB`,
    ]),
  );
}

/** @param {string[]} head @param {string[][]} rows */
function table(head, rows) {
  if (rows.length === 0) return '';
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** @param {number} rate */
function millions(rate) {
  return `${(rate / 1e6).toPrecision(3)} M`;
}

/** @param {number} value */
function ratio(value) {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} x`;
}
