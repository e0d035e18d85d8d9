import { KindredError } from '@kindred/domain';
import { z } from 'zod';

/**
 * What stands in the queue's store: the payload, and whether someone asked for the job to be cancelled.
 * The mark travels with the job, so that it survives retries, stalls and restarts of the worker.
 */
export interface Envelope {
  readonly version: 1;
  readonly payload: unknown;
  readonly cancelRequested?: boolean;
}

const envelope = z.strictObject({
  version: z.literal(1),
  payload: z.unknown(),
  cancelRequested: z.boolean().optional(),
});

export function sealEnvelope(payload: unknown): Envelope {
  return { version: 1, payload };
}

/** @throws KindredError JOB_INVALID when the stored data was not written by this version's producer */
export function openEnvelope(data: unknown): Envelope {
  const parsed = envelope.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new KindredError('JOB_INVALID', 'the job was not written by this version of Kindred');
}
