import type { RunStage } from '@kindred/domain';

/** What a child process is told: one stage of one run, and where everything is. */
export interface StagePayload {
  readonly runId: string;
  readonly stage: RunStage;
  readonly databaseUrl: string;
  readonly dataDir: string;
  readonly threads: number | undefined;
  /** The engine where the run does not name one. */
  readonly engine: string | undefined;
}
