// Text made fit for HTML. Nothing that was measured, named or typed gets into a page by another way.

/** Markup that was made here, as opposed to text. */
export interface Markup {
  readonly html: string;
}

type Part = string | number | Markup | readonly Markup[] | undefined;

/** Markup from a template: what is put in is escaped, unless it is markup itself; undefined puts in nothing. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { html: texts.map((text, index) => text + markupOf(parts[index])).join('') };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Data as JSON within a script element: `<` cannot end it there, nor begin a comment. */
export function embeddedJson(id: string, data: unknown): Markup {
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return { html: `<script type="application/json" id="${escapeHtml(id)}">${json}</script>` };
}

function markupOf(part: Part): string {
  if (part === undefined) return '';
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part));
  return 'html' in part ? part.html : part.map((each) => each.html).join('\n');
}

interface TableGroup {
  /** A line over the group, as wide as the table. */
  readonly heading?: string;
  readonly rows: readonly (readonly string[])[];
}

/** A table that scrolls within itself where the page is narrow. `columns`: `#` before a name is a column of numbers. */
export function htmlTable(columns: readonly string[], groups: readonly TableGroup[]): Markup {
  const classes = columns.map((name) => (name.startsWith('#') ? 'number' : 'text'));
  const head = columns.map((name, index) => html`<th class="${classes[index]}">${name.replace(/^#/, '')}</th>`);
  const body = groups.flatMap(({ heading, rows }) => [
    ...(heading === undefined ? [] : [html`<tr class="setting"><td colspan="${columns.length}">${heading}</td></tr>`]),
    ...rows.map((row) => {
      const cells = row.map((text, index) => html`<td class="${classes[index]}">${text}</td>`);
      return html`<tr>${cells}</tr>`;
    }),
  ]);
  return html`<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}
