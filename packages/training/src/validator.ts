import type { Engine } from '@kindred/compute';
import type { Recommender } from '@kindred/domain';
import { measureLists, rankCohort } from '@kindred/evaluation';
import { artefactRecommender, type ModelArtefact } from '@kindred/models';
import { type ValidationRequest, validationCohort } from './validation-cohort.js';

export interface Validator {
  /** How many it ranks for. */
  readonly users: number;
  measure(artefact: ModelArtefact): Promise<ValidationFigures>;
  /** The same of anything that recommends. */
  measureRecommender(recommender: Recommender): Promise<ValidationFigures>;
}

/** NDCG@20 on the validation users, its standard error over them, and that of each user. */
interface ValidationFigures {
  readonly ndcg: number;
  readonly error: number;
  readonly perUser: Float64Array;
}

const CUTOFF = 20;

/** Undefined where there is no held-out part, or nobody in it with something left to find. */
export function createValidator(request: ValidationRequest & { readonly engine: Engine }): Validator | undefined {
  const { engine, mask = 'seen' } = request;
  const cohort = validationCohort(request);
  if (cohort === undefined) return undefined;
  const matmul = engine.matmul.bind(engine);
  const measureRecommender = async (recommender: Recommender): Promise<ValidationFigures> => {
    const lists = await rankCohort(recommender, cohort, { mask, width: CUTOFF });
    const perUser = measureLists(lists, cohort, [CUTOFF]).perUser[`ndcg@${CUTOFF}`] as Float64Array;
    return { ndcg: meanOf(perUser), error: standardError(perUser), perUser };
  };
  return {
    users: cohort.histories.rowCount,
    measure: (artefact) => measureRecommender(artefactRecommender(artefact, { matmul })),
    measureRecommender,
  };
}

/** Mean of the values; NaN of none. */
export function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of the mean. All of the scale for one user: a single figure says nothing about others. */
export function standardError(values: Float64Array): number {
  const mean = meanOf(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return values.length > 1 ? Math.sqrt(squares / (values.length - 1) / values.length) : 1;
}
