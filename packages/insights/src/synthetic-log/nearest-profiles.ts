import { rowDegrees, rowEntries, type SparseMatrix, transpose } from '@kindred/domain';
import { inTurns, type Watch } from '../in-turns.js';

/**
 * How far each history is from the one of `reference` that is most like it: 1 - shared / all items of the two (Jaccard,
 * 1901). 0: somebody there has exactly these items; 1: nobody there has one of them.
 * @returns [rows of histories]
 * @throws KindredError INTERRUPTED at the signal
 */
export async function nearestDistances(
  histories: SparseMatrix,
  reference: SparseMatrix,
  watch: Watch = {},
): Promise<Float64Array> {
  const owners = transpose(reference); // [I, R]
  const sizes = rowDegrees(reference);
  const shared = new Uint32Array(reference.rowCount);
  const distances = new Float64Array(histories.rowCount);
  for await (const row of inTurns(histories.rowCount, 'users compared', watch)) {
    const [items] = rowEntries(histories, row);
    const touched: number[] = [];
    for (const item of items) {
      for (const owner of rowEntries(owners, item)[0]) {
        if (shared[owner] === 0) touched.push(owner);
        shared[owner] = (shared[owner] as number) + 1;
      }
    }
    let nearest = 0;
    for (const owner of touched) {
      const count = shared[owner] as number;
      nearest = Math.max(nearest, count / (items.length + (sizes[owner] as number) - count));
      shared[owner] = 0;
    }
    distances[row] = 1 - nearest;
  }
  return distances;
}
