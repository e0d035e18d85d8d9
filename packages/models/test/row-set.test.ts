import { describe, expect, it } from 'vitest';
import { RowSet } from '../src/row-set.js';

describe('RowSet', () => {
  it('has each row once, in order of first appearance, and begins anew', () => {
    const set = new RowSet(10);
    expect([
      ...set
        .clear()
        .add(Uint32Array.of(7, 3, 7, 9), 1)
        .add(Uint32Array.of(3, 0)).rows,
    ]).toEqual([3, 7, 9, 0]);
    expect([...set.clear().add(Uint32Array.of(9)).rows]).toEqual([9]);
  });

  // Few of many rows are sorted, many are found by looking at all.
  it.each([20, 2_000])('has the same rows in ascending order, of %i', (rowCount) => {
    const set = new RowSet(rowCount);
    set.clear().add(Uint32Array.of(1, 2));
    const rows = Uint32Array.of(19, 4, 19, 0, 11);
    expect([...set.clear().add(rows).ascending()]).toEqual([0, 4, 11, 19]);
    expect([...set.add(Uint32Array.of(4, 2)).ascending()]).toEqual([0, 2, 4, 11, 19]);
  });
});
