import { KindredError } from '@kindred/domain';
import { promoteModel as promote } from '@kindred/storage';
import { chosenModel } from './chosen.js';
import type { EvaluateResult, PromoteResult, StageContext } from './stage-context.js';

/**
 * A model → service, unless it is worse than popularity.
 * @throws KindredError QUALITY_GATE with the figures; MODEL_NOT_READY when it has no index yet
 */
export async function promoteModel(context: StageContext): Promise<PromoteResult> {
  const model = await chosenModel(context);
  const evaluation = model.metrics?.evaluation as EvaluateResult | undefined;
  if (!context.settings.force) checkGate(evaluation);
  const { previousModelId } = await promote(context.database.db, model.id, `run ${context.run.id}`);
  context.progress.say(`model ${model.id} serves`, { modelId: model.id, previousModelId });
  return { modelId: model.id, previousModelId };
}

/** Refuses a model whose NDCG@20 lies below the better of the popularity baselines beyond doubt. */
function checkGate(evaluation: EvaluateResult | undefined): void {
  if (evaluation === undefined) {
    throw new KindredError('QUALITY_GATE', 'the model was not evaluated; run `kindred evaluate` first, or use --force');
  }
  const { against, difference, interval } = evaluation.gate;
  if (interval[1] >= 0) return;
  throw new KindredError(
    'QUALITY_GATE',
    `NDCG@20 is ${(-difference).toFixed(4)} below ${against} (interval ${interval.map((value) => value.toFixed(4)).join(' to ')})`,
  );
}
