import { inFlowOrder, RUN_STAGES } from '@kindred/domain';
import { z } from 'zod';
import { limitField, timeField } from './fields.js';

export const runsRequest = z
  .strictObject({
    stages: z
      .array(z.enum(RUN_STAGES))
      .min(1)
      .default([...RUN_STAGES])
      .refine(inFlowOrder, { error: `stages stand once each and in this order: ${RUN_STAGES.join(', ')}` }),
    settings: z.record(z.string(), z.unknown()).default({}).meta({
      description:
        'Settings of the stages: method, set, seed, engine, … `search: {trials, kind, seed}` looks for better settings of the method on validation; each trial is a run of its own, with this one as its parent. `augment` (auto, off or a source) says what helps users with few items: more popularity, or items that join their history.',
    }),
  })
  .meta({ id: 'RunRequest' });
export type RunRequest = z.infer<typeof runsRequest>;

export const runResponse = z
  .object({
    id: z.string(),
    parentId: z.string().nullable().meta({ description: 'The run whose search this one is a trial of.' }),
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
/** A page of a list, newest first. */
export const listQuery = z.strictObject({
  limit: limitField.default(50),
  before: z.string().min(1).max(64).optional().meta({ description: 'Go on after the entry with this id.' }),
});
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

const pseudoItems = { source: z.string(), count: z.int(), weight: z.number() };
const modelAugmentation = z
  .object({
    augmentation: z.object(pseudoItems).optional().meta({ description: 'What short histories get; absent: nothing.' }),
    arms: z.array(
      z.object({
        ...pseudoItems,
        ndcg: z.number(),
        without: z.number(),
        difference: z.number(),
        interval: z.tuple([z.number(), z.number()]),
        p: z.number(),
        sparse: z.object({ users: z.int(), ndcg: z.number(), without: z.number() }).optional(),
      }),
    ),
    leftOut: z
      .array(z.object({ source: z.string(), because: z.string() }))
      .optional()
      .meta({ description: 'Sources that learned nothing from these users.' }),
    users: z.int().meta({ description: 'How many users of validation compared.' }),
    sparseUsers: z.int().meta({ description: 'Users of training for whom something is added.' }),
    trainedUsers: z.int(),
    because: z.string(),
  })
  .meta({ id: 'ModelAugmentation' });

export const modelResponse = z
  .object({
    id: z.string(),
    method: z.string(),
    status: z.string(),
    snapshotId: z.string().nullable(),
    serving: z.boolean(),
    metrics: z
      .looseObject({
        training: z.looseObject({ augmentation: modelAugmentation.optional() }).optional(),
      })
      .nullable()
      .meta({
        description:
          'What the stages found: `training` (validation NDCG@20, epochs, and `choices`: settings that validation chose, what joins the vectors and why; `augmentation`: what helps users with few items, what it gained and for how many), `evaluation`, `index`.',
      }),
    createdAt: timeField,
  })
  .meta({ id: 'Model' });
export const modelsResponse = z.object({ models: z.array(modelResponse) }).meta({ id: 'Models' });
export const promotionResponse = z
  .object({ modelId: z.string(), previousModelId: z.string().nullable() })
  .meta({ id: 'Promotion' });
