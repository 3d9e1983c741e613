// The message that the peers send: the same fields and the same length as a line of the feed.
const padding = 'x'.repeat(55);
const originMicros = 1_767_225_600_000_000;

export function message(offset) {
  return { offset, time: originMicros + offset, data: { n: offset, pad: padding } };
}

/** A block as text, made once for all. */
export function block(from, size) {
  let text = '';
  for (let offset = from; offset < from + size; offset++) text += `${JSON.stringify(message(offset))}\n`;
  return text;
}
