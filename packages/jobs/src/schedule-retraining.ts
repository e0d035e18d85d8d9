import { RUN_STAGES } from '@kindred/domain';
import type { JobInput, Queues } from '@kindred/queue';

/**
 * A whole run every so often; without an interval no run starts by itself, also where one did before. Called before
 * workers start, it also replaces what came due while there were none.
 * @param settings of each run, checked by `checkRetrainSettings`; they take the place of those of an earlier start
 */
export async function scheduleRetraining(
  queues: Queues,
  everyMs: number | undefined,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  const [first] = RUN_STAGES;
  if (everyMs === undefined) {
    await queues.unschedule(first);
    return;
  }
  // The queue's own schema is what says that they are JSON.
  const payload = { stages: [...RUN_STAGES], settings: settings as JobInput<typeof first>['settings'] };
  await queues.schedule(first, everyMs, payload);
}
