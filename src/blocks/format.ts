// A block as text for people, and as JSON for programs. Pure: text in, text out. What comes from outside is written so
// that it cannot steer a terminal.
import { readLineHead, splitLines } from '../protocol/message.ts';
import { formatSeconds } from '../protocol/units.ts';
import type { BlockFacts } from './sink.ts';

/** `block user [60,65) size 5 messages 812 B span 8.000 s took 0.001 s` */
export function formatBlock(feed: string, block: BlockFacts): string {
  const range = `[${block.from},${block.to})`;
  const span = formatSeconds(block.lastTime - block.firstTime);
  return `block ${feed} ${range} ${block.cut} ${count(block.to - block.from)} ${block.bytes} B span ${span} took ${formatSeconds(took(block))}`;
}

/** `gap user [65,70) 5 messages lost` */
export function formatGap(feed: string, from: number, to: number): string {
  return `gap ${feed} [${from},${to}) ${count(to - from)} lost`;
}

/**
 * Each message of `lines` in a line of its own, with a newline: `  60 2026-01-01T00:02:00.000000Z {"id":…}`. The data are
 * the message's own characters, control characters escaped as JSON has it. Throws `bad-server` when a line is no message.
 */
export function formatMessages(lines: Uint8Array): string {
  let text = '';
  for (const line of splitLines(lines)) {
    const { offset, time } = readLineHead(line, 0);
    text += `  ${offset} ${isoMicros(time)} ${harmless(dataText(line))}\n`;
  }
  return text;
}

/** A block as one JSON object: the feed, then the fields of its journal line that do not speak of a folder. No newline. */
export function formatBlockJson(feed: string, block: BlockFacts, crc32: number, atMicros: number): string {
  const { from, to, cut, bytes, firstTime, lastTime, firstReceived, lastReceived, delivery } = block;
  const span = lastTime - firstTime;
  const head = { feed, from, to, cut, bytes, crc32, at: atMicros, firstTime, lastTime, span };
  return JSON.stringify({ ...head, firstReceived, lastReceived, took: took(block), delivery });
}

/** A gap as one JSON object: `{"feed":"user","gap":[65,70],"at":…}`. No newline. */
export function formatGapJson(feed: string, from: number, to: number, atMicros: number): string {
  return JSON.stringify({ feed, gap: [from, to], at: atMicros });
}

/** Microseconds from a block's first byte to its last, by this machine's clock; 0 where that clock was set back between. */
export function took(block: Pick<BlockFacts, 'firstReceived' | 'lastReceived'>): number {
  return Math.max(0, block.lastReceived - block.firstReceived);
}

/** A time in microseconds since 1970 as `2026-01-01T00:02:00.000000Z`. */
export function isoMicros(timeMicros: number): string {
  const ms = Math.floor(timeMicros / 1_000);
  const micros = timeMicros - ms * 1_000;
  return `${new Date(ms).toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
}

function count(messages: number): string {
  return messages === 1 ? '1 message' : `${messages} messages`;
}

const decoder = new TextDecoder();
const dataKey = ',"data":';

function dataText(line: Uint8Array): string {
  const text = decoder.decode(line).trimEnd();
  return text.slice(text.indexOf(dataKey) + dataKey.length, -1);
}

// C0 and C1 controls, and what turns the direction of writing: a feed's text must not be able to clear a screen or to
// make a line read as another. They stand in JSON strings only, where this escape means the same.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const steering = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

function harmless(text: string): string {
  return text.replace(steering, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
