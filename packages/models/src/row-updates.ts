/**
 * Up to this share of the rows in a step, moving the rows named (which catch up first, scattered over memory) takes less
 * time than moving all in one sweep: docs/decisions/0013-training-memory.md has the measurement.
 */
const WORTH_IT = 0.15;

/** The one rule of when a table is moved by rows (`Adam.stepTouched`) and not as a whole (`stepAll`). @param named rows that a step names, on average */
export function movesByRows(named: number, rowCount: number): boolean {
  return named < WORTH_IT * rowCount;
}

/**
 * How many items a batch names on average, as somebody's item or as a drawn negative.
 * @param degrees [I]: users of each item
 * @param batchShare of all users in a batch
 * @param drawnShare of all items among the negatives
 */
export function expectedItems(degrees: Uint32Array, batchShare: number, drawnShare: number): number {
  let expected = 0;
  for (const degree of degrees) expected += 1 - (1 - batchShare) ** degree * (1 - drawnShare);
  return expected;
}
