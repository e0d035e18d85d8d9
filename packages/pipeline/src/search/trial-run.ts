import { finishRunStage, startRunStage } from '@kindred/storage';
import { doClaimedRun } from '../claimed-run.js';
import type { StageContext } from '../stage-context.js';
import type { RecordTrial } from './search-method.js';

/**
 * Every trial of a stage's search as a run of its own, with complete settings and what it came to, so that people see
 * it where they see the others. Who cancels it, cancels the search.
 */
export function trialRuns(context: StageContext, snapshotId: string): RecordTrial {
  const { database, run, settings, signal } = context;
  const { method, engine, seed } = settings;
  return async (set, train) => {
    const given = { stages: ['train'], settings: { method, set, engine, seed, snapshotId }, parentId: run.id };
    const { value } = await doClaimedRun(database, given, signal, async (id, either) => {
      await startRunStage(database.db, id, 'train');
      const measured = await train(either);
      const { ndcg, error, epochs, seconds } = measured;
      const result = { snapshotId, method, epochs, validationNdcg: ndcg, validationError: error, seconds };
      await finishRunStage(database.db, id, 'train', result);
      return measured;
    });
    return value;
  };
}
