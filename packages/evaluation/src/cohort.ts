import {
  type HeldOut,
  hasEntry,
  KindredError,
  matrixFromTriples,
  type SparseMatrix,
  selectEntries,
  selectRows,
  type TrainingData,
  type UserBatch,
} from '@kindred/domain';

/** `seen`: items of the user's history are no candidates and never count; `none`: every item is a candidate. */
export type Mask = 'seen' | 'none';

export interface CohortOptions {
  readonly mask: Mask;
}

/** The users that an evaluation ranks for: what they did, and what they should find. */
export interface Cohort {
  readonly itemCount: number;
  /** [E, I]: what the recommender is told of each user */
  readonly histories: SparseMatrix;
  /** [entries of histories]: unix milliseconds; undefined where the log has no times */
  readonly times: Float64Array | undefined;
  /** [E]: positions in the training data; undefined for users that were never trained */
  readonly users: Uint32Array | undefined;
  /** [E, I]: what is to be found */
  readonly relevant: SparseMatrix;
  /** [E]: held-out items that train has never seen: misses in recall, NDCG and MAP */
  readonly unknownRelevant: Uint32Array;
  /** [E, I]: what is no candidate beside the history: items that the user has and that the recommender is not told of. */
  readonly hidden?: SparseMatrix | undefined;
  /** [E]: row of each user in the held-out matrix; absent: `users`, or else 0 .. E - 1 */
  readonly rows?: Uint32Array | undefined;
}

/**
 * The users with at least one train interaction and something left to find.
 * With mask `seen`, a held-out item that the user already has in train can not be returned and is not relevant.
 */
export function trainedCohort(data: TrainingData, heldOut: HeldOut, options: CohortOptions): Cohort {
  return cohortOf(data, heldOut, options, (row) => rowLength(data.positives, row) > 0);
}

/**
 * Everyone with something left to find, with or without train interactions: what published figures are means
 * over, and what can be recomputed from a test file alone.
 */
export function wholeCohort(data: TrainingData, heldOut: HeldOut, options: CohortOptions): Cohort {
  return cohortOf(data, heldOut, options, () => true);
}

/**
 * The users without any history: rows of the held-out matrix with something to find.
 * @param data when given, held-out rows are users of it, and only those without train interactions are taken;
 *   absent, every held-out row is a user that was never trained
 */
export function coldCohort(heldOut: HeldOut, data?: TrainingData): Cohort {
  if (data !== undefined) checkSameSpace(data.positives, heldOut);
  const isCold = (row: number) => data === undefined || rowLength(data.positives, row) === 0;
  const rows = rowsToEvaluate(heldOut, undefined, isCold);
  const itemCount = heldOut.items.columnCount;
  return {
    itemCount,
    histories: {
      rowCount: rows.length,
      columnCount: itemCount,
      offsets: new Uint32Array(rows.length + 1),
      columns: new Uint32Array(0),
      values: new Float32Array(0),
    },
    times: undefined,
    users: undefined,
    relevant: relevantOf(heldOut, rows, undefined),
    unknownRelevant: rows.map((row) => heldOut.unknownItems[row] as number),
    rows,
  };
}

function cohortOf(
  data: TrainingData,
  heldOut: HeldOut,
  options: CohortOptions,
  isWanted: (row: number) => boolean,
): Cohort {
  const { positives } = data;
  checkSameSpace(positives, heldOut);
  const excluded = options.mask === 'seen' ? positives : undefined;
  const rows = rowsToEvaluate(heldOut, excluded, isWanted);
  const histories = selectRows(positives, rows);
  return {
    itemCount: positives.columnCount,
    histories,
    times: data.times === undefined ? undefined : selectEntries(positives, data.times, rows, histories),
    users: rows,
    relevant: relevantOf(heldOut, rows, excluded),
    unknownRelevant: rows.map((row) => heldOut.unknownItems[row] as number),
    rows,
  };
}

/** Those rows of a cohort, in the order given, as a cohort of their own. */
export function selectUsers(cohort: Cohort, rows: Uint32Array): Cohort {
  const { histories, times, hidden } = cohort;
  const of = (values: Uint32Array) => rows.map((row) => values[row] as number);
  const selected = selectRows(histories, rows);
  return {
    itemCount: cohort.itemCount,
    histories: selected,
    times: times && selectEntries(histories, times, rows, selected),
    users: cohort.users && of(cohort.users),
    relevant: selectRows(cohort.relevant, rows),
    unknownRelevant: of(cohort.unknownRelevant),
    hidden: hidden && selectRows(hidden, rows),
    rows: cohort.rows && of(cohort.rows),
  };
}

/** Rows start .. end - 1 of a cohort, as a recommender is told of them; entries are shared. */
export function batchOfCohort({ histories, times, users }: Cohort, start: number, end: number): UserBatch {
  const { offsets } = histories;
  return {
    history: sliceRows(histories, start, end),
    times: times?.subarray(offsets[start] as number, offsets[end] as number),
    users: users?.subarray(start, end),
  };
}

/** Entries in a row. */
export function rowLength(matrix: SparseMatrix, row: number): number {
  return (matrix.offsets[row + 1] as number) - (matrix.offsets[row] as number);
}

/** Rows start .. end - 1, sharing the entries with the matrix. */
function sliceRows(matrix: SparseMatrix, start: number, end: number): SparseMatrix {
  const first = matrix.offsets[start] as number;
  const last = matrix.offsets[end] as number;
  return {
    rowCount: end - start,
    columnCount: matrix.columnCount,
    offsets: matrix.offsets.slice(start, end + 1).map((offset) => offset - first),
    columns: matrix.columns.subarray(first, last),
    values: matrix.values.subarray(first, last),
  };
}

function checkSameSpace(positives: SparseMatrix, heldOut: HeldOut): void {
  const { items } = heldOut;
  if (items.rowCount === positives.rowCount && items.columnCount === positives.columnCount) return;
  throw new KindredError(
    'EVALUATION_INVALID',
    `train has ${positives.rowCount} users and ${positives.columnCount} items, the held-out part has ${items.rowCount} and ${items.columnCount}`,
  );
}

function rowsToEvaluate(
  heldOut: HeldOut,
  excluded: SparseMatrix | undefined,
  isWanted: (row: number) => boolean,
): Uint32Array {
  const rows: number[] = [];
  for (let row = 0; row < heldOut.items.rowCount; row++) {
    if (!isWanted(row)) continue;
    if ((heldOut.unknownItems[row] as number) > 0 || hasRelevant(heldOut.items, row, excluded)) rows.push(row);
  }
  return Uint32Array.from(rows);
}

function hasRelevant(items: SparseMatrix, row: number, excluded: SparseMatrix | undefined): boolean {
  for (let k = items.offsets[row] as number; k < (items.offsets[row + 1] as number); k++) {
    if (excluded === undefined || !hasEntry(excluded, row, items.columns[k] as number)) return true;
  }
  return false;
}

function relevantOf(heldOut: HeldOut, rows: Uint32Array, excluded: SparseMatrix | undefined): SparseMatrix {
  const { items } = heldOut;
  const outRows: number[] = [];
  const outColumns: number[] = [];
  rows.forEach((row, at) => {
    for (let k = items.offsets[row] as number; k < (items.offsets[row + 1] as number); k++) {
      const column = items.columns[k] as number;
      if (excluded !== undefined && hasEntry(excluded, row, column)) continue;
      outRows.push(at);
      outColumns.push(column);
    }
  });
  const values = new Float32Array(outRows.length).fill(1);
  return matrixFromTriples(
    rows.length,
    items.columnCount,
    Uint32Array.from(outRows),
    Uint32Array.from(outColumns),
    values,
  );
}
