import { inFlowOrder, KindredError, RUN_STAGES, type RunStage } from '@kindred/domain';
import { z } from 'zod';

const runId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'must be 1 to 128 letters, digits, dots, - or _');
const settings = z.record(z.string(), z.json().optional());

/** A run's job: which run, what is left of it (this stage first), with which settings. */
function stagePayload(stage: RunStage) {
  return z
    .strictObject({
      runId,
      /** This job's stage, then those that follow it. */
      stages: z.array(z.enum(RUN_STAGES)).min(1),
      settings: settings.default({}),
    })
    .refine((payload) => payload.stages[0] === stage, { path: ['stages'], error: `must begin with ${stage}` })
    .refine((payload) => inFlowOrder(payload.stages), {
      path: ['stages'],
      error: `must follow ${RUN_STAGES.join(', ')}`,
    });
}

const ingestPayload = z.strictObject({
  /** The ingestion this file belongs to, when it was recorded before. */
  ingestId: z.string().min(1).max(128).optional(),
  /** The file, on a disk that the ingest worker sees. */
  path: z.string().min(1),
  options: z
    .strictObject({
      format: z.enum(['csv', 'tsv', 'jsonl', 'parquet']).optional(),
      preset: z.string().min(1).optional(),
      /** As `--map` has it: user=…,item=…. */
      map: z.string().min(1).optional(),
    })
    .default({}),
});

/** Every job: the queue it waits in and the shape of its payload. A name that is not here does not exist. */
export const JOBS = {
  ingest: { queue: 'ingest', payload: ingestPayload },
  pair: { queue: 'ingest', payload: stagePayload('pair') },
  train: { queue: 'trainer', payload: stagePayload('train') },
  evaluate: { queue: 'trainer', payload: stagePayload('evaluate') },
  index: { queue: 'trainer', payload: stagePayload('index') },
  promote: { queue: 'trainer', payload: stagePayload('promote') },
} as const;

export const QUEUE_NAMES = ['ingest', 'trainer'] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];
export type JobName = keyof typeof JOBS;
/** The jobs of one queue. */
export type JobNameOf<Q extends QueueName> = {
  [Name in JobName]: (typeof JOBS)[Name]['queue'] extends Q ? Name : never;
}[JobName];
/** A payload as producers write it. */
export type JobInput<Name extends JobName> = z.input<(typeof JOBS)[Name]['payload']>;
/** A payload as handlers receive it, defaults filled in. */
export type JobPayload<Name extends JobName> = z.output<(typeof JOBS)[Name]['payload']>;

/** How failed attempts are repeated: one policy for all jobs. Waits 5 s, then 10 s. */
export const RETRY_POLICY = { attempts: 3, backoffMs: 5000 } as const;
/** How long finished jobs are kept; while one is kept, its id is taken and the same job is not done twice. */
export const KEEP_FINISHED = { ageSeconds: 7 * 24 * 3600, count: 5000 } as const;

/** Stands in for the run id in a schedule's template; each firing gets its own. */
export const SCHEDULED_RUN_ID = 'scheduled';

/** The names of a queue's jobs, in flow order. */
export function jobNamesOf<Q extends QueueName>(queue: Q): JobNameOf<Q>[] {
  return (Object.keys(JOBS) as JobName[]).filter((name) => JOBS[name].queue === queue) as JobNameOf<Q>[];
}

export function isJobName(name: string): name is JobName {
  return Object.hasOwn(JOBS, name);
}

/**
 * Checks a payload against the table; producers and workers both call it.
 * @throws KindredError JOB_INVALID naming the field at fault
 */
export function parsePayload<Name extends JobName>(name: Name, payload: unknown): JobPayload<Name> {
  const parsed = JOBS[name].payload.safeParse(payload);
  if (parsed.success) return parsed.data as JobPayload<Name>;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw new KindredError('JOB_INVALID', `job ${name}: ${field === '' ? '' : `${field}: `}${issue?.message}`, { field });
}

/** The job that follows in the run, or undefined after its last stage. */
export function nextJob(payload: JobPayload<RunStage>): { name: RunStage; payload: JobInput<RunStage> } | undefined {
  const stages = payload.stages.slice(1);
  const [name] = stages;
  return name === undefined ? undefined : { name, payload: { ...payload, stages } };
}

/**
 * A job id that means "this stage of this run", so that enqueuing it twice makes one job.
 */
export function stageJobId(runIdentity: string, stage: RunStage): string {
  return `${runIdentity}.${stage}`;
}

/**
 * The id under which the queue may hold this stage of this run. The first job of a scheduled run was named by the
 * queue itself, and the run after it.
 */
export function jobIdsOf(runIdentity: string, stage: RunStage): string[] {
  const firing = new RegExp(`^repeat-${stage}-\\d+$`).test(runIdentity) ? [runIdentity.replaceAll('-', ':')] : [];
  return [stageJobId(runIdentity, stage), ...firing];
}
