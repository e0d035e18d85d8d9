import type { Engine } from '@kindred/compute';
import { KindredError, type Recommender, type TrainingData } from '@kindred/domain';
import { type Cohort, type Evaluation, evaluate, type Mask } from '@kindred/evaluation';
import { BASELINES, type BaselineName, createBaseline, EASE_MAX_ITEMS } from '@kindred/models';

/** The names of all baselines, weakest first. */
export const BASELINE_NAMES = Object.keys(BASELINES) as BaselineName[];
/** Bootstrap resamples behind every interval. */
export const BOOTSTRAP_SAMPLES = 1000;

/** Whether a baseline can be fitted on so many items within its memory. */
export function isFeasible(name: BaselineName, itemCount: number): boolean {
  return name !== 'ease' || itemCount <= EASE_MAX_ITEMS;
}

/** Fits a baseline; its large products run on the engine. Its settings are complete only after the fit. */
export async function fitBaseline(
  name: string,
  settings: Readonly<Record<string, unknown>>,
  data: TrainingData,
  seed: number,
  engine: Engine,
): Promise<{ recommender: Recommender; settings: Readonly<Record<string, unknown>> }> {
  const factory = createBaseline(name, settings, { matmul: engine.matmul.bind(engine) });
  const recommender = await factory.fit(data, seed);
  return { recommender, settings: factory.settings };
}

/** Ranks the full catalogue for a cohort, with intervals. */
export function rank(
  recommender: Recommender,
  cohort: Cohort,
  options: {
    readonly mask: Mask;
    readonly itemPopularity: Uint32Array;
    readonly seed: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Evaluation> {
  const { seed, ...rest } = options;
  return evaluate(recommender, cohort, { ...rest, bootstrap: { samples: BOOTSTRAP_SAMPLES, seed } });
}

/** The better of the popularity baselines by NDCG@20: what a model must not fall below. */
export function bestPopularity(evaluations: readonly Evaluation[]): Evaluation {
  const candidates = evaluations.filter(({ model }) => model === 'popularity' || model === 'recent-popularity');
  const [first, ...others] = candidates;
  if (first === undefined) throw new KindredError('INTERNAL', 'no popularity baseline was evaluated');
  return others.reduce((best, other) => (ndcg(other) > ndcg(best) ? other : best), first);
}

function ndcg(evaluation: Evaluation): number {
  return evaluation.metrics['ndcg@20'] ?? Number.NEGATIVE_INFINITY;
}
