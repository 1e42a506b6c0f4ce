const TAB_CHARS = 8;
/** Every cell but the last of its row is followed by at least this much. */
const PADDING_CHARS = 1;

/**
 * Rows as text, their columns aligned with tabs as Go's tabwriter does it (tab width 8, padding 1):
 * scripts split fleet's listings at runs of tabs. Nothing follows the last cell of a row.
 */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.slice(0, -1).entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cellWidth(cell));
    }
  }
  return rows.map((row) => `${renderRow(row, widths)}\n`).join("");
}

function renderRow(row: readonly string[], widths: readonly number[]): string {
  const last = row.length - 1;
  return row
    .map((cell, column) => {
      if (column === last) return cell;
      const missing = (widths[column] ?? 0) - charsIn(cell);
      return cell + "\t".repeat(Math.ceil(missing / TAB_CHARS));
    })
    .join("");
}

/** Up to the next tab stop that leaves room for the padding. */
function cellWidth(cell: string): number {
  return Math.ceil((charsIn(cell) + PADDING_CHARS) / TAB_CHARS) * TAB_CHARS;
}

function charsIn(cell: string): number {
  return Array.from(cell).length;
}
