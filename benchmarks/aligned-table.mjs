/**
 * A table of Markdown as the formatter of the repository has it.
 * @param {string[]} head @param {string[][]} rows @param {number} texts so many columns from the left are text, the others figures
 * @returns {string[]} lines
 */
export function alignedTable(head, rows, texts) {
  const widths = head.map((name, column) => Math.max(3, name.length, ...rows.map((row) => row[column].length)));
  const line = (row) =>
    `| ${row.map((cell, k) => (k < texts ? cell.padEnd(widths[k]) : cell.padStart(widths[k]))).join(' | ')} |`;
  const rule = widths.map((width, k) => (k < texts ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)];
}
