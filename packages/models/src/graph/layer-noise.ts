import type { Random } from '@kindred/domain';
import type { NodeRows } from './interaction-graph.js';

/**
 * SimGCL's augmentation (Yu et al., SIGIR 2022): every row e becomes e + sign(e) * eps * n, n a random direction of
 * the positive orthant, |n| = 1; so a row turns a little and stays in its orthant.
 */
export function layerNoise(random: Random, width: number, eps: number): (layer: NodeRows) => void {
  const direction = new Float32Array(width);
  const perturbRows = (rows: Float32Array) => {
    for (let start = 0; start < rows.length; start += width) {
      let squared = 0;
      for (let c = 0; c < width; c++) {
        const drawn = random.uint32() / 0x1_0000_0000;
        direction[c] = drawn;
        squared += drawn * drawn;
      }
      const size = eps / Math.sqrt(squared + 1e-12);
      for (let c = 0; c < width; c++) {
        const value = rows[start + c] as number;
        rows[start + c] = value + Math.sign(value) * size * (direction[c] as number);
      }
    }
  };
  return ({ users, items }) => {
    perturbRows(users);
    perturbRows(items);
  };
}
