import type { SparseMatrix } from '@kindred/domain';
import { gatherRowSums, scatterRowSums } from '../sparse-rows.js';

const ROUNDS = 20;
/** A column is done when its residual is this share of what it began with: single precision holds little more. */
const DONE = 1e-4;

/**
 * Ridge regression from sparse rows onto the columns of a table, by conjugate gradients on the dual (Hestenes and
 * Stiefel, 1952): W = X^T A with (X X^T + r I) A = Y. It never makes a dense matrix of the rows.
 * @param rows X, [R, F]
 * @param targets Y, [R, width]
 * @returns W, [F, width]
 */
export function ridgeWeights(rows: SparseMatrix, targets: Float32Array, width: number, ridge: number): Float32Array {
  const all = Uint32Array.from({ length: rows.rowCount }, (_, row) => row);
  const weights = new Float32Array(rows.columnCount * width);
  const primal = (dual: Float32Array) => {
    weights.fill(0);
    scatterRowSums(rows, rows.values, all, dual, width, weights);
    return weights;
  };
  const product = new Float32Array(targets.length);
  const apply = (dual: Float32Array) => {
    gatherRowSums(rows, rows.values, all, primal(dual), width, product);
    for (let k = 0; k < product.length; k++) product[k] = (product[k] as number) + ridge * (dual[k] as number);
    return product;
  };

  const solution = new Float32Array(targets.length);
  const residual = targets.slice();
  const direction = targets.slice();
  const first = columnDots(residual, residual, width);
  let squares = first;
  for (let round = 0; round < ROUNDS; round++) {
    if (squares.every((square, c) => square <= DONE * DONE * (first[c] as number))) break;
    const moved = apply(direction);
    const curvature = columnDots(direction, moved, width);
    const step = squares.map((square, c) => (square > 0 ? square / (curvature[c] as number) : 0));
    addColumns(solution, direction, step, 1);
    addColumns(residual, moved, step, -1);
    const next = columnDots(residual, residual, width);
    const kept = next.map((square, c) => ((squares[c] as number) > 0 ? square / (squares[c] as number) : 0));
    for (let k = 0; k < direction.length; k++) {
      direction[k] = (residual[k] as number) + (kept[k % width] as number) * (direction[k] as number);
    }
    squares = next;
  }
  return primal(solution);
}

/** The inner product of each column of `a` with that of `b`. [width] */
function columnDots(a: Float32Array, b: Float32Array, width: number): Float64Array {
  const dots = new Float64Array(width);
  for (let k = 0; k < a.length; k++) {
    const c = k % width;
    dots[c] = (dots[c] as number) + (a[k] as number) * (b[k] as number);
  }
  return dots;
}

/** a += sign * step of the column * b, in place. */
function addColumns(a: Float32Array, b: Float32Array, step: Float64Array, sign: number): void {
  for (let k = 0; k < a.length; k++) {
    a[k] = (a[k] as number) + sign * (step[k % step.length] as number) * (b[k] as number);
  }
}
