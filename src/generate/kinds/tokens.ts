// JSON text as its tokens. Parsing a text and writing it again would change numbers that JavaScript cannot hold, and drop a key that
// stands twice. A token stays what it was; a text that could be read in two ways is refused.

export interface Token {
  readonly is: 'text' | 'key' | 'number' | 'other';
  /** As it stands in the text. A text or key has its quotes, and the one form that JSON.stringify gives. */
  readonly written: string;
}

const pattern = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[[\]{},:]|true|false|null/g;

/**
 * The tokens of a JSON text; joined, they are the same text without white space. Throws SyntaxError where it is no JSON, or more than
 * `depthMax` deep, and where it has a key twice in one object, half of a surrogate pair, or a number that is too large.
 */
export function tokensOf(text: string, depthMax: number): Token[] {
  try {
    JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`it is not JSON (${(cause as Error).message})`, { cause });
  }
  const words = text.match(pattern) ?? [];
  /** The keys of the objects that are open, undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  return words.map((word, index): Token => {
    if (word.startsWith('"')) {
      const written = textToken(word);
      if (words[index + 1] !== ':') return { is: 'text', written };
      const keys = open.at(-1);
      if (keys?.has(written)) throw new SyntaxError(`the key ${written} stands twice in one object`);
      keys?.add(written);
      return { is: 'key', written };
    }
    if (word === '{' || word === '[') {
      open.push(word === '{' ? new Set() : undefined);
      if (open.length > depthMax + 1) throw new SyntaxError(`it is more than ${depthMax} deep`);
    }
    if (word === '}' || word === ']') open.pop();
    if (!/^[-\d]/.test(word)) return { is: 'other', written: word };
    if (!Number.isFinite(Number(word))) throw new SyntaxError(`the number ${word} is too large`);
    return { is: 'number', written: word };
  });
}

function textToken(word: string): string {
  const value: string = JSON.parse(word);
  // It has no bytes in UTF-8, and many readers of JSON refuse it.
  if (/\p{Surrogate}/u.test(value)) throw new SyntaxError(`${word.slice(0, 60)} has half of a surrogate pair`);
  return JSON.stringify(value);
}

/** Whether the number that this token becomes has the same value: 12345678901234567890 becomes another one. */
export function isKept(number: string): boolean {
  const becomes = String(Number(number));
  return becomes === number || significant(becomes) === significant(number);
}

/** The digits from the first to the last that is not 0, with the power of ten behind them: one form for each value. */
function significant(number: string): string {
  const [mantissa, power = '0'] = number.toLowerCase().split('e') as [string, string?];
  const [whole, fraction = ''] = mantissa.split('.') as [string, string?];
  const sign = whole.startsWith('-') ? '-' : '';
  const digits = `${whole}${fraction}`.replace(/^-?0*/, '');
  const kept = digits.replace(/0+$/, '');
  return kept === '' ? '0' : `${sign}${kept}e${Number(power) - fraction.length + digits.length - kept.length}`;
}
