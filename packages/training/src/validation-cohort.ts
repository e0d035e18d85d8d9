import { type HeldOut, matrixFromTriples, Random, type SparseMatrix, type TrainingData } from '@kindred/domain';
import { type Cohort, type Mask, trainedCohort } from '@kindred/evaluation';

/** Validation users that a figure is a mean over, at most: a curve needs no more than some thousands. */
const DEFAULT_USERS = 2000;

/** Users times items, at most, where many ways to serve are tried on the same users: bounds what one of them costs. */
const SCORES = 5e7;
/** On fewer users than this, a choice between models is left to chance. */
export const FEWEST_USERS = 200;

/** How many users such a choice may rank a catalogue for. */
export function affordableUsers(itemCount: number): number {
  return Math.min(DEFAULT_USERS, Math.max(FEWEST_USERS, Math.floor(SCORES / itemCount)));
}

export interface ValidationRequest {
  readonly data: TrainingData;
  readonly seed: number;
  readonly validation?: HeldOut | undefined;
  /** What validation leaves out. Default `seen`. */
  readonly mask?: Mask | undefined;
  readonly validationUsers?: number | undefined;
}

/**
 * The users whom validation ranks for: a seeded sample of those with something to find. Undefined where there is no
 * held-out part, or nobody in it with something left to find.
 */
export function validationCohort(request: ValidationRequest): Cohort | undefined {
  const { data, seed, validation, mask = 'seen', validationUsers = DEFAULT_USERS } = request;
  if (validation === undefined) return undefined;
  const all = trainedCohort(data, validation, { mask });
  const cohort = narrowedTo(all, data, validation, validationUsers, seed, mask);
  return cohort.histories.rowCount === 0 ? undefined : cohort;
}

function narrowedTo(
  all: Cohort,
  data: TrainingData,
  validation: HeldOut,
  limit: number,
  seed: number,
  mask: Mask,
): Cohort {
  const rows = all.rows ?? new Uint32Array(0);
  if (rows.length <= limit) return all;
  const kept = new Set<number>();
  for (const place of new Random(seed, 'validation users').sample(rows.length, limit)) kept.add(rows[place] as number);
  const heldOut: HeldOut = {
    items: rowsOnly(validation.items, kept),
    unknownItems: validation.unknownItems.map((count, row) => (kept.has(row) ? count : 0)),
  };
  return trainedCohort(data, heldOut, { mask });
}

/** The same matrix with all other rows empty. */
function rowsOnly(matrix: SparseMatrix, kept: ReadonlySet<number>): SparseMatrix {
  const rows: number[] = [];
  const columns: number[] = [];
  for (const row of kept) {
    for (let e = matrix.offsets[row] as number; e < (matrix.offsets[row + 1] as number); e++) {
      rows.push(row);
      columns.push(matrix.columns[e] as number);
    }
  }
  const values = new Float32Array(rows.length).fill(1);
  return matrixFromTriples(
    matrix.rowCount,
    matrix.columnCount,
    Uint32Array.from(rows),
    Uint32Array.from(columns),
    values,
  );
}
