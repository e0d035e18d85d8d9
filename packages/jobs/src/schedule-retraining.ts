import { RUN_STAGES } from '@kindred/domain';
import type { Queues } from '@kindred/queue';

/** A whole run every so often; without an interval no run starts by itself, also where one did before. */
export async function scheduleRetraining(queues: Queues, everyMs: number | undefined): Promise<void> {
  const [first] = RUN_STAGES;
  if (everyMs === undefined) await queues.unschedule(first);
  else await queues.schedule(first, everyMs, { stages: [...RUN_STAGES] });
}
