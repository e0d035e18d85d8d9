import { Random } from '@kindred/domain';

/** Normal numbers, the same for the same label. */
export function randomMatrix(rows: number, columns: number, label: string): number[][] {
  const random = new Random(7, label);
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.normal()));
}
