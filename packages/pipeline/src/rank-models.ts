import type { Engine } from '@kindred/compute';
import { KindredError, type Recommender, type TrainingData } from '@kindred/domain';
import { type Cohort, type Evaluation, evaluate, type Mask } from '@kindred/evaluation';
import { createBaseline, getBaseline, isWithin } from '@kindred/models';

/** The baselines that stand beside every model, weakest first; the others run when they are asked for by name. */
export const BASELINE_NAMES: readonly string[] = ['popularity', 'recent-popularity', 'itemknn', 'ease'];
/** Bootstrap resamples behind every interval. */
export const BOOTSTRAP_SAMPLES = 1000;

/** Whether a baseline takes so many users and items. */
export function isFeasible(name: string, { positives }: TrainingData): boolean {
  return isWithin(getBaseline(name).limit, positives.rowCount, positives.columnCount);
}

/** Fits a baseline, in so many seconds; its large products run on the engine. Its settings are complete only after the fit. */
export async function fitBaseline(
  name: string,
  settings: Readonly<Record<string, unknown>>,
  data: TrainingData,
  seed: number,
  engine: Engine,
): Promise<{ recommender: Recommender; settings: Readonly<Record<string, unknown>>; seconds: number }> {
  const started = performance.now();
  const factory = createBaseline(name, settings, { matmul: engine.matmul.bind(engine) });
  const recommender = await factory.fit(data, seed);
  return { recommender, settings: factory.settings, seconds: (performance.now() - started) / 1000 };
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
