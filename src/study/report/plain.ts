// Tables and paragraphs as plain text, for any terminal: no escapes, no more than a hundred columns.

export const plainWidth = 100;

/**
 * The lines of a table. Each column is as wide as its content. A name that begins with `#` is of a column of numbers,
 * which are aligned right.
 */
export function plainTable(columns: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const names = columns.map((name) => name.replace(/^#/, ''));
  const widths = names.map((name, index) => Math.max(name.length, ...rows.map((row) => (row[index] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, index) =>
        columns[index]?.startsWith('#') ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [line(names), ...rows.map(line)];
}

/** The text in lines of at most a hundred columns. Longer words are broken. Control characters are shown, not sent. */
export function wrapped(text: string, first = '', rest: string = first): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of printable(text)
    .split(' ')
    .flatMap((each) => pieces(each, plainWidth - rest.length))) {
    if (!isEmpty && line.length + 1 + word.length > plainWidth) {
      lines.push(line);
      line = rest;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}

/**
 * Shows characters that must not reach a terminal (line ends, escapes) by their numbers: names and commands may have
 * them.
 */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

function pieces(word: string, width: number): string[] {
  const found: string[] = [];
  for (let at = 0; at === 0 || at < word.length; at += width) found.push(word.slice(at, at + width));
  return found;
}
