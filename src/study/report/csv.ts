// CSV as in RFC 4180: lines end with CRLF, fields are quoted where they need it, and quotes within are doubled.

export interface Column<Row> {
  /** Its heading, with the unit: `took_p50_us`. */
  readonly name: string;
  readonly of: (row: Row) => string | number | boolean | undefined;
}

/** The rows with their heading. An undefined value is an empty field. */
export function csv<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [columns.map(({ name }) => name), ...rows.map((row) => columns.map(({ of }) => of(row)))];
  return lines.map((fields) => `${fields.map(field).join(',')}\r\n`).join('');
}

function field(value: string | number | boolean | undefined): string {
  const text = value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
