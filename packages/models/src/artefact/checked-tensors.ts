import { KindredError, type SparseMatrix } from '@kindred/domain';
import type { StoredTensor } from './safetensors.js';

/** The tensors of a file, and the folder it lies in for messages. */
export interface TensorFile {
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  readonly dir: string;
}

/** @throws KindredError MODEL_CORRUPT where the tensor is absent, of another shape or no floats */
export function floats({ tensors, dir }: TensorFile, name: string, shape: readonly number[]): Float32Array {
  const found = tensors[name];
  if (!(found?.data instanceof Float32Array) || found.shape.join() !== shape.join()) {
    const seen = found === undefined ? 'absent' : `of shape [${found.shape.join(', ')}]`;
    throw new KindredError('MODEL_CORRUPT', `${dir}: ${name} is ${seen}, expected [${shape.join(', ')}] floats`);
  }
  return found.data;
}

/**
 * Where a matrix has entries, kept as `NAMEOffsets` and `NAMEColumns`.
 * @param what the matrix in words
 * @throws KindredError MODEL_CORRUPT where one is absent, or they do not fit
 */
export function sparsePattern(
  { tensors, dir }: TensorFile,
  name: string,
  columnCount: number,
  what: string,
): Omit<SparseMatrix, 'values'> {
  const words = (of: string) => {
    const data = tensors[of]?.data;
    if (data instanceof Uint32Array) return data;
    throw new KindredError('MODEL_CORRUPT', `${dir}: ${of} is absent or of another type`);
  };
  const [offsets, columns] = [words(`${name}Offsets`), words(`${name}Columns`)];
  const rowCount = offsets.length - 1;
  if (rowCount < 0 || offsets[rowCount] !== columns.length || columns.some((column) => column >= columnCount)) {
    throw new KindredError('MODEL_CORRUPT', `${dir}: ${what} do not fit ${columnCount} items`);
  }
  return { rowCount, columnCount, offsets, columns };
}
