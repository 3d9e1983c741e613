// Reads CSV as RFC 4180 has it, by a reading of its own.

/**
 * The rows, by the names of their columns. Throws at a quote in the wrong place, or another number of fields in a row.
 */
export function readCsv(text: string): Record<string, string>[] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    let field = '';
    if (text[at] === '"') {
      for (at++; ; at++) {
        const end = text.indexOf('"', at);
        if (end < 0) throw new Error('a quote is not closed');
        field += text.slice(at, end);
        at = end + 1;
        if (text[at] !== '"') break;
        field += '"';
      }
    } else {
      const [plain = ''] = /^[^",\r\n]*/.exec(text.slice(at)) ?? [];
      field = plain;
      at += plain.length;
    }
    row.push(field);
    if (text[at] === ',') at++;
    else if (text.startsWith('\r\n', at)) {
      rows.push(row);
      row = [];
      at += 2;
    } else throw new Error(`byte ${at} is not the end of a field`);
  }
  const [names = [], ...values] = rows;
  return values.map((fields) => {
    if (fields.length !== names.length) throw new Error(`a row has ${fields.length} fields, not ${names.length}`);
    return Object.fromEntries(names.map((name, index) => [name, fields[index] ?? '']));
  });
}
