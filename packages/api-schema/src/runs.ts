import { z } from 'zod';
import { timeField } from './fields.js';

/** The stages that a run can have, in the only order that they can stand in. */
export const RUN_STAGES = ['pair', 'train', 'evaluate', 'index', 'promote'] as const;
export type RunStage = (typeof RUN_STAGES)[number];

export const runsRequest = z
  .strictObject({
    stages: z
      .array(z.enum(RUN_STAGES))
      .min(1)
      .default([...RUN_STAGES])
      .refine(isInOrder, { error: `stages stand once each and in this order: ${RUN_STAGES.join(', ')}` }),
    settings: z
      .record(z.string(), z.unknown())
      .default({})
      .meta({ description: 'Settings of the stages: method, seed, split, … as the command line names them.' }),
  })
  .meta({ id: 'RunRequest' });
export type RunRequest = z.infer<typeof runsRequest>;

function isInOrder(stages: readonly RunStage[]): boolean {
  const positions = stages.map((stage) => RUN_STAGES.indexOf(stage));
  return positions.every((position, k) => k === 0 || position > (positions[k - 1] as number));
}

export const runResponse = z
  .object({
    id: z.string(),
    stages: z.array(z.string()),
    status: z.enum(['queued', 'running', 'done', 'failed', 'refused', 'cancelled']),
    currentStage: z.string().nullable(),
    settings: z.record(z.string(), z.unknown()),
    modelId: z.string().nullable(),
    snapshotId: z.string().nullable(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    createdAt: timeField,
    startedAt: timeField.nullable(),
    finishedAt: timeField.nullable(),
  })
  .meta({ id: 'Run' });

export const runsResponse = z.object({ runs: z.array(runResponse) }).meta({ id: 'Runs' });
export const runParameters = z.object({ id: z.string().min(1).max(64) });

export const runEvent = z
  .object({
    seq: z.number().int(),
    time: timeField,
    stage: z.string().nullable(),
    kind: z.string(),
    message: z.string(),
    data: z.unknown().optional(),
  })
  .meta({ id: 'RunEvent' });

export const modelResponse = z
  .object({
    id: z.string(),
    method: z.string(),
    status: z.string(),
    snapshotId: z.string().nullable(),
    serving: z.boolean(),
    metrics: z.record(z.string(), z.unknown()).nullable(),
    createdAt: timeField,
  })
  .meta({ id: 'Model' });
export const modelsResponse = z.object({ models: z.array(modelResponse) }).meta({ id: 'Models' });
export const promotionResponse = z
  .object({ modelId: z.string(), previousModelId: z.string().nullable() })
  .meta({ id: 'Promotion' });
