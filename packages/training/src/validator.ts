import type { Engine } from '@kindred/compute';
import { type HeldOut, matrixFromTriples, Random, type SparseMatrix, type TrainingData } from '@kindred/domain';
import { type Cohort, evaluate, getMetric, type Mask, trainedCohort } from '@kindred/evaluation';
import { artefactRecommender, type ModelArtefact } from '@kindred/models';

/** NDCG@20 of a model on the validation users, its standard error over them, and that of each user. */
export type Validator = (
  artefact: ModelArtefact,
) => Promise<{ readonly ndcg: number; readonly error: number; readonly perUser: Float64Array }>;

const METRIC = 'ndcg@20';
const CUTOFF = 20;
const DEFAULT_USERS = 2000;

interface ValidationRequest {
  readonly data: TrainingData;
  readonly engine: Engine;
  readonly seed: number;
  readonly validation?: HeldOut | undefined;
  readonly mask?: Mask | undefined;
  readonly validationUsers?: number | undefined;
}

/** Undefined where there is no held-out part, or nobody in it with something left to find. */
export function createValidator(request: ValidationRequest): Validator | undefined {
  const { data, engine, seed, validation, mask = 'seen', validationUsers = DEFAULT_USERS } = request;
  if (validation === undefined) return undefined;
  const all = trainedCohort(data, validation, { mask });
  const cohort = narrowedTo(all, data, validation, validationUsers, seed, mask);
  if (cohort.histories.rowCount === 0) return undefined;
  const matmul = engine.matmul.bind(engine);
  return async (artefact) => {
    const recommender = artefactRecommender(artefact, { matmul });
    const evaluation = await evaluate(recommender, cohort, { mask, cutoffs: [CUTOFF], keepTop: 0 });
    const perUser = evaluation.perUser[METRIC] as Float64Array;
    return { ndcg: getMetric(evaluation, METRIC), error: standardError(perUser), perUser };
  };
}

/** Of the mean. All of the scale for one user: a single figure says nothing about others. */
export function standardError(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return values.length > 1 ? Math.sqrt(squares / (values.length - 1) / values.length) : 1;
}

/** A seeded sample of the cohort's users: a curve needs no more than some thousands. */
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
