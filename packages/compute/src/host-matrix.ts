import { KindredError } from '@kindred/domain';
import type { MatmulOptions, MatrixShape } from './engine.js';

/** A checked product C = op(A) · op(B) of host arrays; every extent is at least 1. */
export interface HostMatmul {
  readonly a: Float32Array;
  readonly shapeA: MatrixShape;
  readonly transposeA: boolean;
  readonly b: Float32Array;
  readonly shapeB: MatrixShape;
  readonly transposeB: boolean;
  /** [M, N] */
  readonly out: Float32Array;
  readonly shapeOut: MatrixShape;
}

export type HostProduct = (product: HostMatmul) => void | Promise<void>;

/**
 * Checks shapes and memory of a product, allocates its output when none is given.
 * @throws KindredError MATRIX_INVALID
 */
export function checkMatmul(
  a: Float32Array,
  shapeA: MatrixShape,
  b: Float32Array,
  shapeB: MatrixShape,
  options: MatmulOptions,
): HostMatmul {
  const { transposeA = false, transposeB = false } = options;
  checkLength('A', a, shapeA);
  checkLength('B', b, shapeB);
  const [m, innerA] = transposeA ? [shapeA[1], shapeA[0]] : shapeA;
  const [innerB, n] = transposeB ? [shapeB[1], shapeB[0]] : shapeB;
  if (innerA !== innerB) {
    throw invalid(`A gives ${innerA} columns to multiply, B ${innerB} rows`);
  }
  const out = options.out ?? new Float32Array(m * n);
  checkLength('out', out, [m, n]);
  if (overlap(out, a) || overlap(out, b)) throw invalid('out shares memory with an input');
  return { a, shapeA, transposeA, b, shapeB, transposeB, out, shapeOut: [m, n] };
}

function checkLength(name: string, values: Float32Array, [rows, columns]: MatrixShape): void {
  if (!(Number.isInteger(rows) && Number.isInteger(columns) && rows >= 0 && columns >= 0)) {
    throw invalid(`the shape of ${name}, [${rows}, ${columns}], is not of whole numbers`);
  }
  if (values.length !== rows * columns) {
    throw invalid(`${name} holds ${values.length} numbers, its shape [${rows}, ${columns}] asks for ${rows * columns}`);
  }
}

function overlap(a: Float32Array, b: Float32Array): boolean {
  return (
    a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength
  );
}

function invalid(what: string): KindredError {
  return new KindredError('MATRIX_INVALID', `matmul: ${what}`);
}
