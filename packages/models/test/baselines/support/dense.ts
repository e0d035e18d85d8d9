import type { SparseMatrix } from '@kindred/domain';

/** Dense linear algebra in doubles, the slow and obvious way: what the baselines are checked against. */
export type Table = number[][];

export function denseOf({ rowCount, columnCount, offsets, columns, values }: SparseMatrix): Table {
  return Array.from({ length: rowCount }, (_, r) => {
    const row = new Array<number>(columnCount).fill(0);
    for (let e = offsets[r] as number; e < (offsets[r + 1] as number); e++)
      row[columns[e] as number] = values[e] as number;
    return row;
  });
}

export function product(a: Table, b: Table): Table {
  return a.map((row) => (b[0] ?? []).map((_, j) => row.reduce((sum, value, k) => sum + value * at(b, k, j), 0)));
}

export function transposedTable(a: Table): Table {
  return (a[0] ?? []).map((_, j) => a.map((row) => row[j] as number));
}

export function at(table: Table, row: number, column: number): number {
  return table[row]?.[column] as number;
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** x of A x = b by elimination with pivots. */
export function solved(a: Table, b: readonly number[]): number[] {
  const rows = a.map((row, k) => [...row, b[k] as number]);
  const n = rows.length;
  for (let p = 0; p < n; p++) {
    const best = rows
      .slice(p)
      .reduce((top, row, k) => (Math.abs(row[p] as number) > Math.abs(at(rows, top, p)) ? p + k : top), p);
    [rows[p], rows[best]] = [rows[best] as number[], rows[p] as number[]];
    for (let r = 0; r < n; r++) {
      if (r === p) continue;
      const factor = at(rows, r, p) / at(rows, p, p);
      rows[r] = (rows[r] as number[]).map((value, c) => value - factor * at(rows, p, c));
    }
  }
  return rows.map((row, k) => (row[n] as number) / (row[k] as number));
}

/** Projector on the span of the `count` first eigenvectors of a symmetric matrix: power iteration with deflation. */
export function topProjector(symmetric: Table, count: number): Table {
  const n = symmetric.length;
  let rest = symmetric.map((row) => [...row]);
  const projector: Table = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  for (let k = 0; k < count; k++) {
    let vector = Array.from({ length: n }, (_, i) => Math.sin(1 + i * (k + 1)));
    for (let turn = 0; turn < 3000; turn++) {
      const next = rest.map((row) => sumOf(row.map((value, j) => value * (vector[j] as number))));
      const length = Math.hypot(...next);
      vector = next.map((value) => value / length);
    }
    const value = sumOf(
      rest.map((row, i) => (vector[i] as number) * sumOf(row.map((x, j) => x * (vector[j] as number)))),
    );
    rest = rest.map((row, i) => row.map((x, j) => x - value * (vector[i] as number) * (vector[j] as number)));
    for (let i = 0; i < n; i++) {
      const row = projector[i] as number[];
      for (let j = 0; j < n; j++) row[j] = (row[j] as number) + (vector[i] as number) * (vector[j] as number);
    }
  }
  return projector;
}
