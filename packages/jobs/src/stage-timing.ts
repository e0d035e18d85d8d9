import type { WorkerTiming } from '@kindred/queue';

/**
 * Stages run in processes of their own, so nothing keeps their worker from renewing its jobs: one that is silent for
 * this long is dead, and its job is taken up within half a minute.
 */
export const STAGE_TIMING: Partial<WorkerTiming> = { lockMs: 15_000, stalledCheckMs: 5_000 };
